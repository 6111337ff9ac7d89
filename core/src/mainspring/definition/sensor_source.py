"""Sensor sources: how what is new in an outside system is listed, and told that it was taken."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, runtime_checkable

from attrs import Attribute, field, frozen

from mainspring.definition.cursor import checked_cursor
from mainspring.definition.names import checked_text
from mainspring.errors import DefinitionError, shorten


def _cursor(value: object) -> str | None:
    return checked_cursor("an item", value)


@frozen
class Item:
    """One new thing in what a source watches.

    Attributes:
        key: What tells it from all others, for ever: the same thing has the same key at each poll. It becomes the run key.
        payload: Facts about it, for whoever makes the request: text, numbers, booleans, None, lists and dicts.
        cursor: Where a poll goes on after this item and all before it; None leaves the cursor where it was.
    """

    key: str = field()
    payload: Any = None
    cursor: str | None = field(default=None, converter=_cursor)

    @key.validator
    def _check_key(self, attribute: Attribute[str], value: object) -> None:
        if not isinstance(value, str) or not value:
            raise DefinitionError(f"the key of an item must be text, and not empty, unlike {shorten(repr(value))}")
        checked_text("an item", "key", value)


class SensorSource(ABC):
    """Lists what is new in an outside system: derive an attrs class from it, its fields are its settings.

    A source holds no state between two polls: what it must know is in the cursor. One whose system wants to be told that
    items were taken has `ack` as well, see `AcknowledgingSource`.
    """

    @abstractmethod
    def poll(self, cursor: str | None) -> Iterable[Item]:
        """Yield what is new since the cursor, the oldest first.

        An item may come again, under the same key; none may be left out.

        Args:
            cursor: The `cursor` of the last item that was taken; None at first.

        Raises:
            Exception: The system cannot be reached, or whatever else; the tick fails and is tried again.
        """


@runtime_checkable
class AcknowledgingSource(Protocol):
    """A source that is told which items were taken."""

    def ack(self, items: Sequence[Item]) -> None:
        """Take note that the runs asked for by these items are recorded; it may be called again with the same ones."""
