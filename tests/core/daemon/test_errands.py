import threading
from collections.abc import Iterator

import pytest

from mainspring.daemon.errands import AT_A_TIME, Errands

PATIENCE_SECONDS = 60.0


@pytest.fixture
def errands() -> Iterator[Errands]:
    errands = Errands("test")
    yield errands
    errands.close(0.0)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    gate = threading.Event()
    yield gate
    gate.set()


def hang(gate: threading.Event) -> None:
    gate.wait(PATIENCE_SECONDS)


def test_none_is_under_way_twice(errands: Errands, gate: threading.Event) -> None:
    done: list[int] = []

    assert errands.send("one", None, lambda: hang(gate))
    assert not errands.send("one", None, lambda: done.append(1))
    gate.set()
    errands.join()
    assert errands.send("one", None, lambda: done.append(2))
    errands.join()
    assert done == [2]


@pytest.mark.parametrize("count", [AT_A_TIME - 1, 50])
def test_what_hangs_holds_up_nobody_elses(errands: Errands, gate: threading.Event, count: int) -> None:
    done = threading.Event()
    for number in range(count):
        errands.send(number, "slow", lambda: hang(gate))
    errands.send("other", "quick" if count >= AT_A_TIME else "slow", done.set)

    assert done.wait(PATIENCE_SECONDS)


def test_what_has_not_begun_is_dropped_at_the_end(gate: threading.Event) -> None:
    errands = Errands("test")
    done: list[int] = []
    for number in range(AT_A_TIME):
        errands.send(number, None, lambda: hang(gate))
    errands.send("late", None, lambda: done.append(1))
    errands.close(0.0)
    gate.set()
    errands.join()

    assert done == []
    assert not errands.send("later", None, lambda: done.append(2))


def test_what_waits_is_done_before_the_end() -> None:
    errands = Errands("test")
    done: list[int] = []
    for number in range(20):
        errands.send(number, None, lambda: done.append(1))
    errands.close(PATIENCE_SECONDS)

    assert len(done) == 20
