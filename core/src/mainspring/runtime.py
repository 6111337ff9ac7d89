"""Where sockets are: in a folder that only its owner can enter, with a path that is short enough for them."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from mainspring.errors import InstanceError

RUNTIME_VARIABLE = "MAINSPRING_RUNTIME_DIR"
"""Names another folder for sockets than that of the system; it must be short, as a socket's path has at most 107 bytes."""

PATH_LIMIT_BYTES = 103
"""The longest path of a socket that all systems take."""

DIGITS = 10
"""How many digits of a digest stand for a home, and for what listens there; their paths have to be short."""


def runtime_folder(home: Path) -> Path:
    """Return the folder for the sockets of a home, or of a database, made when it is not there; only this user may enter it.

    Raises:
        InstanceError: It cannot be made, or somebody else could put something into it.
    """
    base = _base()
    folder = base / hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:DIGITS]
    for each in (base, folder):
        _make(each)
    return folder


def within_limit(path: Path, variable: str) -> Path:
    """Return the path of a socket.

    Args:
        path: The path.
        variable: What names its folder in the environment.

    Raises:
        InstanceError: It is too long for a socket.
    """
    if len(os.fsencode(path)) > PATH_LIMIT_BYTES:
        raise InstanceError(
            f"the path of socket {path} is too long for this system; name a shorter folder with {variable}"
        )
    return path


def _base() -> Path:
    named = os.environ.get(RUNTIME_VARIABLE)
    if named:
        return Path(named)
    given = os.environ.get("XDG_RUNTIME_DIR")
    if given and os.path.isdir(given) and os.stat(given).st_uid == os.getuid():  # noqa: PTH112, PTH116 - as it is given
        return Path(given) / "mainspring"
    return Path(tempfile.gettempdir()) / f"mainspring-{os.getuid()}"


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise InstanceError(
            f"folder {folder} for sockets cannot be made: {error.strerror}; name another one with {RUNTIME_VARIABLE}"
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise InstanceError(
            f"folder {folder} for sockets can be entered by others; remove it, or name another one with {RUNTIME_VARIABLE}"
        )
