"""One step of a recorded run, opened again in this process: its inputs as they were, and nothing is recorded."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from attrs import evolve, frozen

from mainspring.definition.context import OpContext
from mainspring.definition.definitions import Definitions
from mainspring.definition.op import Op
from mainspring.errors import MainspringError, UnknownNameError
from mainspring.event import ErrorInfo, RunState, StepFailed, StepRetried
from mainspring.execute.event_loop import outside_event_loop
from mainspring.execute.options import RunOptions
from mainspring.execute.recall import find_run, recorded_state
from mainspring.execute.resources import OpenResources
from mainspring.execute.run import plan_job
from mainspring.execute.step import StepExecution
from mainspring.execute.task import StepTask, make_task
from mainspring.plan import Plan, Progress, Step
from mainspring.run import Run, StepStatus

if TYPE_CHECKING:
    from mainspring.instance import Instance


class StepDebug:
    """A step, ready to be called again; `Definitions.debug_step` makes it. Use it as a context manager, or close it.

    Attributes:
        op: Its op.
        inputs: The inputs by name, as the IO managers of the run's mode load them; those that are left to their defaults
            are absent. Values may be put in their place before `call`.
        config: Its config, structured; None where it takes none.
        context: What its op may know and do, and the resources of the chosen mode.
        error: What the step's last attempt raised, if it failed.
    """

    def __init__(
        self, task: StepTask, stored_with: OpenResources, called_with: OpenResources, error: ErrorInfo | None
    ) -> None:
        self._resources = (called_with, stored_with)
        self._execution = StepExecution(task, called_with, _no_chance)
        self.op: Op[..., Any] = task.step.op
        self.config: Any = task.step.config
        self.context: OpContext = self._execution.context
        self.error = error
        self.inputs: dict[str, Any] = {}
        try:
            self.inputs |= StepExecution(task, stored_with, _no_chance).load_inputs(checked=False)
        except BaseException:
            self._close()
            raise

    def __repr__(self) -> str:
        return f"<StepDebug {self.context.step_key!r} of run {self.context.run_id}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def arguments(self) -> tuple[list[Any], dict[str, Any]]:
        """Return what the op's function is called with, the resources of the chosen mode opened."""
        return self._execution.arguments(self.inputs)

    @outside_event_loop()
    def call(self) -> Any:
        """Call the op's function and return what it returns: it is neither stored nor checked, no hook is called."""
        args, kwargs = self.arguments()
        return self.op.function(*args, **kwargs)

    def close(self) -> None:
        """Close the resources; what that raises is raised."""
        error = self._close()
        if error is not None:
            raise error

    def _close(self) -> BaseException | None:
        errors = [each.close() for each in self._resources]
        return next((each for each in errors if each is not None), None)


@frozen(eq=False)
class _Standing:
    """How far a recorded run has come."""

    run: Run
    plan: Plan
    progress: Progress
    state: RunState


@outside_event_loop()
def debug_step(definitions: Definitions, run_id: str, step: str, *, instance: Instance, mode: str | None) -> StepDebug:
    """Open a step of a run again; see `Definitions.debug_step`."""
    run = find_run(instance, run_id)
    job = definitions.job(run.job_name)
    state = recorded_state(instance, job, run)
    options = RunOptions(config=run.config, selection=run.selection)
    plan = plan_job(job, run.mode, options, instance, state)
    chosen = plan if mode in (None, run.mode) else plan_job(job, mode, options, instance, state)
    progress = Progress(chosen)
    succeeded = {key for key, status in state.steps.items() if status is StepStatus.SUCCESS}
    progress.restore(succeeded, state.keys, [(key, output) for key, output, _ in state.outputs])
    found = _find(step, progress, state, run)
    standing = _Standing(evolve(run, mode=chosen.mode.name), chosen, progress, state)
    task = make_task(standing, found, state.attempts.get(step, 1), state.outputs)
    stored_with = _resources(plan)
    called_with = stored_with if chosen is plan else _resources(chosen)
    return StepDebug(task, stored_with, called_with, _error(instance, run, step))


def _find(key: str, progress: Progress, state: RunState, run: Run) -> Step:
    """Return a step that has begun, or could.

    Raises:
        UnknownNameError: The run has no such step.
        MainspringError: Its inputs do not exist.
    """
    step = progress.steps.get(key)
    if step is None:
        known = [name for name, each in progress.steps.items() if not each.is_template]
        raise UnknownNameError("step", key, known, place=f"run {run.run_id}")
    status = state.steps.get(key)
    if status is StepStatus.SKIPPED:
        raise MainspringError(
            f"step {key!r} of run {run.run_id} was skipped, since an output that it reads was left out; open the step "
            "that left it out"
        )
    if status is None and key not in _ready(progress):
        failed = [name for name, each in state.steps.items() if each in (StepStatus.FAILURE, StepStatus.CANCELED)]
        hint = f"open {failed[0]!r}, which ended {state.steps[failed[0]]}" if failed else "open one that has"
        raise MainspringError(f"step {key!r} of run {run.run_id} has not begun, and what it reads is not there; {hint}")
    return step


def _ready(progress: Progress) -> set[str]:
    ready: set[str] = set()
    while (step := progress.next_step()) is not None:
        ready.add(step.key)
    return ready


def _resources(plan: Plan) -> OpenResources:
    return OpenResources(plan.mode.name, plan.mode.resources, plan.needs)


def _error(instance: Instance, run: Run, step: str) -> ErrorInfo | None:
    """Return what the last attempt of a step raised, if it did."""
    kinds = [StepFailed.kind, StepRetried.kind]
    facts = [event.fact for event in instance.storage.events.read(run.run_id, step_key=step, kinds=kinds)]
    last = facts[-1] if facts else None
    return last.error if isinstance(last, (StepFailed, StepRetried)) else None


def _no_chance() -> float:
    """Stand for the jitter of retries: there are none."""
    return 0.0
