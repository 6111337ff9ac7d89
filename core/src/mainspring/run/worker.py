"""Who carries out a run: a process, named so that it can be told from a later one with the same number."""

from __future__ import annotations

from attrs import frozen


@frozen
class WorkerIdentity:
    """A process on some host.

    Attributes:
        host: The host's name, for people.
        boot_id: Which start of which machine, and which namespace of process numbers on it.
        pid: The process's number.
        start_time: When the process began, in clock ticks since the boot; the number alone is used again.
        interruptible: Whether a SIGTERM ends the run rather than the process.
    """

    host: str
    boot_id: str
    pid: int
    start_time: int
    interruptible: bool = False
