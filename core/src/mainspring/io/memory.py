"""Values in this process's memory: for tests, notebooks and ephemeral instances."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from attrs import field, frozen

from mainspring.definition.io import InputContext, IOManager, OutputContext
from mainspring.errors import OutputError, ValueNotFound

_Address = tuple[str, str, int, str, str | None]


@frozen(eq=False)
class MemoryIOManager(IOManager):
    """Keeps values as they are, uncopied, for as long as the manager itself lives."""

    process_local: ClassVar[bool] = True
    _values: dict[_Address, Any] = field(factory=dict, init=False, repr=False)

    def handle_output(self, context: OutputContext, obj: Any) -> None:
        """Keep a value.

        Raises:
            OutputError: It can be read only once, which its second reader would not notice.
        """
        if isinstance(obj, Iterator):
            raise OutputError(
                f"output {context.name!r} of step {context.step_key!r} is a {type(obj).__name__}, which can be read only "
                "once; return a list, or an object that can be iterated over again"
            )
        self._values[_address(context)] = obj

    def holds(self, upstream: OutputContext) -> bool:
        """Whether this very manager keeps the value."""
        return _address(upstream) in self._values

    def load_input(self, context: InputContext) -> Any:
        """Return a value as it was stored."""
        address = _address(context.upstream)
        if address not in self._values:
            upstream = context.upstream
            key = f"run {upstream.run_id}, {upstream.step_key}.{upstream.name}"
            raise ValueNotFound(
                "the memory of this process", key, upstream.step_key, "it was never stored here, or by another process"
            )
        return self._values[address]


def _address(context: OutputContext) -> _Address:
    return context.run_id, context.step_key, context.attempt, context.name, context.mapping_key
