"""The foreman: a process that is forked from the run's once and then only forks the processes of steps.

The run's process writes to much of its memory between two steps. Were it to fork for each step, all that would be shared
anew and copied anew, page by page, which costs more than the work itself. The foreman hardly writes to anything, so its
forks are as cheap as forks can be; and it has done beforehand what each child would have to do for itself.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import signal
import socket
import struct
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn

from mainspring.errors import MainspringError
from mainspring.execute.process.parent_death import end_with
from mainspring.execute.process.start import Ends

_REQUEST = struct.Struct("=ci")
_ANSWER = struct.Struct("=i")

_FORK = b"f"
"""Fork a child, which gets the three descriptors that come with this; answered by its number, or the negative errno."""
_BURY = b"b"
"""Wait for a child."""
_AUTOPSY = b"a"
"""Wait for a child; answered by its wait status, or -1."""

_CLOSED_ON_EXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
_LOST = "the process that forks those of the steps has died, or hangs"

Work = Callable[[int, tuple[int, int, int]], NoReturn]
"""What a child does: given its parent's number and its ends of channel, stdout and stderr."""


class ForemanLostError(MainspringError):
    """The foreman has died, or never came up."""


class Foreman:
    """The run's side: starts a foreman and gives it orders.

    Args:
        prepare: What it does once, before its first child.
        work: What each child does.
        patience_seconds: How long it may take to answer.

    Raises:
        OSError: The system allows no more processes or descriptors.
    """

    def __init__(self, prepare: Callable[[], None], work: Work, patience_seconds: float) -> None:
        near, far = socket.socketpair()
        parent = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            near.close()
            _serve(parent, far, prepare, work)
        far.close()
        lead_own_group(self._pid)
        near.settimeout(patience_seconds)
        self._socket = near
        self._is_up = False
        self._is_lost = False
        self._is_waited_for = False
        self._awaited = 0
        self._numbers: deque[int] = deque()

    def order(self, ends: Ends) -> None:
        """Order a child; `number` gives its number.

        Raises:
            ForemanLostError: There is no foreman any more.
        """
        with self._attentive():
            socket.send_fds(self._socket, [_REQUEST.pack(_FORK, 0)], ends.far)
        self._awaited += 1

    def number(self) -> int:
        """Return the number of the child that was ordered first of those whose number was not asked for.

        Raises:
            ForemanLostError: There is no foreman any more.
            OSError: It could not be forked.
        """
        with self._attentive():  # children that a dead foreman has left are ending, though their numbers may be known
            if os.waitpid(self._pid, os.WNOHANG)[0]:
                self._is_waited_for = True
                raise ConnectionResetError
        number = self._numbers.popleft() if self._numbers else self._next_number()
        if number < 0:
            raise OSError(-number, os.strerror(-number))
        return number

    def bury(self, pid: int) -> None:
        """Have a child waited for."""
        with contextlib.suppress(ForemanLostError), self._attentive():
            self._socket.sendall(_REQUEST.pack(_BURY, pid))

    def autopsy(self, pid: int) -> int | None:
        """Have a child waited for and return its wait status; None where nobody can tell any more."""
        try:
            while self._awaited:
                self._numbers.append(self._next_number())
            with self._attentive():
                self._socket.sendall(_REQUEST.pack(_AUTOPSY, pid))
            status = self._answer()
        except ForemanLostError:
            return None
        return None if status < 0 else status

    def close(self) -> None:
        """Let the foreman do what it was told and end; one that was lost, or was never heard of, is ended."""
        self._socket.close()
        if self._is_waited_for:
            return
        if self._is_lost or not self._is_up:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._pid, 0)

    def _next_number(self) -> int:
        number = self._answer()
        self._awaited -= 1
        return number

    def _answer(self) -> int:
        with self._attentive():
            answer = self._socket.recv(_ANSWER.size)
            if not answer:
                raise ConnectionResetError
        self._is_up = True
        return int(_ANSWER.unpack(answer)[0])

    @contextlib.contextmanager
    def _attentive(self) -> Iterator[None]:
        if self._is_lost:
            raise ForemanLostError(_LOST)
        try:
            yield
        except OSError as error:
            self._is_lost = True
            raise ForemanLostError(_LOST) from error


def lead_own_group(pid: int) -> None:
    """Put a process, this one (0) or a child, in a group of its own, unless it is already, or gone."""
    with contextlib.suppress(OSError):
        os.setpgid(pid, pid)


def _serve(parent: int, orders: socket.socket, prepare: Callable[[], None], work: Work) -> NoReturn:
    """Be the foreman, until the run's process is gone or wants no more."""
    try:
        lead_own_group(0)
        end_with(parent, signal.SIGKILL)
        prepare()
        gc.collect()
        gc.freeze()  # nor do the children's collectors look at what exists now
        own = os.getpid()
        while True:
            request, descriptors, _, _ = socket.recv_fds(orders, _REQUEST.size, 3, _CLOSED_ON_EXEC)
            if not request:
                os._exit(0)
            kind, number = _REQUEST.unpack(request)
            if kind == _FORK:
                orders.sendall(_ANSWER.pack(_fork(own, orders, descriptors, work)))
            else:
                status = _wait(number)
                if kind == _AUTOPSY:
                    orders.sendall(_ANSWER.pack(status))
    except KeyboardInterrupt:  # somebody meant this very process
        os._exit(1)
    except BaseException:  # noqa: BLE001 - whatever it is, the run sees that there is no foreman any more
        traceback.print_exc()
        os._exit(1)


def _fork(own: int, orders: socket.socket, descriptors: Sequence[int], work: Work) -> int:
    """Fork a child and return its number, or the negative errno."""
    try:
        pid = os.fork()
    except OSError as error:
        pid = -(error.errno or errno.EAGAIN)
    if pid == 0:
        orders.close()
        if not _CLOSED_ON_EXEC:
            for each in descriptors:
                os.set_inheritable(each, False)  # noqa: FBT003 - the system call's own signature
        channel, out, err = descriptors
        work(own, (channel, out, err))
    if pid > 0:
        lead_own_group(pid)
    for each in descriptors:
        os.close(each)
    return pid


def _wait(pid: int) -> int:
    try:
        return os.waitpid(pid, 0)[1]
    except ChildProcessError:
        return -1
