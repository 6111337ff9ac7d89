"""Forks: a child inherits no connection of its parent's; it opens its own when it first uses the database.

What a fork shares breaks both databases: SQLite notes its locks in the process's memory, and on PostgreSQL two processes
would speak on one socket, of which the first to end says goodbye for both. Forks wait until no thread is within a
transaction, so that none is copied half-done.
"""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import Protocol
from weakref import WeakSet


class Forkable(Protocol):
    """What holds a connection."""

    def before_fork(self) -> None:
        """Finish what is under way, and let nobody begin until one of the following is called."""

    def after_fork_in_parent(self) -> None:
        """Go on."""

    def after_fork_in_child(self) -> None:
        """Take the connection out of use, and go on."""


_watched: WeakSet[Forkable] = WeakSet()
_forking = threading.Lock()
_held: list[Forkable] = []


def watch_forks(forkable: Forkable) -> None:
    """Have something told of this process's forks for as long as it lives."""
    _register()
    _watched.add(forkable)


@cache
def _register() -> None:
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)


def _before() -> None:
    _forking.acquire()
    for each in list(_watched):
        each.before_fork()
        _held.append(each)


def _in_parent() -> None:
    while _held:
        _held.pop().after_fork_in_parent()
    _forking.release()


def _in_child() -> None:
    while _held:
        _held.pop().after_fork_in_child()
    _forking.release()
