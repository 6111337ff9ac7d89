"""Pointers to what a run's steps have stored: the latest in memory, all in the log, from which they are read again.

So the memory of a run's process does not grow with the steps that it has executed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from mainspring.errors import SupersededError
from mainspring.event import Event, RunState, StepOutput, StoredOutput
from mainspring.execute.task import Place
from mainspring.storage import EventLog

KEPT = 200
"""How many pointers stay in memory, of those that can be read again one by one: a chain's next step finds its input there."""

MANY = 100
"""From how many on all of the run's pointers are read, rather than those of one step after the other."""

PAGE = 1000
"""How many events are read at a time."""


class Pointers:
    """Keeps the outputs of a run's state small.

    The values of a dynamic output stay, as one of them cannot be read without the others, and so does what was taken over
    from another run.

    Args:
        run_id: The run.
        state: Its state, whose outputs are dropped in the order in which they were stored.
        log: Where they can be read again.
    """

    def __init__(self, run_id: str, state: RunState, log: EventLog) -> None:
        self._run_id = run_id
        self._state = state
        self._log = log
        self._latest: deque[Place] = deque()
        self._has_dropped = False

    def note(self, events: Iterable[Event]) -> None:
        """Take note of events that the state has followed."""
        self._latest.extend(
            (event.step_key or "", event.fact.output, None)
            for event in events
            if isinstance(event.fact, StepOutput) and event.fact.mapping_key is None and not event.fact.is_empty
        )

    def drop(self) -> None:
        """Drop the oldest, all events being stored."""
        while len(self._latest) > KEPT:
            self._has_dropped = True
            self._state.outputs.pop(self._latest.popleft(), None)

    def find(self, places: Iterable[Place]) -> Mapping[Place, StoredOutput]:
        """Return the pointers to the values at some places, which have all been stored.

        Raises:
            SupersededError: The run was deleted.
        """
        outputs = self._state.outputs
        if not self._has_dropped:
            return outputs
        wanted = list(dict.fromkeys(places))
        missing = [place for place in wanted if place not in outputs]
        found = self._read(missing)
        lost = [place for place in missing if place not in found]
        if lost:
            raise SupersededError(f"run {self._run_id} has lost its log: step {lost[0][0]!r} has stored nothing there")
        return found | {place: outputs[place] for place in wanted if place in outputs}

    def _read(self, missing: Sequence[Place]) -> dict[Place, StoredOutput]:
        wanted = set(missing)
        found: dict[Place, StoredOutput] = {}
        for key in [None] if len(wanted) >= MANY else dict.fromkeys(place[0] for place in missing):
            for event in self._events(key):
                fact, step_key, attempt = event.fact, event.step_key or "", event.step_attempt or 1
                if not isinstance(fact, StepOutput) or attempt != self._state.attempts.get(step_key):
                    continue
                place = (step_key, fact.output, fact.mapping_key)
                if place in wanted:
                    found[place] = StoredOutput(event.run_id, step_key, attempt, fact)
        return found

    def _events(self, step_key: str | None) -> Iterable[Event]:
        after = 0
        while page := self._log.read(self._run_id, after=after, step_key=step_key, kinds=[StepOutput.kind], limit=PAGE):
            yield from page
            after = page[-1].event_id or 0
