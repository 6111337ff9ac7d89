"""What an op may know and do about the run that it is part of."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import Factory, define, field

from mainspring.definition.asset import Materialization
from mainspring.definition.metadata import checked_metadata
from mainspring.definition.resource import GivenResources, Resources


@define(kw_only=True, slots=True, eq=False)
class OpContext:
    """Handed to an op whose first parameter is annotated with it.

    Attributes:
        run_id: The run.
        job_name: Its job.
        mode: The name of the mode that it runs in.
        step_key: The step: `clean`, `outer.clean`, `clean[key]`.
        attempt: Which attempt of the step this is, from 1; it counts on when a run is retried.
        run_tags: The run's tags.
        run_key: The key under which the run was requested, if any.
        scheduled_time: When the run was due, if a schedule asked for it; aware, UTC.
        partition_key: The run's partition, if any.
        mapping_key: The step's key where it is mapped over a dynamic output.
        log: A standard logger whose records are kept with the step.
        resources: The run's resources by name, opened when asked for.
    """

    run_id: str
    job_name: str
    mode: str
    step_key: str
    attempt: int = 1
    run_tags: Mapping[str, str] = field(factory=dict)
    run_key: str | None = None
    scheduled_time: datetime | None = None
    partition_key: str | None = None
    mapping_key: str | None = None
    log: logging.Logger = Factory(lambda: logging.getLogger("mainspring.op"))
    resources: Resources = Factory(lambda: GivenResources({}))
    _output_metadata: dict[tuple[str, str | None], dict[str, Any]] = field(factory=dict, init=False, repr=False)
    _materializations: list[Materialization] = field(factory=list, init=False, repr=False)

    def add_output_metadata(
        self, metadata: Mapping[str, Any], *, output: str = "result", mapping_key: str | None = None
    ) -> None:
        """Attach facts to an output of this step: rows, a preview, a checksum.

        Args:
            metadata: Text, numbers, booleans, None, and lists and dicts of these.
            output: The output's name.
            mapping_key: Which value, for a dynamic output.
        """
        checked = checked_metadata(f"output {output!r}", metadata)
        self._output_metadata.setdefault((output, mapping_key), {}).update(checked)

    def log_materialization(self, materialization: Materialization) -> None:
        """Record that this step wrote an asset by its own means; the fact counts once the step has succeeded."""
        self._materializations.append(materialization)

    def output_metadata(self, output: str = "result", mapping_key: str | None = None) -> Mapping[str, Any]:
        """Return what was attached to an output so far."""
        return self._output_metadata.get((output, mapping_key), {})

    @property
    def materializations(self) -> tuple[Materialization, ...]:
        """What was recorded so far."""
        return tuple(self._materializations)


@define(kw_only=True, eq=False)
class HookContext:
    """Handed to a success or failure hook of an op.

    Attributes:
        op: The op's own context.
        error: What was raised, for a failure hook; None for a success hook.
    """

    op: OpContext
    error: BaseException | None = None
