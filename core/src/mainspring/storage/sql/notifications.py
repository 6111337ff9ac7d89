"""Wake-ups through PostgreSQL: NOTIFY with the commit of what has changed, LISTEN on a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from mainspring.storage.wakeup import Listener, Topic

if TYPE_CHECKING:
    import psycopg

CHANNEL = "mainspring"

LOOK_SECONDS = 1.0
"""How often the thread that listens looks whether it is to end."""


@contextmanager
def listening(connect: Callable[[], psycopg.Connection[Any]], listener: Listener) -> Iterator[object]:
    """Call a listener for what is notified, from a thread, until the context ends; a lost connection is made anew.

    Args:
        connect: Opens a connection that nobody else uses.
        listener: Called for each change, and after each connection for those that may have been missed.
    """
    ended = threading.Event()

    def follow() -> None:
        while not ended.is_set():
            with suppress(Exception):
                _follow(connect, listener, ended)
            ended.wait(LOOK_SECONDS)

    thread = threading.Thread(target=follow, name="wake-ups", daemon=True)
    thread.start()
    try:
        yield None
    finally:
        ended.set()
        thread.join(2 * LOOK_SECONDS)


def _follow(connect: Callable[[], psycopg.Connection[Any]], listener: Listener, ended: threading.Event) -> None:
    topics = {topic.value: topic for topic in Topic}
    with connect() as driver:
        driver.execute(f"LISTEN {CHANNEL}", prepare=False)
        for topic in Topic:
            listener(topic)
        while not ended.is_set():
            for notification in driver.notifies(timeout=LOOK_SECONDS):
                if notification.payload in topics:
                    listener(topics[notification.payload])
