"""Retention at work: chunk by chunk, with logs, whatever fails."""

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen

import mainspring as ms
from mainspring.daemon.daemon import Daemon
from mainspring.daemon.expiry import Rule, RunRule
from mainspring.daemon.retention import HICCUP_SECONDS, LOOK_SECONDS, NEXT_CHUNK_SECONDS, Retention, sweep
from mainspring.errors import StorageError
from mainspring.event import Event, RunQueued, RunStarted, RunSucceeded
from mainspring.launch.local import LocalLauncher
from mainspring.log.memory import MemoryLogStore
from mainspring.log.port import LogKey, LogPiece, LogStore
from mainspring.run import Run, RunStatus
from mainspring.settings import RetentionSettings, Settings
from mainspring.storage import Chunk, RunQuery, Storage
from mainspring.testing import VirtualClock

DAY_SECONDS = 86400.0
RULES: list[Rule] = [RunRule(RunStatus.SUCCESS, 30 * DAY_SECONDS)]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def instance(clock: VirtualClock) -> ms.Instance:
    return ms.Instance.ephemeral(clock=clock)


def ended(instance: ms.Instance, number: int) -> LogKey:
    """Have a run end now that has printed something, and return where."""
    run_id = f"run-{number:04}"
    now = instance.clock.time()
    run = Run(run_id=run_id, job_name="job", mode="dev", status=RunStatus.QUEUED, created_at=now)
    facts: Sequence[Any] = (RunQueued(), RunStarted(), RunSucceeded())
    first, *rest = [Event(run_id=run_id, run_attempt=1, fact=each, timestamp=now) for each in facts]
    instance.storage.runs.create(run, [first])
    instance.storage.events.record(run_id, 1, rest)
    key = LogKey(run_id, "step", 1, "stdout")
    instance.logs.append(key, "printed\n")
    return key


def runs(instance: ms.Instance) -> list[str]:
    return sorted(run.run_id for run in instance.storage.runs.find(RunQuery(limit=1000)))


def until_the_next_look(retention: Retention) -> list[float]:
    """Have all be deleted that may go, and return how long it waited in between."""
    waits = [retention.reconcile()]
    while waits[-1] == NEXT_CHUNK_SECONDS:
        waits.append(retention.reconcile())
    return waits


def test_runs_go_with_their_logs_when_their_time_has_come(instance: ms.Instance, clock: VirtualClock) -> None:
    old, young = ended(instance, 1), None
    clock.advance(20 * DAY_SECONDS)
    young = ended(instance, 2)
    retention = Retention(instance, RULES)

    assert until_the_next_look(retention)[-1] == LOOK_SECONDS
    assert runs(instance) == ["run-0001", "run-0002"]
    clock.advance(10 * DAY_SECONDS + 1)
    until_the_next_look(retention)
    assert runs(instance) == ["run-0002"]
    assert (instance.logs.read(old), instance.logs.read(young)) == ("", "printed\n")
    clock.advance(20 * DAY_SECONDS)
    until_the_next_look(retention)
    assert runs(instance) == []


