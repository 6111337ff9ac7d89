"""One attempt of a step, from its claim to its last event."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, get_args, get_origin

from mainspring.definition.annotation import UNRESOLVED
from mainspring.definition.context import HookContext, OpContext
from mainspring.definition.handle import Collected, Constant, FanIn, ItemOf, OutputOf, Source
from mainspring.definition.io import In, InputContext
from mainspring.errors import SupersededError
from mainspring.event import (
    Event,
    Fact,
    HookFailed,
    InputLoaded,
    StepCanceled,
    StepFailed,
    StepRetried,
    StepStarted,
    StepSucceeded,
)
from mainspring.execute import capture
from mainspring.execute.error import error_info
from mainspring.execute.outputs import store_outputs, writer_context
from mainspring.execute.retry import retry_delay_seconds
from mainspring.execute.typecheck import check_value
from mainspring.plan import Step

if TYPE_CHECKING:
    from mainspring.execute.run_context import RunContext

_LOGGER = logging.getLogger(capture.OP_LOGGER)
_NO_IN = In()


class StepExecution:
    """One attempt of a step in this process.

    Args:
        run: The run.
        step: The step.
    """

    def __init__(self, run: RunContext, step: Step) -> None:
        self.owner = run
        self.step = step
        self.attempt = run.claim(step)
        record = run.run
        self.context = OpContext(
            run_id=record.run_id,
            job_name=record.job_name,
            mode=record.mode,
            step_key=step.key,
            attempt=self.attempt,
            run_tags=record.tags,
            run_key=record.run_key,
            scheduled_time=run.scheduled_time,
            partition_key=record.partition_key,
            mapping_key=step.mapping_key,
            log=_LOGGER,
            resources=run.resources,
        )

    def run(self, *, hold: bool) -> Iterator[Event]:
        """Carry it out, yielding events once they are recorded, or held."""
        yield from self.owner.write([self._event(StepStarted())])
        log = capture.StepLog(self.owner.logs, self.context.run_id, self.step.key, self.attempt)
        token = capture.begin(log)
        try:
            facts = self._attempt()
        finally:
            capture.end(log, token)
        yield from self.owner.write([self._event(fact) for fact in facts], hold=hold)

    def _attempt(self) -> list[Fact]:
        """Load, compute and store, and return the facts; a failure is a fact as well."""
        loaded: list[Fact] = []
        try:
            inputs = self._load_inputs(loaded)
            result = self._compute(inputs)
            stored = store_outputs(self.owner, self.step, self.context, result)
        except KeyboardInterrupt:
            self.owner.write([self._event(StepCanceled())])
            raise
        except SupersededError:
            raise
        except BaseException as error:  # noqa: BLE001 - sys.exit and the like in an op fail the step, not the run's process
            return [*loaded, *self._failure(error)]
        return [*loaded, *stored, StepSucceeded(), *self._call_hooks(self.step.op.on_success, None)]

    def _compute(self, inputs: Mapping[str, Any]) -> Any:
        op = self.step.op
        signature = op.signature
        args = [
            self.context
            if name == signature.context
            else inputs[name]
            if name in inputs
            else signature.inputs[name].default
            for name in signature.positional
        ]
        kwargs: dict[str, Any] = {}
        if signature.config is not None:
            kwargs[signature.config.name] = self.step.config
        for each in signature.resources:
            kwargs[each.name] = self.owner.resources[each.resource]
        return op.function(*args, **kwargs)

    def _load_inputs(self, loaded: list[Fact]) -> dict[str, Any]:
        inputs: dict[str, Any] = {}
        types = self.step.op.input_types
        for name, source in self.step.inputs.items():
            annotation = types[name]
            value = self._load(name, source, annotation, loaded)
            check_value(self.step.key, "input", name, value, annotation)
            inputs[name] = value
        return inputs

    def _load(self, name: str, source: Source, annotation: Any, loaded: list[Fact]) -> Any:
        progress = self.owner.progress
        match source:
            case Constant(value):
                return value
            case OutputOf(node, output):
                return self._load_value(name, progress.writer(node, self.step), output, None, annotation, loaded)
            case ItemOf(node, output):
                return self._load_value(name, node, output, self.step.mapping_key, annotation, loaded)
            case Collected(node, output):
                return self._load_all(name, node, output, _item_type(annotation), loaded)
            case FanIn(sources):
                item = _item_type(annotation)
                return [
                    self._load(name, each, item, loaded) for each in sources if not progress.is_missing(each, self.step)
                ]

    def _load_all(self, name: str, node: str, output: str, annotation: Any, loaded: list[Fact]) -> list[Any]:
        progress = self.owner.progress
        if self.owner.plan.steps[node].is_template:
            writers = [key for key in progress.instances(node) if progress.has_output(key, output)]
            return [self._load_value(name, key, output, None, annotation, loaded) for key in writers]
        keys = progress.keys.get((node, output), [])
        return [self._load_value(name, node, output, key, annotation, loaded) for key in keys]

    def _load_value(
        self, name: str, writer: str, output: str, mapping_key: str | None, annotation: Any, loaded: list[Fact]
    ) -> Any:
        stored = self.owner.state.outputs[writer, output, mapping_key]
        producer = self.owner.progress.steps[writer].op
        out = producer.outs[output]
        upstream = writer_context(self.owner.run, self.owner.resources, producer, stored)
        declared = self.step.op.ins.get(name, _NO_IN)
        context = InputContext(
            run_id=self.context.run_id,
            step_key=self.step.key,
            attempt=self.attempt,
            name=name,
            upstream=upstream,
            mapping_key=self.step.mapping_key,
            asset_key=out.asset,
            partition_key=self.context.partition_key,
            annotation=annotation or None,
            metadata=declared.metadata,
            resources=self.owner.resources,
        )
        value = self.owner.resources.io_manager(out.io_manager).load_input(context)
        if context.added_metadata:
            loaded.append(InputLoaded(name, dict(context.added_metadata)))
        return value

    def _failure(self, error: BaseException) -> list[Fact]:
        info = error_info(error)
        delay = retry_delay_seconds(self.step.op.retry, error, self.attempt, self.owner.chance())
        if delay is not None:
            self.owner.retry(self.step, delay)
            return [StepRetried(info, delay)]
        self.owner.errors[self.step.key] = error
        return [StepFailed(info), *self._call_hooks(self.step.op.on_failure, error)]

    def _call_hooks(
        self, hooks: tuple[Callable[[HookContext], object], ...], error: BaseException | None
    ) -> list[Fact]:
        failed: list[Fact] = []
        for hook in hooks:
            try:
                hook(HookContext(op=self.context, error=error))
            except Exception as raised:  # noqa: BLE001 - a hook is user code; the step's outcome stands
                failed.append(HookFailed(getattr(hook, "__name__", repr(hook)), error_info(raised)))
        return failed

    def _event(self, fact: Fact) -> Event:
        return self.owner.event(fact, self.step, self.attempt)


def _item_type(annotation: Any) -> Any:
    """Return the type of a list's items, where it is known."""
    arguments = get_args(annotation)
    is_list = get_origin(annotation) is not None and len(arguments) == 1
    return arguments[0] if is_list else UNRESOLVED
