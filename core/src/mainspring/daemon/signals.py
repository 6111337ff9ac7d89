"""Signals: what has something done when the process is told to end, whatever the main thread is at."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Collection
from queue import SimpleQueue


def on_signals(numbers: Collection[signal.Signals], call: Callable[[], None]) -> None:
    """Have something called each time that the process gets one of some signals; to be set up in the main thread.

    It is called in a thread of its own. A handler runs in the main thread, between any two of its instructions, so one
    that took a lock which the main thread holds at that moment would wait for ever; as would `Event.set`, while the main
    thread comes out of that event's `wait`. A `SimpleQueue` may be put into at any moment: that is what it is for.
    """
    told: SimpleQueue[None] = SimpleQueue()

    def call_when_told() -> None:
        while True:
            told.get()
            call()

    threading.Thread(target=call_when_told, name="signals", daemon=True).start()
    for number in numbers:
        signal.signal(number, lambda *_: told.put(None))