def test_many_go_a_chunk_at_a_time(
    instance: ms.Instance, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(450):
        ended(instance, number)
    clock.advance(31 * DAY_SECONDS)
    retention = Retention(instance, RULES)
    left: list[int] = []
    with caplog.at_level(logging.INFO, "mainspring.daemon"):
        while retention.reconcile() == NEXT_CHUNK_SECONDS:
            left.append(len(runs(instance)))

    assert left == [250, 50, 0]
    assert [record.getMessage() for record in caplog.records] == ["deleted runs that ended SUCCESS: 450"]


def test_two_of_them_delete_each_run_once(instance: ms.Instance, clock: VirtualClock) -> None:
    for number in range(450):
        ended(instance, number)
    clock.advance(31 * DAY_SECONDS)
    both = [Retention(instance, RULES), Retention(instance, RULES)]
    for _ in range(6):
        for each in both:
            each.reconcile()

    assert runs(instance) == []


def test_one_that_is_stopped_after_any_chunk_is_gone_on_with(instance: ms.Instance, clock: VirtualClock) -> None:
    for number in range(450):
        ended(instance, number)
    clock.advance(31 * DAY_SECONDS)
    for _ in range(3):
        Retention(instance, RULES).reconcile()  # and its process dies

    assert runs(instance) == []


def test_a_trial_deletes_nothing(instance: ms.Instance, clock: VirtualClock) -> None:
    key = ended(instance, 1)
    clock.advance(31 * DAY_SECONDS)
    found = [chunk.ids for _, chunk in sweep(instance, RULES, clock.time(), is_trial=True)]

    assert found == [("run-0001",)]
    assert runs(instance) == ["run-0001"]
    assert instance.logs.read(key) == "printed\n"


def test_what_a_follower_has_not_read_stays(instance: ms.Instance, clock: VirtualClock) -> None:
    """Retention never passes an active cursor."""
    for number in (1, 2):
        ended(instance, number)
    clock.advance(31 * DAY_SECONDS)
    read_to = instance.storage.events.read("run-0001")[-1].event_id
    until_the_next_look(Retention(instance, RULES, lambda: read_to))

    assert runs(instance) == ["run-0002"]


def test_without_rules_nothing_goes(instance: ms.Instance, clock: VirtualClock) -> None:
    ended(instance, 1)
    clock.advance(10_000 * DAY_SECONDS)

    assert Retention(instance, []).reconcile() == LOOK_SECONDS
    assert runs(instance) == ["run-0001"]


class Ends(VirtualClock):
    """Ends a daemon when it has waited for so long."""

    def __init__(self, after_seconds: float) -> None:
        super().__init__()
        self.daemon: Daemon | None = None
        self._end = after_seconds

    def wait(self, signal: threading.Event, timeout_seconds: float) -> bool:
        if self.daemon is not None and self.monotonic() >= self._end:
            self.daemon.stop()
        return super().wait(signal, timeout_seconds)


def test_the_daemon_does_what_the_settings_say(tmp_path: Path) -> None:
    clock = Ends(after_seconds=20.0)
    settings = Settings(retention=RetentionSettings(runs=5.0))
    instance = evolve(ms.Instance.ephemeral(clock=clock), settings=settings)
    for number in range(450):
        ended(instance, number)
    clock.advance(10.0)
    ended(instance, 1000)
    clock.daemon = Daemon(instance, tmp_path, {}, LocalLauncher(), lambda run: ())
    clock.daemon.run()

    assert runs(instance) == ["run-1000"]


@frozen
class Broken:
    """A store that fails as often as it is told to, and then does what another one does."""

    behind: Any
    failures: list[str]

    def delete_runs(self, *args: Any) -> Chunk[str]:
        if self.failures:
            raise StorageError(self.failures.pop())
        chunk: Chunk[str] = self.behind.delete_runs(*args)
        return chunk


def test_where_storage_fails_it_is_put_off(
    instance: ms.Instance, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    ended(instance, 1)
    clock.advance(31 * DAY_SECONDS)
    broken: Any = Broken(instance.storage.retention, ["the disk is full"])
    storage = evolve(instance.storage, retention=broken)
    retention = Retention(with_parts(instance, storage, instance.logs), RULES)

    assert retention.reconcile() == HICCUP_SECONDS
    assert "the disk is full" in caplog.text
    assert until_the_next_look(retention)[-1] == LOOK_SECONDS
    assert runs(instance) == []


@frozen
class KeepsAll(LogStore):
    """A log store with no way to delete."""

    def append(self, key: LogKey, text: str) -> None: ...

    def piece(self, key: LogKey, start: int = 0) -> LogPiece:
        return LogPiece("", start)


class Fails(MemoryLogStore):
    """A log store that cannot delete what it ought to."""

    def delete(self, run_id: str) -> None:
        raise PermissionError(13, "permission denied")


@pytest.mark.parametrize("logs", [KeepsAll(), Fails()], ids=["has no way", "fails"])
def test_runs_go_though_their_logs_do_not(
    logs: LogStore, instance: ms.Instance, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    ended(instance, 1)
    clock.advance(31 * DAY_SECONDS)
    until_the_next_look(Retention(with_parts(instance, instance.storage, logs), RULES))

    assert runs(instance) == []
    assert ("the logs of run run-0001" in caplog.text) is isinstance(logs, Fails)


def with_parts(instance: ms.Instance, storage: Storage, logs: LogStore) -> ms.Instance:
    """Return an instance with other stores."""
    return ms.Instance(storage=storage, logs=logs, io_manager=instance.io_manager, clock=instance.clock)
