from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from mainspring.daemon.signals import on_signals


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = signal.getsignal(signal.SIGUSR2)
    yield
    signal.signal(signal.SIGUSR2, before)


def test_what_is_called_may_need_a_lock_that_the_main_thread_holds_when_the_signal_comes() -> None:
    lock = threading.Lock()
    called = threading.Semaphore(0)

    def call() -> None:
        with lock:
            called.release()

    on_signals([signal.SIGUSR2], call)
    with lock:
        signal.raise_signal(signal.SIGUSR2)
    assert called.acquire(timeout=60)


def test_it_is_called_for_each_signal() -> None:
    called = threading.Semaphore(0)
    on_signals([signal.SIGUSR2], called.release)
    for _ in range(3):
        signal.raise_signal(signal.SIGUSR2)
        assert called.acquire(timeout=60)
