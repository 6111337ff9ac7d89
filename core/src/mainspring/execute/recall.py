"""Recall: what earlier attempts, and the runs that a run executes again, have left for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from attrs import evolve

from mainspring.definition.io import IOManager, OutputContext
from mainspring.definition.job import Job
from mainspring.errors import MainspringError, SelectionError, UnknownNameError
from mainspring.event import Event, RunQueued, RunState, fold
from mainspring.plan.build import selected_nodes
from mainspring.run import Run, StepStatus

if TYPE_CHECKING:
    from mainspring.instance import Instance

ENDED_WELL = (StepStatus.SUCCESS, StepStatus.SKIPPED)


def find_run(instance: Instance, run_id: str) -> Run:
    """Return a run.

    Raises:
        UnknownNameError: There is none of this id.
    """
    run = instance.storage.runs.get(run_id)
    if run is None:
        raise UnknownNameError("run", run_id, (), place=instance.storage.description)
    return run


def recorded_state(instance: Instance, job: Job, run: Run) -> RunState:
    """Return what a run's events add up to, with what it took over from the run that it executed again."""
    chain = [run]
    while (parent_id := chain[-1].parent_run_id) is not None:
        parent = instance.storage.runs.get(parent_id)
        if parent is None:
            break  # deleted since; what it left cannot be read any more
        chain.append(parent)
    state = RunState()
    for each in reversed(chain):
        state = _gone_on(inherited(state, _taken(job, each)), instance.storage.events.read(each.run_id))
    return state


def _gone_on(state: RunState, events: Sequence[Event]) -> RunState:
    """Return what a state becomes by a run's events; what was before its last attempt from scratch is only counted."""
    begun = [number for number, event in enumerate(events) if _is_from_scratch(event)]
    if not begun:
        return fold(events, state)
    earlier = fold(events[: begun[-1]]).attempts
    found = fold(events[begun[-1] :], state)
    return evolve(found, attempts={**earlier, **found.attempts})


def _is_from_scratch(event: Event) -> bool:
    return isinstance(event.fact, RunQueued) and event.fact.from_scratch


def inherited(state: RunState, taken: Collection[str] | None) -> RunState:
    """Return what a new run takes over from another one's state: what ended well and is not to be executed again.

    Args:
        state: The other run's.
        taken: The nodes that the new run was told to execute; None where it completes what did not end well.
    """

    def stays(key: str) -> bool:
        ended = state.steps.get(key) in ENDED_WELL
        return ended and (taken is None or _node(key) not in taken)

    return RunState(
        steps={key: status for key, status in state.steps.items() if stays(key)},
        outputs={place: stored for place, stored in state.outputs.items() if stays(place[0])},
        keys={place: list(keys) for place, keys in state.keys.items() if stays(place[0])},
    )


def given_nodes(job: Job, state: RunState) -> set[str]:
    """Return the nodes that ended well in a state, with all the steps that are mapped from them."""
    by_node: dict[str, list[str]] = {}
    for key in state.steps:
        by_node.setdefault(_node(key), []).append(key)
    given = {node for node, keys in by_node.items() if all(state.steps[key] in ENDED_WELL for key in keys)}
    for key, node in job.nodes.items():
        if node.mapped_over is None:
            continue
        over = (node.mapped_over.node, node.mapped_over.output)
        expected = state.keys.get(over)
        if expected is None or any(f"{key}[{each}]" not in state.steps for each in expected):
            given.discard(key)
        elif node.mapped_over.node in given:
            given.add(key)
    return given


def forget_lost(job: Job, state: RunState, resources: Mapping[str, Any]) -> None:
    """Forget the steps whose values were in the memory of a process and are not in this one's: they are done again."""
    lost: set[str] = set()
    for (key, output, mapping_key), stored in state.outputs.items():
        node = job.nodes.get(_node(key))
        out = None if node is None else node.op.outs.get(output)
        manager = None if out is None else resources.get(out.io_manager)
        if isinstance(manager, IOManager) and manager.process_local:
            upstream = OutputContext(
                run_id=stored.run_id, step_key=key, attempt=stored.attempt, name=output, mapping_key=mapping_key
            )
            if not manager.holds(upstream):
                lost.add(key)
    for key in lost:
        del state.steps[key]
    for place in [each for each in state.outputs if each[0] in lost]:
        del state.outputs[place]
    for pair in [each for each in state.keys if each[0] in lost]:
        del state.keys[pair]


def check_same_job(job: Job, run: Run) -> None:
    """Check that a run is one of this job.

    Raises:
        MainspringError: It is another job's.
    """
    if run.job_name != job.name:
        raise MainspringError(f"run {run.run_id} is of job {run.job_name!r}, not of {job.name!r}; name that job")


def _taken(job: Job, run: Run) -> set[str] | None:
    """Return the nodes that a run was told to execute; those that the job does not have any more are left out."""
    if run.selection is None or run.parent_run_id is None:
        return None
    taken: set[str] = set()
    for term in " ".join(run.selection).replace(",", " ").split():
        with suppress(SelectionError):
            taken |= selected_nodes(job.nodes, term)
    return taken


def _node(key: str) -> str:
    return key.partition("[")[0]
