"""How daemons do: judged by whether they go on, never by comparing two hosts' clocks."""

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from mainspring.daemon.health import DaemonHealth, health_of, problems_of
from mainspring.daemon.roll_call import WATCH_SECONDS, Liveness, watch_daemons
from mainspring.run import WorkerIdentity
from mainspring.storage import DutyStore, Heartbeat, LocationRecord, LocationStatus, memory_storage
from mainspring.testing import VirtualClock

HERE = WorkerIdentity("here", "boot", 11, 1)


def heartbeat(daemon_id: str = "here-11", version: int = 1, beat_at: float = 0.0, **changes: Any) -> Heartbeat:
    body = {
        "identity": attrs.asdict(HERE),
        "began_at": 0.0,
        "locations": ["sales"],
        "ticks": 3,
        "last_tick_at": None,
        "evaluating": 0,
        "oldest_queued_at": None,
        "lag_seconds": 0.01,
        "error": None,
        **changes,
    }
    return Heartbeat(daemon_id, version, beat_at, body)


def health(**changes: Any) -> DaemonHealth:
    return attrs.evolve(health_of(heartbeat(), "alive"), **changes)


def lives(answer: Any) -> Liveness:
    return lambda _: answer


class _Going(VirtualClock):
    """A clock during whose waits something happens."""

    def __init__(self, happens: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self._happens = happens

    def advance(self, seconds: float) -> None:
        super().advance(seconds)
        self._happens()


@pytest.fixture
def store() -> DutyStore:
    return memory_storage().duties


def test_one_of_this_host_that_told_just_now_is_alive_at_once(store: DutyStore) -> None:
    clock = _Going()
    store.beat(heartbeat(beat_at=clock.time() - 1))

    (found,) = watch_daemons(store, clock, lives("alive"))
    assert (found.life, found.host, found.pid, found.locations, found.ticks) == ("alive", "here", 11, ("sales",), 3)
    assert clock.monotonic() == 0


def test_one_whose_process_is_dead_is_gone_at_once(store: DutyStore) -> None:
    clock = _Going()
    store.beat(heartbeat(beat_at=clock.time()))

    assert [each.life for each in watch_daemons(store, clock, lives("dead"))] == ["gone"]
    assert clock.monotonic() == 0


@pytest.mark.parametrize("beat_at", [0.0, 1e12], ids=["a clock behind", "a clock ahead"])
def test_one_of_another_host_is_alive_if_it_goes_on_whatever_its_clock_says(store: DutyStore, beat_at: float) -> None:
    clock = _Going(lambda: store.beat(heartbeat(version=2, beat_at=beat_at, ticks=4)))
    store.beat(heartbeat(beat_at=beat_at))

    (found,) = watch_daemons(store, clock, lives("elsewhere"))
    assert (found.life, found.ticks) == ("alive", 4)
    assert clock.monotonic() < WATCH_SECONDS


@pytest.mark.parametrize(("liveness", "life"), [("elsewhere", "gone"), ("alive", "stuck")])
def test_one_that_does_not_go_on_is_gone_or_stuck(store: DutyStore, liveness: str, life: str) -> None:
    clock = _Going()
    store.beat(heartbeat(beat_at=clock.time() - 100))

    assert [each.life for each in watch_daemons(store, clock, lives(liveness))] == [life]
    assert WATCH_SECONDS <= clock.monotonic() < WATCH_SECONDS + 1


def test_one_that_ends_while_it_is_watched_is_gone(store: DutyStore) -> None:
    clock = _Going(lambda: store.forget_heartbeat("here-11"))
    store.beat(heartbeat())

    assert [each.life for each in watch_daemons(store, clock, lives("elsewhere"))] == ["gone"]


def test_what_another_version_tells_is_left_out() -> None:
    assert health_of(heartbeat(mood="good"), "alive") == health()


@pytest.mark.parametrize(
    ("daemons", "problems"),
    [
        ([], ["no daemon is at work; start `mainspring daemon`"]),
        ([health(life="gone")], ["no daemon is at work (here-11 ended without a word); start `mainspring daemon`"]),
        ([health()], []),
        ([health(), health(daemon_id="old", life="gone")], []),
        ([health(locations=[])], ["no daemon decides the schedules and sensors of location sales"]),
        ([health(locations=[]), health(daemon_id="two")], []),
        ([health(lag_seconds=5.1)], ["daemon here-11 woke 5.1 s late"]),
        ([health(error="the disk is full")], ["daemon here-11: the disk is full"]),
        ([health(), health(daemon_id="two", life="stuck")], ["daemon two lives but tells nothing any more"]),
        ([health(life="stuck")], ["daemon here-11 lives but tells", "no daemon is at work; start"]),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_each(daemons: list[DaemonHealth], problems: list[str]) -> None:
    found = problems_of(daemons, ["sales"])

    assert len(found) == len(problems)
    assert all(said.startswith(start) for said, start in zip(found, problems, strict=True))


def test_a_location_that_has_failed_is_something_wrong() -> None:
    known = [
        LocationRecord(name=name, status=LocationStatus.FAILED, error="SyntaxError: no\nmore")
        for name in ("sales", "old")
    ]

    assert problems_of([health()], ["sales"], known) == ["location sales has FAILED: SyntaxError: no"]
