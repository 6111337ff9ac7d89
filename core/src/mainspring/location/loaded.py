"""The process that has loaded a location's code: tells what the code offers, then forks, or becomes a worker itself.

It runs people's code once, while it loads it; from then on it waits for the front's orders and does nothing else.
"""

from __future__ import annotations

import gc
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import attrs

from mainspring.crashpoint import CrashPoint, pass_by
from mainspring.errors import MainspringError
from mainspring.execute.error import error_info
from mainspring.execute.worker import start_time
from mainspring.location import apart, evaluator, run_worker
from mainspring.location.frames import Channel, Message
from mainspring.location.load import LoadedCode, count_threads, load_code, rehearse, source_files
from mainspring.location.snapshot import pages, snapshot_hash, take_snapshot
from mainspring.location.spec import LocationSpec
from mainspring.version import own_version

Role = Callable[[Channel, LoadedCode], None]

ROLES: Mapping[str, Role] = {"evaluator": evaluator.serve, "worker": run_worker.serve}
"""What this process, or a fork of it, can become."""

_ORDER_BYTES = 4096


def main(channel_descriptor: int, orders_descriptor: int) -> NoReturn:
    """Load the code that the front names, tell what came of it, and wait for orders.

    Args:
        channel_descriptor: A stream socket: messages in both directions.
        orders_descriptor: A socket of whole messages, each an order to fork with the descriptors that the fork gets.
    """
    channel = Channel(channel_descriptor)
    told = channel.receive()
    if told is None:
        os._exit(0)
    os.setsid()  # so that all that the code starts can be found
    apart.end_with(told["front"])
    apart.explain_on_signal()
    code = _load(channel, told)
    if code is None:
        _end()
    if code.spec.start != "spawn" and count_threads() == 1:
        with suppress(MainspringError, OSError):  # a full disk, say; runs are a little slower without
            rehearse()
    gc.collect()
    gc.freeze()  # what exists now is not looked at again by the forks' collectors, so its pages stay shared
    _Post(channel, socket.socket(fileno=orders_descriptor), code).attend()
    _end()


def _load(channel: Channel, told: Message) -> LoadedCode | None:
    home = Path(told["home"])
    try:
        code = load_code(LocationSpec(**told["spec"]), home, _crash_point(told.get("crash_point")))
        entries = take_snapshot(code.definitions)
    except KeyboardInterrupt:
        os._exit(1)
    except BaseException as error:  # noqa: BLE001 - whatever people's code raises is shown as its failure
        channel.send(kind="failed", error=_said(error), files=_files(told, home))
        return None
    for page in pages(entries):
        channel.send(kind="entries", entries=[attrs.asdict(each) for each in page])
    channel.send(
        kind="loaded",
        snapshot=snapshot_hash({(each.kind, each.name): each.hash for each in entries}),
        threads=count_threads(),
        forks=sys.platform.startswith("linux"),
        files=_files(told, home),
        python=sys.version.partition(" ")[0],
        version=own_version() or "",
    )
    return code


def _crash_point(named: str | None) -> CrashPoint:
    """Return the crash point that tests name as `module:function`."""
    if named is None:
        return pass_by
    module, _, function = named.partition(":")
    found: CrashPoint = getattr(import_module(module), function)
    return found


def _said(error: BaseException) -> Mapping[str, str]:
    info = error_info(error)
    said_it_all = isinstance(error, MainspringError)  # then only what is of the code's author is worth reading
    traceback = getattr(error, "user_traceback", "") or ("" if said_it_all else info.traceback)
    return {"type": info.type, "message": info.message, "traceback": traceback}


def _files(told: Message, home: Path) -> list[str]:
    own = told["spec"].get("file")
    return [*source_files(home), *([] if own is None else [str(home / own)])]


class _Post:
    """Attends to the front's orders and to the ends of its own forks."""

    def __init__(self, channel: Channel, orders: socket.socket, code: LoadedCode) -> None:
        self._channel = channel
        self._orders = orders
        self._code = code
        self._children: set[int] = set()
        self._woken, wake = socket.socketpair()
        for each in (self._woken, wake):
            each.settimeout(0)
        self._wake = wake
        signal.pthread_sigmask(signal.SIG_SETMASK, [])  # the code may have blocked what tells of the ends
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)

    def attend(self) -> None:
        """Follow orders until the front is gone or says so, or this process takes a role itself."""
        selector = selectors.DefaultSelector()
        for each in (self._channel, self._orders, self._woken):
            selector.register(each, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if self._woken in ready:
                self._woken.recv(_ORDER_BYTES)
                self._report_ends()
            if self._orders in ready:
                self._fork()
            if self._channel in ready:
                message = self._channel.receive()
                if message is None:
                    return
                if message["kind"] == "become":
                    selector.close()
                    self._become(message["role"])
                    return

    def _become(self, role: str) -> None:
        self._let_go()
        apart.forget_signals()
        ROLES[role](self._channel, self._code)

    def _fork(self) -> None:
        order, descriptors, _, _ = socket.recv_fds(self._orders, _ORDER_BYTES, 2)
        if not descriptors:
            return
        role, token = order.decode().split()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()  # what is buffered would be written by both
        parent = os.getpid()
        self._code.crash_point("code.fork")
        try:
            pid = os.fork()
        except OSError as error:
            self._channel.send(kind="not_forked", token=token, error=error.strerror)
            return
        finally:
            if os.getpid() == parent:
                for each in descriptors:
                    os.close(each)
        if pid == 0:
            self._be_child(role, parent, descriptors)
        self._children.add(pid)
        self._code.crash_point("code.forked")
        self._channel.send(kind="forked", token=token, pid=pid, start_time=start_time(pid) or 0)

    def _be_child(self, role: str, parent: int, descriptors: list[int]) -> NoReturn:
        code = 70
        try:
            self._let_go()
            self._channel.close()
            if role == "evaluator":
                os.setpgid(0, 0)
            apart.forget_signals()
            apart.forget_seeds()
            if role == "evaluator":
                apart.end_with(parent)
            if len(descriptors) > 1:
                apart.print_to(descriptors[1])
            apart.forget_connections({descriptors[0]})
            ROLES[role](Channel(descriptors[0]), self._code)
            code = 0
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
        except BaseException:  # noqa: BLE001 - the end of a process: what arrives here is a bug, and says so
            import traceback

            traceback.print_exc()
        finally:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            os._exit(code)

    def _let_go(self) -> None:
        """Let go of what only this process's own waiting needs."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._woken.close()
        self._wake.close()
        self._orders.close()

    def _report_ends(self) -> None:
        for pid in list(self._children):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                self._children.discard(pid)
                self._channel.send(kind="ended", pid=pid, status=status)


def _end() -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(0)
