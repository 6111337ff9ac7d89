"""What a step's process does: set itself apart, wait for its task, carry it out, tell its parent, and end."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import random
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Any, NoReturn, TextIO, cast

from mainspring.crashpoint import CrashPoint
from mainspring.definition.mode import Mode
from mainspring.event import Fact, HookFailed
from mainspring.event.codec import encode_fact
from mainspring.execute.capture import StepLog, capture
from mainspring.execute.error import error_info
from mainspring.execute.process import frames
from mainspring.execute.process.foreman import lead_own_group
from mainspring.execute.process.known import Known
from mainspring.execute.process.parent_death import end_with
from mainspring.execute.resources import OpenResources
from mainspring.execute.step import StepExecution
from mainspring.execute.task import StepTask
from mainspring.log.port import LogKey, LogPiece, LogStore
from mainspring.plan import Plan

_SENDING = threading.Lock()
"""Held while a frame is sent: an op may log from several threads."""


def run_forked(known: Known, plan: Plan, crash_point: CrashPoint, parent: int, ends: tuple[int, int, int]) -> NoReturn:
    """Be the child of a fork: carry out a task once the run's process has sent it, and end this process.

    Args:
        known: What the task is put together from.
        plan: The plan that it is part of.
        crash_point: Where tests stop the process.
        parent: The parent's number.
        ends: The channel, and where to print: stdout, stderr.
    """
    try:
        channel, *output = ends  # the foreman sees to the process group
        _set_apart(parent, channel)
        for target, source in enumerate(output, 1):
            os.dup2(source, target)
            os.close(source)
        frames.send(channel, frames.READY)
        told = frames.receive(channel)
        if told is not None:
            _carry_out(channel, known.load(told[1]), plan.mode, plan.needs, crash_point)
    except BaseException:  # noqa: BLE001 - whatever it is, the parent sees a child that has said nothing
        _fail()
    os._exit(0)


def main(descriptor: int) -> None:
    """Be a child that was spawned: take the path and modules first, then the task.

    Args:
        descriptor: Where to talk with the parent.
    """
    from mainspring.execute.process import portable
    from mainspring.execute.process.main_module import adopt

    channel = descriptor
    os.set_inheritable(channel, False)  # noqa: FBT003 - the system call's own signature
    try:
        first = frames.receive(channel)
        if first is None:
            os._exit(0)
        told = json.loads(first[1])
        lead_own_group(0)
        prepare()
        _set_apart(told["parent"], channel)
        _import_ahead(told)
        frames.send(channel, frames.READY)
        following = frames.receive(channel)
        if following is None:
            os._exit(0)
        classes, arguments = portable.load(following[1])
        adopt(classes)
        _carry_out(channel, *arguments)
    except BaseException:  # noqa: BLE001 - whatever it is, the parent sees a child that has said nothing
        _fail()
    os._exit(0)


def _carry_out(
    channel: int, task: StepTask, mode: Mode, needs: Mapping[str, Mapping[str, str]], crash_point: CrashPoint
) -> None:
    resources = OpenResources(mode.name, mode.resources, needs)
    kind, facts = frames.FACTS, []
    try:
        with StepLog(_ChannelLogStore(channel), task.run.run_id, task.step.key, task.attempt):
            facts = StepExecution(task, resources, random.random, crash_point).perform()
    except KeyboardInterrupt:
        kind = frames.CANCELED
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    error = resources.close()
    if error is not None:
        facts = [*facts, HookFailed("closing the resources", error_info(error))]
    _flush()
    with _SENDING:
        frames.send(channel, kind, encode_facts(facts))


def prepare() -> None:
    """Leave the signal handling and the streams of the run's process behind; done once for all that the foreman forks."""
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.stdout = _text_stream(1)
    sys.stderr = _text_stream(2)
    capture.take_over_in_child(cast("TextIO", _terminal))


def encode_facts(facts: Sequence[Fact]) -> bytes:
    """Return facts as the body of a frame."""
    return json.dumps([[fact.kind, encode_fact(fact)] for fact in facts]).encode()


def _set_apart(parent: int, channel: int) -> None:
    """End with the parent, and share nothing with it."""
    end_with(parent, signal.SIGTERM)
    _terminal.channel = channel
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        with contextlib.suppress(Exception):
            numpy.random.seed()  # Python's own generator is seeded anew by the fork itself


def _text_stream(descriptor: int) -> io.TextIOWrapper:
    raw = open(descriptor, "wb", closefd=False)  # noqa: SIM115 - a descriptor, open to the end
    return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", line_buffering=True)


def _import_ahead(told: Mapping[str, Any]) -> None:
    """Take over the parent's import path and import what the task will need, while there is time."""
    sys.path[:] = told["path"]
    for name in told["modules"]:
        with contextlib.suppress(Exception):  # the task itself will say what is wrong
            importlib.import_module(name)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


def _fail() -> NoReturn:
    import traceback

    with contextlib.suppress(Exception):
        traceback.print_exc()
    _flush()
    os._exit(70)


class _Echo:
    """Stands for the terminal of the run's process."""

    channel = -1

    def write(self, text: str) -> int:
        with _SENDING:
            frames.send(self.channel, frames.ECHO, text.encode("utf-8", "backslashreplace"))
        return len(text)


_terminal = _Echo()


class _ChannelLogStore(LogStore):
    """Sends what is logged to the parent; what is printed goes through the descriptors themselves."""

    def __init__(self, channel: int) -> None:
        self._channel = channel

    def append(self, key: LogKey, text: str) -> None:
        """Send logged lines."""
        with _SENDING:
            frames.send(self._channel, frames.LOG, text.encode("utf-8", "backslashreplace"))

    def piece(self, key: LogKey, start: int = 0) -> LogPiece:
        """Return nothing: the parent keeps what was sent."""
        return LogPiece("", start)
