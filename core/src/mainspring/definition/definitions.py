"""Definitions: what one module offers to the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from mainspring.definition.job import Job
from mainspring.definition.mode import Mode, modes_by_name
from mainspring.errors import DefinitionError, UnknownNameError, shorten

if TYPE_CHECKING:
    from mainspring.definition.automation import Automation
    from mainspring.definition.schedule import Schedule
    from mainspring.definition.sensor import Sensor
    from mainspring.execute import StepDebug
    from mainspring.instance import Instance


class Definitions:
    """The jobs of one module, the modes that those without their own share, and what asks for runs of them.

    Args:
        jobs: The jobs. A job that a schedule or sensor targets or watches need not be listed again.
        schedules: The schedules.
        sensors: The sensors; their names and those of the schedules differ.
        modes: Modes for every job that has none.

    Raises:
        DefinitionError: Two things bear one name, or something is not what it is listed as.
        UnknownNameError: A schedule or sensor names a mode that a job of its does not have.
    """

    def __init__(
        self,
        *,
        jobs: Sequence[Job] = (),
        schedules: Sequence[Schedule] = (),
        sensors: Sequence[Sensor] = (),
        modes: Sequence[Mode] = (),
    ) -> None:
        self.modes: Mapping[str, Mode] = modes_by_name("Definitions", modes)
        written = _jobs_by_name(jobs)
        asking = {} if schedules == () == sensors else _automations_by_name(schedules, sensors)
        for each in asking.values():
            _add_targets(written, each)
        named = {
            name: job if job.modes or not self.modes else evolve(job, modes=self.modes) for name, job in written.items()
        }
        asking = {name: _sharing(each, named) for name, each in asking.items()}
        self.jobs: Mapping[str, Job] = named
        self.schedules: Mapping[str, Schedule] = {each.name: asking[each.name] for each in schedules}
        self.sensors: Mapping[str, Sensor] = {each.name: asking[each.name] for each in sensors}

    def __repr__(self) -> str:
        return f"<Definitions: {', '.join([*self.jobs, *self.schedules, *self.sensors]) or 'empty'}>"

    def job(self, name: str) -> Job:
        """Return a job, with the shared modes where it has none of its own.

        Raises:
            UnknownNameError: There is none of that name.
        """
        try:
            return self.jobs[name]
        except KeyError:
            raise UnknownNameError("job", name, self.jobs) from None

    def automation(self, name: str) -> Schedule | Sensor:
        """Return a schedule or a sensor.

        Raises:
            UnknownNameError: There is none of that name.
        """
        found = self.schedules.get(name) or self.sensors.get(name)
        if found is None:
            raise UnknownNameError("schedule or sensor", name, [*self.schedules, *self.sensors])
        return found

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


def _jobs_by_name(jobs: object) -> dict[str, Job]:
    if not isinstance(jobs, (list, tuple)):
        raise DefinitionError(f"the jobs of Definitions must be a list of jobs, not {type(jobs).__name__}")
    named: dict[str, Job] = {}
    for job in jobs:
        if not isinstance(job, Job):
            hint = "; decorate it with @ms.job" if callable(job) else ""
            raise DefinitionError(f"{shorten(repr(job))} among the jobs of Definitions is no job{hint}")
        if job.name in named:
            raise DefinitionError(f"two jobs are named {job.name!r}; rename one")
        named[job.name] = job
    return named


def _automations_by_name(schedules: object, sensors: object) -> dict[str, Any]:
    """Return schedules and sensors by name: one name space, as their state is found by it."""
    from mainspring.definition.schedule import Schedule
    from mainspring.definition.sensor import Sensor

    named: dict[str, Automation] = {}
    for kind, several in ((Schedule, schedules), (Sensor, sensors)):
        if not isinstance(several, (list, tuple)):
            raise DefinitionError(
                f"the {kind.kind}s of Definitions must be a list of {kind.kind}s, not {type(several).__name__}"
            )
        for each in several:
            if not isinstance(each, kind):
                raise DefinitionError(
                    f"{shorten(repr(each))} among the {kind.kind}s of Definitions is no {kind.kind}; make it with "
                    f"@ms.{kind.kind}(job=…)"
                )
            if each.name in named:
                raise DefinitionError(f"{named[each.name]} and {each} bear one name; rename one")
            named[each.name] = each
    _check_adoptions(named)
    return named


def _check_adoptions(named: Mapping[str, Automation]) -> None:
    heirs: dict[str, Automation] = {}
    for each in named.values():
        if each.adopts is None:
            continue
        if each.adopts in named:
            raise DefinitionError(f"{each} adopts {each.adopts!r}, which is still there; remove one of the two")
        if each.adopts in heirs:
            raise DefinitionError(f"{heirs[each.adopts]} and {each} both adopt {each.adopts!r}; let one of them")
        heirs[each.adopts] = each


def _add_targets(jobs: dict[str, Job], automation: Automation) -> None:
    """Add the jobs that it targets or watches: they are at hand, so listing them again could only be forgotten."""
    for job in automation.related_jobs:
        if jobs.setdefault(job.name, job) is not job:
            does = "targets" if job in automation.jobs else "watches"
            raise DefinitionError(
                f"{automation} {does} a job {job.name!r}, but another of that name is there; rename one"
            )


def _sharing(automation: Any, jobs: Mapping[str, Job]) -> Any:
    """Return it targeting the jobs with the modes that they share."""
    sharing = [jobs[job.name] for job in automation.jobs]
    return automation if list(automation.jobs) == sharing else automation.targeting(sharing)
