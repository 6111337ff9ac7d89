"""Who acts: the person behind this process, as the audit log names them."""

from __future__ import annotations

import os
import socket


def this_person() -> str:
    """Return `user@host`: the user whom the system knows this process by, whatever its environment says."""
    return f"{_user()}@{socket.gethostname()}"


def _user() -> str:
    import pwd

    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # as in containers, whose users need no name
        return f"uid {number}"
