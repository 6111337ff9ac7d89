"""Jobs as plain data: what `--json` prints and pages are made of."""

from __future__ import annotations

import builtins
import inspect
import sys
from collections.abc import Mapping
from typing import Any, assert_never

import attrs

from mainspring.definition.annotation import UNRESOLVED, Scope
from mainspring.definition.compose import Node
from mainspring.definition.io import DynamicOut
from mainspring.definition.job import Job
from mainspring.definition.mode import DEFAULT_MODE, Mode
from mainspring.definition.op import SOLE_OUTPUT
from mainspring.definition.source import Collected, Constant, FanIn, ItemOf, OutputOf, Source
from mainspring.errors import shorten
from mainspring.plan.bind import Override

_CALLED = (list, dict, set, tuple, frozenset)


def job_row(job: Job) -> dict[str, Any]:
    """Return a job as a list of jobs shows it."""
    return {
        "name": job.name,
        "description": job.description,
        "ops": len(job.nodes),
        "modes": list(job.modes) or [DEFAULT_MODE],
        "tags": dict(job.tags),
    }


def job_document(job: Job, overrides: Mapping[str, Override]) -> dict[str, Any]:
    """Return all that is known of a job before it runs.

    Args:
        job: The job.
        overrides: What a deployment puts in place of parts of modes, by mode.

    Raises:
        DefinitionError: An op's config cannot be told from its annotation.
        MainspringError: What is put in place cannot be built.
    """
    modes = list(job.modes.values()) or [Mode(each) for each in dict.fromkeys((DEFAULT_MODE, *overrides))]
    return {
        "name": job.name,
        "description": job.description,
        "tags": dict(job.tags),
        "retry": None if job.run_retry is None else attrs.asdict(job.run_retry),
        "time_limit_seconds": job.time_limit_seconds,
        "modes": [_mode(mode, overrides.get(mode.name, Override())) for mode in modes],
        "ops": [_op(node) for node in job.nodes.values()],
    }


def _mode(mode: Mode, override: Override) -> dict[str, Any]:
    executor = override.executor or mode.executor
    resources = {**mode.resources, **override.resources}
    return {
        "name": mode.name,
        "executor": None if executor is None else type(executor).__name__,
        "resources": {name: type(value).__name__ for name, value in resources.items()},
        "overridden": [
            *(["executor"] if override.executor is not None else []),
            *(f"resources.{name}" for name in override.resources),
        ],
    }


def _op(node: Node) -> dict[str, Any]:
    op = node.op
    return {
        "key": node.key,
        "op": op.name,
        "description": op.description,
        "inputs": [
            {
                "name": name,
                "type": type_name(op.input_types[name]),
                "source": None if name not in node.inputs else say_source(node.inputs[name]),
            }
            for name in op.signature.inputs
        ],
        "after": list(node.after),
        "mapped_over": None if node.mapped_over is None else say_source(node.mapped_over),
        "config": [] if op.config_class is None else config_fields(op.config_class),
        "resources": [each.resource for each in op.signature.resources],
        "outputs": [
            {
                "name": name,
                "type": type_name(op.output_types[name]),
                "io_manager": out.io_manager,
                "asset": None if out.asset is None else out.asset.path,
                "is_optional": out.optional,
                "is_dynamic": isinstance(out, DynamicOut),
            }
            for name, out in op.outs.items()
        ],
        "max_retries": 0 if op.retry is None else op.retry.max_retries,
        "priority": op.priority,
        "pool": op.pool,
        "tags": dict(op.tags),
    }


def config_fields(config_class: type, prefix: str = "", around: tuple[type, ...] = ()) -> list[dict[str, Any]]:
    """Return the fields of a config class, those of classes within it under dotted names."""
    scope = Scope(vars(sys.modules.get(config_class.__module__, builtins)), {config_class.__name__: config_class})
    found: list[dict[str, Any]] = []
    for each in attrs.fields(config_class):
        if not each.init:
            continue
        name = f"{prefix}{each.alias}"
        type_ = scope.resolve(each.type) or each.type  # one that cannot be resolved is shown as it was written
        required = each.default is attrs.NOTHING
        found.append(
            {"name": name, "type": type_name(type_), "is_required": required, "default": _default(each.default)}
        )
        if isinstance(type_, type) and attrs.has(type_) and type_ not in (*around, config_class):
            found += config_fields(type_, f"{name}.", (*around, config_class))
    return found


def say_source(source: Source) -> str:
    """Return where an input comes from, in the words of a page."""
    match source:
        case OutputOf(node, output):
            return _dotted(node, output)
        case ItemOf(node, output):
            return f"each of {_dotted(node, output)}"
        case Collected(node, output):
            return f"all of {_dotted(node, output)}"
        case FanIn(sources):
            return f"[{', '.join(map(say_source, sources))}]"
        case Constant(value):
            return shorten(repr(value), 40)
        case _ as never:
            assert_never(never)


def type_name(annotation: Any) -> str | None:
    """Return a type as its author would write it; None where it is not known."""
    if annotation is UNRESOLVED or annotation is None or annotation is inspect.Parameter.empty:
        return None
    if isinstance(annotation, str):
        return annotation.strip("'\"")
    return annotation.__qualname__ if isinstance(annotation, type) else inspect.formatannotation(annotation)


def _default(default: Any) -> str | None:
    """Return a default as text; None for a required field."""
    if default is attrs.NOTHING:
        return None
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        return repr(default.factory()) if default.factory in _CALLED else "made anew"
    return shorten(repr(default), 60)


def _dotted(node: str, output: str) -> str:
    return node if output == SOLE_OUTPUT else f"{node}.{output}"
