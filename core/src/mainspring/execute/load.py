"""Loading what runs stored, later and elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainspring.definition.definitions import Definitions
from mainspring.definition.io import DynamicOut, InputContext
from mainspring.definition.job import Job
from mainspring.errors import MainspringError, UnknownNameError, ValueNotFound
from mainspring.event import AssetMaterialized, Event, RunState, StepOutput, StoredOutput
from mainspring.execute.event_loop import outside_event_loop
from mainspring.execute.in_process import InProcessExecutor
from mainspring.execute.outputs import writer_context
from mainspring.execute.recall import find_run, recorded_state
from mainspring.execute.resources import OpenResources
from mainspring.plan import bind
from mainspring.run import Run

if TYPE_CHECKING:
    from mainspring.instance import Instance


@outside_event_loop()
def load_output(definitions: Definitions, run_id: str, step: str, output: str, *, instance: Instance) -> Any:
    """Load what a step of a run stored; see `Definitions.load_output`."""
    run = find_run(instance, run_id)
    job = definitions.job(run.job_name)
    with_resources = _open(job, run.mode, instance)
    try:
        state = recorded_state(instance, job, run)
        return load_from_run(run, job, state, with_resources, step, output)
    finally:
        with_resources.close()


@outside_event_loop()
def load_asset(
    definitions: Definitions, asset: str, *, instance: Instance, mode: str | None, partition: str | None
) -> Any:
    """Load an asset's latest value; see `Definitions.load_asset`."""
    event = instance.storage.assets.latest(asset, partition, mode)
    if event is None and mode is not None and instance.storage.assets.latest(asset, partition) is not None:
        raise UnknownNameError("materialization of asset", asset, (), place=f"mode {mode!r}")
    if event is None:
        raise UnknownNameError("materialization of asset", asset, instance.storage.assets.keys())
    run = find_run(instance, event.run_id)
    job = definitions.job(run.job_name)
    stored = _stored_asset(instance, asset, event)
    resources = _open(job, mode or run.mode, instance)
    try:
        return _load_value(run, job, stored, resources)
    finally:
        resources.close()


def load_from_run(run: Run, job: Job, state: RunState, resources: OpenResources, step: str, output: str) -> Any:
    """Load an output of a step: one value, or a dict by key for a mapped step or a dynamic output.

    Raises:
        UnknownNameError: There is no such step or key, or it has no such output.
        ValueNotFound: It stored nothing.
    """
    node = job.nodes.get(step) or job.nodes.get(step.partition("[")[0])
    if node is None:
        raise UnknownNameError("step", step, job.nodes, place=f"job {job.name!r}")
    if output not in node.op.outs:
        raise UnknownNameError("output", output, node.op.outs, place=f"step {step!r}")

    def load(key: str, mapping_key: str | None) -> Any:
        stored = state.outputs.get((key, output, mapping_key))
        if stored is None:
            raise _nothing_stored(run, key, output, state.steps.get(key))
        return _load_value(run, job, stored, resources)

    over = None if node.mapped_over is None else (node.mapped_over.node, node.mapped_over.output)
    if over in state.keys and step != node.key and step not in {f"{node.key}[{key}]" for key in state.keys[over]}:
        raise UnknownNameError("key", step[len(node.key) + 1 : -1], state.keys[over], place=f"step {node.key!r}")
    if over is not None and step == node.key:
        keys = state.keys.get(over, [])
        instances = {key: f"{step}[{key}]" for key in keys}
        return {key: load(each, None) for key, each in instances.items() if (each, output, None) in state.outputs}
    if isinstance(node.op.outs[output], DynamicOut):
        if (step, output) not in state.keys:
            return load(step, None)
        return {key: load(step, key) for key in state.keys[step, output]}
    return load(step, None)


def _nothing_stored(run: Run, step: str, output: str, status: str | None) -> ValueNotFound:
    store, key = f"run {run.run_id}", f"{step}.{output}"
    if status == "SUCCESS":
        return ValueNotFound(store, key, step, "the step left it out", "an optional output may be left out")
    return ValueNotFound(store, key, step, "the step did not run" if status is None else f"the step ended {status}")


def _open(job: Job, mode: str, instance: Instance) -> OpenResources:
    binding = bind(job, mode, instance.overrides, instance.io_manager, InProcessExecutor())
    return OpenResources(binding.mode.name, binding.mode.resources, binding.needs)


def _load_value(run: Run, job: Job, stored: StoredOutput, resources: OpenResources) -> Any:
    name = stored.step_key.partition("[")[0]
    if name not in job.nodes:
        raise UnknownNameError("step", name, job.nodes, place=f"job {job.name!r}")
    node = job.nodes[name]
    if stored.fact.output not in node.op.outs:
        raise UnknownNameError("output", stored.fact.output, node.op.outs, place=f"step {name!r}")
    upstream = writer_context(run, resources, node.op, stored)
    context = InputContext(
        run_id=run.run_id,
        step_key=stored.step_key,
        attempt=stored.attempt,
        name=stored.fact.output,
        upstream=upstream,
        mapping_key=stored.fact.mapping_key,
        asset_key=upstream.asset_key,
        partition_key=run.partition_key,
        annotation=upstream.annotation,
        resources=resources,
    )
    return resources.io_manager(stored.fact.io_manager).load_input(context)


def _stored_asset(instance: Instance, asset: str, event: Event) -> StoredOutput:
    """Return the pointer to the value of a materialization."""
    fact = event.fact
    if not isinstance(fact, AssetMaterialized) or fact.output is None:
        raise MainspringError(
            f"asset {asset!r} was last written by step {event.step_key!r} by its own means, so no IO manager can load it; "
            "load it as that step does"
        )
    events = instance.storage.events.read(event.run_id, step_key=event.step_key, kinds=[StepOutput.kind])
    found = [
        StoredOutput(each.run_id, each.step_key or "", each.step_attempt or 1, each.fact)
        for each in events
        if isinstance(each.fact, StepOutput)
        and each.step_attempt == event.step_attempt
        and each.fact.output == fact.output
    ]
    if not found:
        raise ValueNotFound(f"run {event.run_id}", f"{event.step_key}.{fact.output}", event.step_key or "")
    return found[-1]
