"""Evaluations: what an automation's function asked for, gathered as it says it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, nullcontext
from typing import Any, TypeAlias

from attrs import frozen

from mainspring.definition.request import RunRequest, SkipReason
from mainspring.definition.sensor_source import Item
from mainspring.errors import DefinitionError, MainspringError, shorten, told

Asked: TypeAlias = RunRequest | SkipReason | Iterable[RunRequest | SkipReason] | None
"""What an automation's function may return; a generator function may also yield these one by one."""


@frozen
class Evaluation:
    """What one evaluation of an automation came to.

    Attributes:
        requests: The runs asked for, each with its job, mode, config and tags as they will be.
        skip_reason: The last reason that was given for asking for nothing, if any.
        cursor: Where a sensor's next evaluation goes on.
        duplicates: How many requests repeated the run key of an earlier one for the same job, and were dropped.
        items: What is to be acknowledged to the sensor's source once this is recorded.
    """

    requests: tuple[RunRequest, ...] = ()
    skip_reason: str | None = None
    cursor: str | None = None
    duplicates: int = 0
    items: tuple[Item, ...] = ()


class EvaluationFailedError(MainspringError):
    """An automation's function raised, or gave something that is no request; its cause is what was raised.

    Attributes:
        automation: The automation, as `sensor 'uploads'`.
        partial: What is to be recorded all the same: nothing, but for a sensor with `partial="commit"`.
    """

    def __init__(self, automation: str, said: str, partial: Evaluation) -> None:
        self.automation = automation
        self.partial = partial
        super().__init__(f"{automation} failed: {said}")


class Gathering:
    """Gathers what is asked for; `checkpoint` marks how much of it stands if what comes next fails.

    Args:
        complete: Fills in what a request leaves to its automation.
        cursor: Where a sensor begins.
    """

    def __init__(self, complete: Callable[[RunRequest], RunRequest], cursor: str | None = None) -> None:
        self._complete = complete
        self._requests: list[RunRequest] = []
        self._items: list[Item] = []
        self._keys: set[tuple[str | None, str]] = set()
        self._skip_reason: str | None = None
        self._duplicates = 0
        self._standing = (0, 0, Evaluation(cursor=cursor))

    def take(self, asked: RunRequest | SkipReason) -> None:
        """Take a request or a skip reason. Scar: D#26753, where one run key in one tick gave two runs."""
        if isinstance(asked, SkipReason):
            self._skip_reason = asked.text
            return
        request = self._complete(asked)
        if request.run_key is not None:
            key = (request.job, request.run_key)
            if key in self._keys:
                self._duplicates += 1
                return
            self._keys.add(key)
        self._requests.append(request)

    def keep_for_acknowledgement(self, item: Item) -> None:
        """Note that an item is to be acknowledged."""
        self._items.append(item)

    def checkpoint(self, cursor: str | None) -> None:
        """Let what was taken so far stand, with this cursor."""
        standing = Evaluation((), self._skip_reason, cursor, self._duplicates)
        self._standing = (len(self._requests), len(self._items), standing)

    def evaluation(self) -> Evaluation:
        """Return what stands."""
        requests, items, said = self._standing
        asked_for, taken = tuple(self._requests[:requests]), tuple(self._items[:items])
        return Evaluation(asked_for, said.skip_reason, said.cursor, said.duplicates, taken)


def asked_by(returned: Any) -> Iterator[RunRequest | SkipReason]:
    """Yield what a function asks for, of what it returned: one, several, or a generator that asks when it returns, too.

    Raises:
        DefinitionError: Something in it is neither request nor skip reason.
    """
    match returned:
        case None:
            return
        case RunRequest() | SkipReason():
            yield returned
        case Generator():
            last = yield from _checked(returned, "yielded")
            yield from asked_by(last)
        case list() | tuple() | Iterator():
            yield from _checked(returned, "returned a list with")
        case _:
            raise _refusal("returned", returned)


def _checked(several: Iterable[Any], did: str) -> Generator[RunRequest | SkipReason, None, Any]:
    """Yield each, and return what a generator returns at its end; the generator ends with this one."""
    iterator = iter(several)
    with closing(iterator) if isinstance(iterator, Generator) else nullcontext():
        while True:
            try:
                each = next(iterator)
            except StopIteration as end:
                return end.value
            if not isinstance(each, (RunRequest, SkipReason)):
                raise _refusal(did, each)
            yield each


def _refusal(did: str, given: object) -> DefinitionError:
    hint = "yield them one by one" if isinstance(given, (list, tuple)) else "give ms.RunRequest(…) or ms.SkipReason(…)"
    if isinstance(given, type) and issubclass(given, (RunRequest, SkipReason)):
        hint = "call the class"
    return DefinitionError(f"it {did} {shorten(repr(given))}, of type {type(given).__name__}; {hint}")


def failure(automation: str, error: BaseException, partial: Evaluation) -> EvaluationFailedError:
    """Return the error that stands for what a function raised, or for what it gave that is no request."""
    said = str(error) if isinstance(error, MainspringError) else told(error)
    return EvaluationFailedError(automation, said, partial)
