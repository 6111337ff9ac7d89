"""Deleting what is too old, a chunk at a time, so that neither storage nor the daemon is held up."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias, assert_never

from mainspring.daemon.expiry import Rule, RunRule, TickRule
from mainspring.errors import MainspringError
from mainspring.log.port import DeletesLogs
from mainspring.storage import Chunk, ExpiredRuns, ExpiredTicks

if TYPE_CHECKING:
    from mainspring.instance import Instance

NEXT_CHUNK_SECONDS = 0.2
"""How long others have storage for themselves after a chunk."""

LOOK_SECONDS = 3600.0
"""How often it is looked for what has become too old."""

HICCUP_SECONDS = 60.0
"""How long it is put off where storage fails."""

AnyChunk: TypeAlias = Chunk[str] | Chunk[int]

_LOGGER = logging.getLogger("mainspring.daemon")


class Retention:
    """Deletes what the rules of an instance let go, as often as is needed; several may do so on one storage.

    Args:
        instance: The instance.
        rules: What is kept for how long.
        read_to: Returns the id of the last event that all followers have read, None where nobody follows.
    """

    def __init__(
        self, instance: Instance, rules: Sequence[Rule], read_to: Callable[[], int | None] = lambda: None
    ) -> None:
        self._instance = instance
        self._rules = rules
        self._read_to = read_to
        self._sweep: Iterator[tuple[Rule, AnyChunk]] = iter(())
        self._is_under_way = False
        self._deleted: Counter[Rule] = Counter()

    def reconcile(self) -> float:
        """Delete one chunk at most, and return how many seconds may pass before the next."""
        try:
            if not self._is_under_way:
                self._sweep = sweep(self._instance, self._rules, self._instance.clock.time(), self._read_to())
                self._is_under_way = True
            found = next(self._sweep, None)
        except MainspringError as error:
            _LOGGER.warning("what is too old is deleted later: %s", error)
            self._end()
            return HICCUP_SECONDS
        if found is None:
            self._end()
            return LOOK_SECONDS
        rule, chunk = found
        self._deleted[rule] += len(chunk.ids)
        return NEXT_CHUNK_SECONDS

    def _end(self) -> None:
        """Tell what was deleted, and let the next look begin anew."""
        for rule, number in self._deleted.items():
            if number:
                _LOGGER.info("deleted %s: %s", describe(rule), number)
        self._deleted.clear()
        self._is_under_way = False


def sweep(
    instance: Instance, rules: Sequence[Rule], now: float, read_to: int | None = None, *, is_trial: bool = False
) -> Iterator[tuple[Rule, AnyChunk]]:
    """Delete what may go, and yield each chunk once it has gone, with its rule; a chunk may be empty.

    Args:
        instance: Where it is recorded.
        rules: What is kept for how long.
        now: The time, seconds since the epoch.
        read_to: The id of the last event that all followers have read; None where nobody follows.
        is_trial: Whether nothing is deleted, and what would be is yielded.

    Raises:
        StorageError: The database failed; what was yielded has gone.
    """
    for rule in rules:
        chunks: Iterator[AnyChunk]
        match rule:
            case RunRule():
                chunks = _runs(instance, rule.expired(now, read_to), is_trial=is_trial)
            case TickRule():
                chunks = _ticks(instance, rule.expired(now), is_trial=is_trial)
            case _:
                assert_never(rule)
        for chunk in chunks:
            yield rule, chunk


def describe(rule: Rule) -> str:
    """Say what a rule is about."""
    match rule:
        case RunRule():
            return f"runs that ended {rule.status}"
        case TickRule(kind=None):
            return "ticks"
        case TickRule():
            return f"ticks of {rule.kind}s that were {rule.status}"
        case _:
            assert_never(rule)


def _runs(instance: Instance, expired: ExpiredRuns, *, is_trial: bool) -> Iterator[Chunk[str]]:
    store = instance.storage.retention
    find = store.expired_runs if is_trial else store.delete_runs
    after: str | None = None
    while True:
        instance.crash_point("retention.delete")
        chunk = find(expired, after)
        instance.crash_point("retention.deleted")
        if not is_trial:
            # Last, so that no run that is still there loses its logs; one killed between the two leaves logs behind.
            _delete_logs(instance, chunk.ids)
        yield chunk
        if chunk.after is None:
            return
        after = chunk.after


def _ticks(instance: Instance, expired: ExpiredTicks, *, is_trial: bool) -> Iterator[Chunk[int]]:
    store = instance.storage.retention
    find = store.expired_ticks if is_trial else store.delete_ticks
    after: int | None = None
    while True:
        instance.crash_point("retention.delete")
        chunk = find(expired, after)
        instance.crash_point("retention.deleted")
        yield chunk
        if chunk.after is None:
            return
        after = chunk.after


def _delete_logs(instance: Instance, run_ids: Sequence[str]) -> None:
    """Delete what runs printed, where the log store has a way to; one that fails does not stop what goes on."""
    logs = instance.logs
    if not isinstance(logs, DeletesLogs):
        return
    for run_id in run_ids:
        try:
            logs.delete(run_id)
        except Exception as error:  # noqa: BLE001 - a plugin's, which may raise anything
            _LOGGER.warning("the logs of run %s, which was deleted, stay: %s: %s", run_id, type(error).__name__, error)
