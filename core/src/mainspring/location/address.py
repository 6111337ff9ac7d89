"""Where a code location's front listens: a socket in a folder that only its owner can enter."""

from __future__ import annotations

import hashlib
import socket
from pathlib import Path

from mainspring.runtime import DIGITS, RUNTIME_VARIABLE, runtime_folder, within_limit


def socket_path(home: Path, name: str) -> Path:
    """Return the socket of a location.

    Raises:
        InstanceError: The folder cannot be used, or its path is too long for a socket.
    """
    return within_limit(
        runtime_folder(home) / f"{hashlib.sha256(name.encode()).hexdigest()[:DIGITS]}.sock", RUNTIME_VARIABLE
    )


def address(home: Path, name: str) -> str:
    """Return the address of a location's front, as gRPC takes it."""
    return f"unix:{socket_path(home, name)}"


def is_listening(path: Path) -> bool:
    """Return whether a front answers at a socket."""
    with socket.socket(socket.AF_UNIX) as tried:
        tried.settimeout(1.0)
        try:
            tried.connect(str(path))
        except OSError:
            return False
    return True
