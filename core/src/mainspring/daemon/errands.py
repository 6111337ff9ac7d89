"""Errands: what may take its time and is done off the daemon's loop, a few at a time for each code location."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Executor, Future, wait

from mainspring.daemon.hands import Hands, Threads

_LOGGER = logging.getLogger("mainspring.daemon")

AT_A_TIME = 4
"""How many of a location are done at a time; what hangs holds up those of its own location at most."""


class Errands:
    """Does errands, none twice at a time.

    Args:
        name: What the threads are called.
        hands: Who does them; threads unless given.
    """

    def __init__(self, name: str, hands: Hands | None = None) -> None:
        self._name = name
        self._hands = hands or Threads()
        self._pools: dict[str | None, Executor] = {}
        self._under_way: set[Hashable] = set()
        self._futures: set[Future[None]] = set()
        self._lock = threading.Lock()
        self._is_closed = False

    def send(self, key: Hashable, location: str | None, work: Callable[[], None]) -> bool:
        """Have an errand done; False where it is under way already.

        Args:
            key: What tells it from others.
            location: The code location that it is for.
            work: Does it; what it raises is logged.
        """
        with self._lock:
            if key in self._under_way or self._is_closed:
                return False
            self._under_way.add(key)
        future = self._pool(location).submit(self._do, key, work)
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)
        return True

    def join(self) -> None:
        """Wait for what is under way."""
        wait(list(self._futures))

    def close(self, seconds: float) -> None:
        """Take no more; what has not begun in time is dropped, and what has not ended is left behind.

        Args:
            seconds: How long all of it may take.
        """
        with self._lock:
            pools, self._is_closed = list(self._pools.values()), True
        wait(list(self._futures), seconds)
        for each in pools:
            each.shutdown(wait=False, cancel_futures=True)

    def _pool(self, location: str | None) -> Executor:
        if location not in self._pools:
            self._pools[location] = self._hands.pool(f"{self._name} {location}", AT_A_TIME)
        return self._pools[location]

    def _do(self, key: Hashable, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:  # nobody waits for what it returns
            _LOGGER.exception("what was done for %s has failed", key)
        finally:
            with self._lock:
                self._under_way.discard(key)
