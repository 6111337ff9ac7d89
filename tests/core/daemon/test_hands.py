import threading

import pytest

from mainspring.daemon.errands import Errands
from mainspring.daemon.hands import InTurn, Threads


def test_threads_do_a_work_beside_the_one_who_sends_it() -> None:
    done: list[str] = []
    with Threads().pool("test", 1) as pool:
        pool.submit(lambda: done.append(threading.current_thread().name)).result()
    started = threading.Event()
    Threads().start("test work", started.set)

    assert started.wait(60)
    assert done == ["test_0"]


def test_in_turn_a_work_is_done_by_the_one_who_sends_it_before_anything_else() -> None:
    done: list[object] = []
    hands = InTurn()
    hands.start("test", lambda: done.append(threading.current_thread()))

    assert hands.pool("test", 1).submit(lambda: 42).result() == 42
    assert done == [threading.current_thread()]


def test_errands_that_are_done_in_turn_are_over_once_they_are_sent(caplog: pytest.LogCaptureFixture) -> None:
    errands = Errands("test", InTurn())
    done: list[str] = []

    assert errands.send("a", None, lambda: done.append("a"))
    assert errands.send("a", None, lambda: done.append("a again"))
    assert errands.send("b", None, lambda: done.remove("b"))  # it raises, which is logged
    assert done == ["a", "a again"]
    assert "what was done for b has failed" in caplog.text
