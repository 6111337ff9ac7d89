"""One attempt of a step: load its inputs, call the op, store its outputs; in whichever process that is to happen."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, get_args, get_origin

from mainspring.crashpoint import CrashPoint, pass_by
from mainspring.definition.annotation import UNRESOLVED
from mainspring.definition.context import HookContext, OpContext
from mainspring.definition.io import In, InputContext
from mainspring.definition.source import Constant
from mainspring.event import Fact, HookFailed, InputLoaded, StepFailed, StepRetried, StepSucceeded
from mainspring.execute.capture import OP_LOGGER
from mainspring.execute.error import error_info
from mainspring.execute.outputs import store_outputs, writer_context
from mainspring.execute.resources import OpenResources
from mainspring.execute.retry import retry_delay_seconds
from mainspring.execute.task import ResolvedInput, StepTask, ValueList, ValuePointer
from mainspring.execute.typecheck import check_value

_LOGGER = logging.getLogger(OP_LOGGER)
_NO_IN = In()


class StepExecution:
    """One attempt of a step in this process.

    Args:
        task: The step and where its inputs lie.
        resources: The run's resources in this process.
        chance: A random number from 0 to 1, for the jitter of a retry.
        crash_point: Where tests stop the process.

    Attributes:
        context: What its op may know and do.
        error: What it raised, if it failed for good.
    """

    def __init__(
        self,
        task: StepTask,
        resources: OpenResources,
        chance: Callable[[], float],
        crash_point: CrashPoint = pass_by,
    ) -> None:
        self.error: BaseException | None = None
        self._crash_point = crash_point
        self._task = task
        self._step = task.step
        self._resources = resources
        self._chance = chance
        self._loaded: list[Fact] = []
        run = task.run
        self.context = OpContext(
            run_id=run.run_id,
            job_name=run.job_name,
            mode=run.mode,
            step_key=task.step.key,
            attempt=task.attempt,
            run_tags=run.tags,
            run_key=run.run_key,
            scheduled_time=None if run.scheduled_time is None else datetime.fromtimestamp(run.scheduled_time, UTC),
            partition_key=run.partition_key,
            mapping_key=task.step.mapping_key,
            log=_LOGGER,
            resources=resources,
        )

    def perform(self) -> list[Fact]:
        """Load, compute and store, and return the facts; a failure is a fact as well.

        Raises:
            KeyboardInterrupt: The run is to end.
        """
        try:
            self._crash_point("step.start")
            inputs = self.load_inputs()
            self._crash_point("step.input")
            args, kwargs = self.arguments(inputs)
            result = self._step.op.function(*args, **kwargs)
            self._crash_point("step.output")
            stored = store_outputs(self._task, self.context, self._resources, result)
            self._crash_point("step.end")
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - sys.exit and the like in an op fail the step, not its process
            return [*self._loaded, *self.fail(error)]
        return [*self._loaded, *stored, StepSucceeded(), *self._call_hooks(self._step.op.on_success, None)]

    def load_inputs(self, *, checked: bool = True) -> dict[str, Any]:
        """Load the inputs by name; those that are left to their defaults are absent.

        Raises:
            ValueNotFound: A value is gone.
            TypeMismatchError: A value does not fit its annotation, and `checked` is true.
        """
        inputs: dict[str, Any] = {}
        types = self._step.op.input_types
        for name, source in self._task.inputs.items():
            annotation = types[name]
            value = self._load(name, source, annotation)
            if checked:
                check_value(self._step.key, "input", name, value, annotation)
            inputs[name] = value
        return inputs

    def arguments(self, inputs: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Return what the op's function is called with: inputs and context, then config and resources by name."""
        op = self._step.op
        signature = op.signature
        values: dict[str, Any] = {name: parameter.default for name, parameter in signature.inputs.items()}
        values.update(inputs)
        if signature.context is not None:
            values[signature.context] = self.context
        kwargs: dict[str, Any] = {}
        if signature.config is not None:
            kwargs[signature.config.name] = self._step.config
        for each in signature.resources:
            kwargs[each.name] = self._resources[each.resource]
        return [values[name] for name in signature.positional], kwargs

    def _load(self, name: str, source: ResolvedInput, annotation: Any) -> Any:
        match source:
            case Constant(value):
                return value
            case ValuePointer():
                return self._load_value(name, source, annotation)
            case ValueList(items):
                item = _item_type(annotation)
                values = [self._load(name, each, item) for each in items]
                for index, value in enumerate(values):
                    check_value(self._step.key, "input", f"{name}[{index}]", value, item)
                return values

    def _load_value(self, name: str, pointer: ValuePointer, annotation: Any) -> Any:
        out = pointer.producer.outs[pointer.stored.fact.output]
        context = InputContext(
            run_id=self.context.run_id,
            step_key=self._step.key,
            attempt=self.context.attempt,
            name=name,
            upstream=writer_context(self._task.run, self._resources, pointer.producer, pointer.stored),
            mapping_key=self._step.mapping_key,
            asset_key=out.asset,
            partition_key=self.context.partition_key,
            annotation=annotation or None,
            metadata=self._step.op.ins.get(name, _NO_IN).metadata,
            resources=self._resources,
        )
        value = self._resources.io_manager(pointer.stored.fact.io_manager).load_input(context)
        if context.added_metadata:
            self._loaded.append(InputLoaded(name, dict(context.added_metadata)))
        return value

    def fail(self, error: BaseException) -> list[Fact]:
        """Return the facts of an attempt that failed: that it is tried again, or that it failed for good."""
        info = error_info(error)
        delay = retry_delay_seconds(self._step.op.retry, error, self._task.attempt, self._chance())
        if delay is not None:
            return [StepRetried(info, delay)]
        self.error = error
        return [StepFailed(info), *self._call_hooks(self._step.op.on_failure, error)]

    def _call_hooks(
        self, hooks: tuple[Callable[[HookContext], object], ...], error: BaseException | None
    ) -> list[Fact]:
        failed: list[Fact] = []
        for hook in hooks:
            try:
                hook(HookContext(op=self.context, error=error))
            except KeyboardInterrupt:
                raise
            except BaseException as raised:  # noqa: BLE001 - a hook is user code; the step's outcome stands
                failed.append(HookFailed(getattr(hook, "__name__", repr(hook)), error_info(raised)))
        return failed


def _item_type(annotation: Any) -> Any:
    """Return the type of a list's items, where it is known."""
    arguments = get_args(annotation)
    is_list = get_origin(annotation) is not None and len(arguments) == 1
    return arguments[0] if is_list else UNRESOLVED
