"""What the daemon has in hand: evaluations under way, and decisions that are to be committed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count

from attrs import define, field, frozen

from mainspring.daemon.hands import Hands
from mainspring.daemon.tick.due import Due
from mainspring.daemon.tick.evaluations import Evaluating, Evaluations
from mainspring.daemon.tick.roster import Entry, Roster
from mainspring.location.evaluation import EvaluationReply
from mainspring.location.frames import Message
from mainspring.storage import AutomationState, Decision


@define(eq=False)
class AtWork:
    """An evaluation under way.

    Attributes:
        roster: Its location's.
        entry: The automation.
        began_at: When it was due, or began if that was much later, in seconds since the epoch.
        due: Of a schedule, what was called for; it has a time.
        cursor: The cursor that a sensor begins with.
        waits_for_last: Whether the runs asked for wait for those of earlier ticks.
        is_asked: Whether the location was asked.
        state: How the automation stood when it was begun: what somebody changes meanwhile is not written over.
    """

    roster: Roster
    entry: Entry
    began_at: float
    due: Due | None = None
    cursor: str | None = None
    waits_for_last: bool = False
    is_asked: bool = False
    state: AutomationState = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.state = self.entry.state


@frozen(eq=False)
class Decided:
    """A decision that is to be committed.

    Attributes:
        roster: Its location's.
        entry: The automation.
        decision: The decision.
        reply: What it follows from, if a location was asked.
    """

    roster: Roster
    entry: Entry
    decision: Decision
    reply: EvaluationReply | None = None


class InHand:
    """The evaluations under way, each known by an id; of one automation there is one at a time.

    Args:
        client: Returns who speaks with a location, or None while it is not open.
        on_reply: Called when an evaluation has ended.
        hands: Who asks locations; threads unless given.
    """

    def __init__(
        self, client: Callable[[str], Evaluating | None], on_reply: Callable[[], None], hands: Hands | None = None
    ) -> None:
        self._client = client
        self._evaluations = Evaluations(on_reply, hands)
        self._works: dict[str, AtWork] = {}
        self._counts: Counter[str] = Counter()
        self._ids = count(1)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._works)

    def count(self, location: str) -> int:
        """Return how many there are of a location."""
        return self._counts[location]

    def begin(self, work: AtWork) -> str:
        """Note that something is about to be evaluated, and return its id."""
        id_ = f"e{next(self._ids)}"
        work.entry.is_at_work = True
        self._works[id_] = work
        self._counts[work.roster.location] += 1
        return id_

    def ask(self, location: str, batch: Sequence[Message]) -> None:
        """Ask a location for evaluations that were begun; each is replied to, whatever becomes of the location."""
        for each in batch:
            self._works[each["id"]].is_asked = True
        client = self._client(location)
        if client is not None:
            self._evaluations.ask(client, batch)
            return
        for each in batch:
            self._evaluations.refuse(each["id"], f"location {location!r} is not open")

    def tell(self, location: str, messages: Sequence[Message]) -> None:
        """Tell a location something that nobody waits for."""
        client = self._client(location)
        if messages and client is not None:
            named = [{**each, "id": f"t{next(self._ids)}"} for each in messages]
            self._evaluations.ask(client, named)

    def ended(self) -> list[tuple[AtWork, EvaluationReply]]:
        """Return the evaluations that have ended."""
        return [(self._end(reply.id), reply) for reply in self._evaluations.replies() if reply.id in self._works]

    def forget_unasked(self) -> None:
        """Forget evaluations that were begun and that no location was asked for, as storage failed in between."""
        for id_ in [id_ for id_, work in self._works.items() if not work.is_asked]:
            self._end(id_)

    def _end(self, id_: str) -> AtWork:
        work = self._works.pop(id_)
        work.entry.is_at_work = False
        self._counts[work.roster.location] -= 1
        return work
