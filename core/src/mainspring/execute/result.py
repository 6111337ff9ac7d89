"""What came of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from mainspring.definition.job import Job
from mainspring.errors import UnknownNameError
from mainspring.event import Event, RunState, fold
from mainspring.execute.event_loop import outside_event_loop
from mainspring.execute.resources import OpenResources
from mainspring.log.port import STREAMS, LogKey, Stream
from mainspring.plan import Plan
from mainspring.run import Run, RunStatus

if TYPE_CHECKING:
    from mainspring.instance import Instance


@frozen(eq=False, repr=False)
class RunResult:
    """What came of a run.

    Attributes:
        run_id: The run's id.
        job: Its job.
        plan: Its steps.
        instance: Where it is recorded.
    """

    run_id: str
    job: Job
    plan: Plan
    instance: Instance
    _recorded: dict[int, RunState] = field(factory=dict, init=False)

    def __repr__(self) -> str:
        return f"<RunResult {self.run_id} of job {self.job.name!r}: {self.run.status}>"

    def _repr_html_(self) -> str:
        from mainspring.notebook.result_view import result_html

        return result_html(self)

    @property
    def run(self) -> Run:
        """The run as recorded."""
        found = self.instance.storage.runs.get(self.run_id)
        if found is None:
            raise UnknownNameError("run", self.run_id, (), place=self.instance.storage.description)
        return found

    @property
    def success(self) -> bool:
        """Whether all steps ended well."""
        return self.run.status is RunStatus.SUCCESS

    @property
    def events(self) -> list[Event]:
        """All that was recorded of it, in order."""
        return self.instance.storage.events.read(self.run_id)

    @property
    def state(self) -> RunState:
        """What its events add up to: the status of each step, and where the values are."""
        return fold(self.events)

    @outside_event_loop()
    def output(self, step: str, output: str = "result") -> Any:
        """Load what a step stored, through its IO manager.

        Args:
            step: The step's key; of a mapped op, `inc` gives a dict of key to value and `inc[key]` one of them.
            output: The output's name; a dynamic one gives a dict of key to value.

        Raises:
            UnknownNameError: There is no such step, or it has no such output.
            ValueNotFound: The value is gone.
        """
        from mainspring.execute.load import load_from_run
        from mainspring.execute.recall import recorded_state

        resources = OpenResources(self.plan.mode.name, self.plan.mode.resources, self.plan.needs)
        try:
            run = self.run
            state = self._recorded.get(run.attempt)
            if state is None:
                state = recorded_state(self.instance, self.job, run)
                if run.status.is_final:  # no event follows that changes it
                    self._recorded[run.attempt] = state
            return load_from_run(run, self.job, state, resources, step, output)
        finally:
            resources.close()

    def logs(self, step: str, stream: Stream = "stdout", attempt: int | None = None) -> str:
        """Return what a step printed (`"stdout"`, `"stderr"`) or logged (`"log"`).

        Args:
            step: The step's key.
            stream: Which of the three.
            attempt: Which attempt; the last one unless given.
        """
        if stream not in STREAMS:
            raise UnknownNameError("stream", stream, STREAMS)
        number = attempt if attempt is not None else self.state.attempts.get(step, 1)
        return self.instance.logs.read(LogKey(self.run_id, step, number, stream))
