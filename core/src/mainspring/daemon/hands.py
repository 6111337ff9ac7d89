"""Hands: who does the work that the daemon's loop sends off, threads or the loop itself, in turn."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class Hands(ABC):
    """Does work that is sent off."""

    @abstractmethod
    def pool(self, name: str, at_a_time: int) -> Executor:
        """Return what does so many works at a time, in the order in which they come."""

    @abstractmethod
    def start(self, name: str, work: Callable[[], None]) -> None:
        """Have a work done that nobody waits for."""


class Threads(Hands):
    """Does it in threads, so that the loop waits for none of it."""

    def pool(self, name: str, at_a_time: int) -> Executor:
        return ThreadPoolExecutor(at_a_time, thread_name_prefix=name)

    def start(self, name: str, work: Callable[[], None]) -> None:
        threading.Thread(target=work, name=name, daemon=True).start()


class InTurn(Hands):
    """Does each work when it is sent, in the thread that sends it: the same comes to the same, whenever it is done again."""

    def pool(self, name: str, at_a_time: int) -> Executor:
        return _AtOnce()

    def start(self, name: str, work: Callable[[], None]) -> None:
        work()


class _AtOnce(Executor):
    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        result = fn(*args, **kwargs)
        if result is None:
            return _DONE
        future: Future[T] = Future()
        future.set_result(result)
        return future


_DONE: Future[Any] = Future()
_DONE.set_result(None)
