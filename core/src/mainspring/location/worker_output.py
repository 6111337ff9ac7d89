"""What a worker prints itself, beside what its steps print: a file of its own."""

from __future__ import annotations

import os
from pathlib import Path

from mainspring.filename import file_name

_TAIL_BYTES = 4096


def worker_file(home: Path, run_id: str, attempt: int) -> Path:
    """Return the file of an attempt's worker."""
    return home / "logs" / file_name(run_id) / f"worker.{attempt}.txt"


def open_worker_file(home: Path, run_id: str, attempt: int) -> int:
    """Make the file of an attempt's worker, and return a descriptor to append to it."""
    path = worker_file(home, run_id, attempt)
    path.parent.parent.mkdir(mode=0o700, exist_ok=True)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def last_output(home: Path, run_id: str, attempt: int) -> str:
    """Return what an attempt's worker printed last; empty where it printed nothing."""
    try:
        with worker_file(home, run_id, attempt).open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - _TAIL_BYTES, 0))
            return file.read().decode("utf-8", "replace").strip()
    except OSError:
        return ""
