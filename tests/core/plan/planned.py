"""Jobs made into plans, for the tests of this folder."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mainspring as ms
from mainspring.plan import Plan, bind, build_plan


def plan_of(
    job: ms.Job | Callable[[], object],
    config: Mapping[str, Any] | None = None,
    selection: str | Sequence[str] | None = None,
    mode: str | None = None,
) -> Plan:
    """Bind a job, or the body of one, with nothing but memory around it, and plan it."""
    made = job if isinstance(job, ms.Job) else ms.job(name="planned")(job)
    return build_plan(bind(made, mode, {}, ms.MemoryIOManager(), ms.InProcessExecutor()), config, selection)
