"""Setting a process apart from the one that it was started by or forked from."""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import random
import signal
import stat
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

DUMP_SIGNAL = signal.SIGQUIT
"""Makes a process of a location print where each of its threads stands, even one that holds the interpreter's lock."""


def end_with(parent: int) -> None:
    """End this process when its parent ends, where the kernel can see to that.

    Args:
        parent: The parent's number; where it is gone already, this process ends now.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def outlive_parent() -> None:
    """Take `end_with` back."""
    _prctl(_PR_SET_PDEATHSIG, 0)


def lead_session() -> None:
    """Lead a session and a process group of one's own, so that the end of another one's is not this process's."""
    with contextlib.suppress(PermissionError):  # it leads one already
        os.setsid()


def adopt_orphans() -> None:
    """Become the parent of whatever processes behind this one leave behind, where the kernel can see to that."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def explain_on_signal() -> None:
    """Print where each thread stands on a fatal signal, and on `DUMP_SIGNAL`."""
    faulthandler.enable(all_threads=True)
    faulthandler.register(DUMP_SIGNAL, all_threads=True)


def forget_signals() -> None:
    """Handle signals as a fresh process does, whatever the code that was loaded has set up."""
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGPIPE, DUMP_SIGNAL, *_FATAL):
            continue
        with contextlib.suppress(OSError, ValueError, TypeError):  # some belong to the C library
            if signal.getsignal(number) not in (signal.SIG_DFL, None):
                signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def forget_seeds() -> None:
    """Have each fork draw random numbers of its own; Python's own generator sees to that by itself."""
    random.seed()
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        with contextlib.suppress(Exception):
            numpy_random.seed()


def forget_connections(kept: set[int]) -> None:
    """Take the sockets and pipes out of use that the loaded code had opened, as two processes cannot share them.

    Their numbers stay taken, by nothing, so that what still writes to one does not write to something else. Files stay.

    Args:
        kept: Descriptors to leave alone.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for each in _descriptors():
        if each in kept or each <= 2 or each == nothing:
            continue
        with contextlib.suppress(OSError):
            mode = os.fstat(each).st_mode
            if stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode) or stat.S_IFMT(mode) == 0:  # the last: epoll and the like
                os.dup2(nothing, each, inheritable=False)
    os.close(nothing)


def print_to(descriptor: int) -> None:
    """Print to a descriptor from now on, on both streams, and read nothing."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    for each in {nothing, descriptor} - {0, 1, 2}:
        os.close(each)
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115


_FATAL = (signal.SIGSEGV, signal.SIGFPE, signal.SIGABRT, signal.SIGBUS, signal.SIGILL)


def _descriptors() -> list[int]:
    try:
        return [int(each) for each in os.listdir("/proc/self/fd")]  # noqa: PTH208 - descriptors are no paths
    except OSError:
        return list(range(3, 256))


def _prctl(option: int, value: int) -> None:
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(option, value)
