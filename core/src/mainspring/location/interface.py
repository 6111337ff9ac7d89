"""The interface between a front and whoever speaks with it: its name, its versions, how messages are written.

Messages are JSON. Each side ignores what it does not know, so that a location on an older or newer release is understood;
what cannot be understood for all that raises the number of the interface.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

SERVICE = "mainspring.location.v1.Location"

INTERFACE = 1
"""The version that this code speaks."""

OLDEST_INTERFACE = 1
"""The oldest version that it still understands."""

OPTIONS = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))
"""Messages are paged; one that is larger than a page, as a single job may be, is let through all the same."""

TAKEN = 75
"""The exit code of a front that found another one at the location's door."""


_ENCODER = json.JSONEncoder(separators=(",", ":"))


def dump(message: Mapping[str, Any]) -> bytes:
    """Write a message."""
    return _ENCODER.encode(message).encode()


def load(data: bytes) -> dict[str, Any]:
    """Read a message."""
    message: dict[str, Any] = json.loads(data)
    return message
