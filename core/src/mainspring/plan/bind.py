"""Binding: a job in one of its modes, with what the deployment puts in place of the mode's own."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import evolve, field, frozen

from mainspring.definition.executor import Executor
from mainspring.definition.io import DEFAULT_IO_MANAGER, IOManager
from mainspring.definition.job import Job
from mainspring.definition.mode import DEFAULT_MODE, Mode
from mainspring.definition.resource import Resource, ResourceMarker
from mainspring.errors import DefinitionError, PlanCycleError, UnknownNameError, suggest


@frozen(eq=False)
class Override:
    """What a deployment puts in place of parts of a mode."""

    resources: Mapping[str, Any] = field(factory=dict)
    executor: Executor | None = None


@frozen(eq=False)
class Binding:
    """A job bound to its surroundings.

    Attributes:
        job: The job.
        mode: The mode, overridden, its `io_manager` filled in.
        needs: For each resource of the mode the resources that it needs itself, by parameter.
    """

    job: Job
    mode: Mode
    needs: Mapping[str, Mapping[str, str]]


def bind(
    job: Job, mode: str | None, overrides: Mapping[str, Override], default_io_manager: IOManager, default: Executor
) -> Binding:
    """Bind a job to a mode and check that the mode has all that the job asks for.

    Args:
        job: The job.
        mode: The mode's name; the job's first unless given.
        overrides: What the deployment overrides, by mode. A job without modes of its own has these modes too.
        default_io_manager: What stores outputs where the mode has no `io_manager`.
        default: The executor where the mode has none.

    Raises:
        UnknownNameError: There is no such mode.
        DefinitionError: The mode lacks a resource, or one is not what its use needs.
        PlanCycleError: Resources need each other in a circle.
    """
    chosen = _choose(job, mode, overrides)
    override = overrides.get(chosen.name, Override())
    resources = {DEFAULT_IO_MANAGER: default_io_manager, **chosen.resources, **override.resources}
    bound = evolve(chosen, resources=resources, executor=override.executor or chosen.executor or default)
    needs = {name: _needs_of(name, value) for name, value in resources.items()}
    _check_uses(job, bound)
    _check_needs(job, bound, needs)
    _check_memory(job, bound)
    return Binding(job, bound, needs)


def _choose(job: Job, name: str | None, overrides: Mapping[str, Override]) -> Mode:
    modes = dict(job.modes)
    if not modes:
        modes = {each: Mode(each) for each in (DEFAULT_MODE, *overrides)}
    if name is None:
        return next(iter(modes.values()))
    if name not in modes:
        raise UnknownNameError("mode", name, modes, place=f"job {job.name!r}{_say_shared(job)}")
    return modes[name]


def _needs_of(name: str, value: object) -> dict[str, str]:
    """Return the resources that a resource or an IO manager needs: by parameter of its `open`, or by their own names."""
    if isinstance(value, Resource):
        parameters = inspect.signature(value.open).parameters.values()
        needs = {
            each.name: each.default.name or each.name for each in parameters if isinstance(each.default, ResourceMarker)
        }
        for each in parameters:
            if each.default is inspect.Parameter.empty and each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL):
                raise DefinitionError(
                    f"resource {name!r}: parameter {each.name!r} of open() has no default; mark it ms.resource()"
                )
        return needs
    if isinstance(value, IOManager):
        required = value.required_resources()
        if isinstance(required, str):
            raise DefinitionError(f"IO manager {name!r}: required_resources() must return a list of names, not a text")
        return {each: each for each in required}
    return {}


def _check_uses(job: Job, mode: Mode) -> None:
    checked: set[str] = set()
    for op in {id(node.op): node.op for node in job.nodes.values()}.values():
        op.config_class  # noqa: B018 - raises where the annotation is no config class
    for node in job.nodes.values():
        for parameter in node.op.signature.resources:
            if parameter.resource not in mode.resources:
                raise _lacks(f"op {node.key!r}", "resource", parameter.resource, job, mode)
        for out in node.op.outs.values():
            if out.io_manager in checked:
                continue
            if out.io_manager not in mode.resources:
                raise _lacks(f"op {node.key!r}", "IO manager", out.io_manager, job, mode)
            manager = mode.resources[out.io_manager]
            if not isinstance(manager, (IOManager, Resource)):
                raise DefinitionError(
                    f"op {node.key!r} stores an output with {out.io_manager!r}, which mode {mode.name!r} binds to "
                    f"{_what(manager)}; bind it to an ms.IOManager"
                )
            checked.add(out.io_manager)


def _check_needs(job: Job, mode: Mode, needs: Mapping[str, Mapping[str, str]]) -> None:
    for name, wanted in needs.items():
        for each in wanted.values():
            if each not in mode.resources:
                raise _lacks(f"resource {name!r}", "resource", each, job, mode)
            if _outlives_runs(mode.resources[name]) and _ends_with_run(mode.resources[each]):
                raise DefinitionError(
                    f"resource {name!r} of mode {mode.name!r} outlives runs but needs {each!r}, which is closed at the end "
                    "of each; let both outlive runs, or neither"
                )
    done: set[str] = set()
    for name in needs:
        path: dict[str, Iterator[str]] = {} if name in done else {name: iter(needs[name].values())}
        while path:
            last = next(reversed(path))
            needed = next(path[last], None)
            if needed is None:
                done.add(last)
                del path[last]
            elif needed in path:
                raise PlanCycleError(f"resources of mode {mode.name!r}", [*path][[*path].index(needed) :])
            elif needed not in done:
                path[needed] = iter(needs[needed].values())


def _outlives_runs(value: object) -> bool:
    return isinstance(value, Resource) and value.outlives_runs


def _ends_with_run(value: object) -> bool:
    return isinstance(value, Resource) and not value.outlives_runs


def _check_memory(job: Job, mode: Mode) -> None:
    """Refuse values in memory where steps have memories of their own. Scar: D#5554."""
    if mode.executor is None or mode.executor.shares_memory:
        return
    for name in sorted({out.io_manager for node in job.nodes.values() for out in node.op.outs.values()}):
        manager = mode.resources[name]
        if isinstance(manager, IOManager) and manager.process_local:
            raise DefinitionError(
                f"job {job.name!r} in mode {mode.name!r}: {name!r} is a {type(manager).__name__}, which keeps values in "
                f"the memory of one process, but {type(mode.executor).__name__} runs each step in its own; "
                "bind it to an ms.FilesystemIOManager, or use ms.InProcessExecutor"
            )


def _lacks(user: str, kind: str, name: str, job: Job, mode: Mode) -> DefinitionError:
    known: Iterable[str] = sorted(each for each in mode.resources if each != DEFAULT_IO_MANAGER)
    return DefinitionError(
        f"{user} of job {job.name!r} needs {kind} {name!r}, which mode {mode.name!r} does not have; add it to the "
        f"mode's resources ({suggest(name, list(known))}){_say_shared(job)}"
    )


def _say_shared(job: Job) -> str:
    """Say in brackets where a job without modes of its own gets those that it shares with others."""
    return "" if job.modes else f" (modes that its Definitions share come with defs.job({job.name!r}))"


def _what(value: object) -> str:
    return f"class {value.__name__}, not an instance of it" if isinstance(value, type) else f"a {type(value).__name__}"
