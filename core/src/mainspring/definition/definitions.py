"""Definitions: what one module offers to the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from mainspring.definition.job import Job
from mainspring.definition.mode import Mode, modes_by_name
from mainspring.errors import DefinitionError, UnknownNameError, shorten

if TYPE_CHECKING:
    from mainspring.execute import StepDebug
    from mainspring.instance import Instance


class Definitions:
    """The jobs of one module, and the modes that those without their own share.

    Args:
        jobs: The jobs.
        modes: Modes for every job that has none.

    Raises:
        DefinitionError: Two jobs bear one name, or something is no job.
    """

    def __init__(self, *, jobs: Sequence[Job] = (), modes: Sequence[Mode] = ()) -> None:
        self.modes: Mapping[str, Mode] = modes_by_name("Definitions", modes)
        if not isinstance(jobs, (list, tuple)):
            raise DefinitionError(f"the jobs of Definitions must be a list of jobs, not {type(jobs).__name__}")
        named: dict[str, Job] = {}
        for job in jobs:
            if not isinstance(job, Job):
                hint = "; decorate it with @ms.job" if callable(job) else ""
                raise DefinitionError(f"{shorten(repr(job))} among the jobs of Definitions is no job{hint}")
            if job.name in named:
                raise DefinitionError(f"two jobs are named {job.name!r}; rename one")
            named[job.name] = job if job.modes or not self.modes else evolve(job, modes=self.modes)
        self.jobs: Mapping[str, Job] = named

    def __repr__(self) -> str:
        return f"<Definitions: {', '.join(self.jobs) or 'empty'}>"

    def job(self, name: str) -> Job:
        """Return a job, with the shared modes where it has none of its own.

        Raises:
            UnknownNameError: There is none of that name.
        """
        try:
            return self.jobs[name]
        except KeyError:
            raise UnknownNameError("job", name, self.jobs) from None

    def load_output(self, run_id: str, step: str, output: str = "result", *, instance: Instance | None = None) -> Any:
        """Load what a step of a run stored, through the IO manager that stored it.

        Args:
            run_id: The run.
            step: The step's key; of a mapped op, `inc` gives a dict of key to value and `inc[key]` one of them.
            output: The output's name; a dynamic one gives a dict of key to value.
            instance: Where the run was recorded; the one of `Instance.open()` unless given.

        Raises:
            UnknownNameError: There is no such run, step or output.
            ValueNotFound: The value is gone.
        """
        from mainspring.execute import load_output
        from mainspring.instance import Instance

        return load_output(self, run_id, step, output, instance=instance or Instance.open())

    def debug_step(
        self, run_id: str, step: str, *, instance: Instance | None = None, mode: str | None = None
    ) -> StepDebug:
        """Open a step of a run again, to look at its inputs and to call it; nothing of that is recorded.

        The inputs are loaded through the IO managers of the run's own mode, which stored them.

        Args:
            run_id: The run.
            step: The step's key, such as `clean`, or `inc[key]` of a mapped op.
            instance: Where the run was recorded; the one of `Instance.open()` unless given.
            mode: The mode whose resources the step is called with; the run's own unless given.

        Raises:
            UnknownNameError: There is no such run, step or mode.
            ValueNotFound: An input's value is gone.
            MainspringError: The step has not begun, and what it reads was never stored.
        """
        from mainspring.execute import debug_step
        from mainspring.instance import Instance

        return debug_step(self, run_id, step, instance=instance or Instance.open(), mode=mode)

    def load_asset(
        self, asset: str, *, instance: Instance | None = None, mode: str | None = None, partition: str | None = None
    ) -> Any:
        """Load an asset's latest value.

        Args:
            asset: The asset's key.
            instance: Where its materialization was recorded; the one of `Instance.open()` unless given.
            mode: The mode whose IO manager loads it; the mode of the run that wrote it unless given.
            partition: Which partition.

        Raises:
            UnknownNameError: It was never materialized here.
            ValueNotFound: The value is gone.
        """
        from mainspring.execute import load_asset
        from mainspring.instance import Instance

        return load_asset(self, asset, instance=instance or Instance.open(), mode=mode, partition=partition)
