"""What an op returned, sorted into its outputs, checked and stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mainspring.definition.context import OpContext
from mainspring.definition.io import DynamicOut, Out, OutputContext
from mainspring.definition.op import SOLE_OUTPUT, Op
from mainspring.definition.resource import Resources
from mainspring.errors import OutputError, TypeMismatchError, shorten
from mainspring.event import AssetMaterialized, Fact, StepOutput, StoredOutput
from mainspring.execute.resources import OpenResources
from mainspring.execute.task import StepTask
from mainspring.execute.typecheck import check_value
from mainspring.run import Run

MAPPING_KEY_LIMIT = 200
"""Characters in a key of a dynamic output, which becomes part of a step's key."""


def store_outputs(task: StepTask, context: OpContext, resources: OpenResources, result: Any) -> list[Fact]:
    """Store what an op returned and return the facts that point to it.

    A value in the memory of one process materializes no asset where others look for it.

    Raises:
        OutputError: It is not what the op declares.
        TypeMismatchError: A value does not fit its annotation.
    """
    step, op = task.step, task.step.op
    facts: list[Fact] = []
    types = op.output_types
    for name, out, value in _sorted_outputs(step.key, op, result):
        if isinstance(out, DynamicOut):
            keys = _checked_keys(step.key, name, value)
            if not keys:
                facts.append(StepOutput(name, io_manager=out.io_manager, is_empty=True))
            for key in keys:
                facts += _store(task, context, resources, name, key, value[key], types[name])
        else:
            facts += _store(task, context, resources, name, None, value, types[name])
    for each in context.materializations:
        facts.append(
            AssetMaterialized(each.asset.path, each.partition_key or context.partition_key, None, each.metadata)
        )
    return facts


def writer_context(run: Run, resources: Resources, op: Op[..., Any], stored: StoredOutput) -> OutputContext:
    """Return the context with which a stored output was written, as its readers see it."""
    fact = stored.fact
    out = op.outs[fact.output]
    return OutputContext(
        run_id=stored.run_id,
        step_key=stored.step_key,
        attempt=stored.attempt,
        name=fact.output,
        mapping_key=fact.mapping_key,
        asset_key=out.asset,
        partition_key=run.partition_key,
        annotation=op.output_types[fact.output] or None,
        metadata={**out.metadata, **fact.metadata} if out.metadata else fact.metadata,
        resources=resources,
    )


def _store(
    task: StepTask,
    op_context: OpContext,
    resources: OpenResources,
    name: str,
    mapping_key: str | None,
    value: Any,
    annotation: Any,
) -> list[Fact]:
    step = task.step
    check_value(step.key, "output", name, value, annotation)
    out = step.op.outs[name]
    told = op_context.output_metadata(name, mapping_key)
    context = OutputContext(
        run_id=op_context.run_id,
        step_key=step.key,
        attempt=op_context.attempt,
        name=name,
        mapping_key=mapping_key,
        asset_key=out.asset,
        partition_key=op_context.partition_key,
        annotation=annotation or None,
        metadata={**out.metadata, **told},
        resources=resources,
    )
    manager = resources.io_manager(out.io_manager)
    manager.handle_output(context, value)
    metadata = {**told, **context.added_metadata}
    facts: list[Fact] = [StepOutput(name, mapping_key, type(value).__name__, out.io_manager, metadata)]
    if out.asset is not None and (task.is_ephemeral or not manager.process_local):
        facts.append(AssetMaterialized(out.asset.path, op_context.partition_key, name, {**out.metadata, **metadata}))
    return facts


def _sorted_outputs(key: str, op: Op[..., Any], result: Any) -> Iterator[tuple[str, Out, Any]]:
    if not op.outs:
        if result is not None:
            raise TypeMismatchError(key, "output", SOLE_OUTPUT, "None", type(result).__name__)
        return
    if not op.returns_mapping:
        (name, out), *_ = op.outs.items()
        if not (out.optional and result is None):
            yield name, out, result
        return
    names = ", ".join(map(repr, op.outs))
    if not isinstance(result, Mapping):
        raise OutputError(f"op {key!r} returned a {type(result).__name__}; return a dict with its outputs {names}")
    unknown = [each for each in result if each not in op.outs]
    if unknown:
        raise OutputError(f"op {key!r} returned {shorten(repr(unknown[0]))}, which is none of its outputs {names}")
    for name, out in op.outs.items():
        if name in result:
            yield name, out, result[name]
        elif not out.optional:
            raise OutputError(
                f"op {key!r} did not return its output {name!r}; return it, or declare Out(optional=True)"
            )


def _checked_keys(key: str, name: str, value: Any) -> list[str]:
    if not isinstance(value, Mapping):
        raise OutputError(
            f"op {key!r} returned a {type(value).__name__} for its DynamicOut {name!r}; return a dict of key to value"
        )
    for each in value:
        if not isinstance(each, str):
            raise OutputError(
                f"op {key!r}: key {shorten(repr(each))} of its DynamicOut is a {type(each).__name__}; use text, str(key)"
            )
        if not each or len(each) > MAPPING_KEY_LIMIT or not each.isprintable():
            raise OutputError(
                f"op {key!r}: key {shorten(repr(each), 60)} of its DynamicOut must be 1 to {MAPPING_KEY_LIMIT} printable characters"
            )
    return list(value)
