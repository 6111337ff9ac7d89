"""What is known of the terminal that a stream leads to."""

from __future__ import annotations

import os
import shutil
from typing import TextIO


def is_terminal(stream: TextIO) -> bool:
    """Whether a person watches the stream on a terminal that can move its cursor."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def has_color(stream: TextIO) -> bool:
    """Whether the stream may be coloured: a terminal, unless `NO_COLOR` is set (no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR")


def width_of(stream: TextIO) -> int | None:
    """Return the width of the stream's terminal in columns; None where there is none, and lines may be long."""
    return shutil.get_terminal_size().columns if stream.isatty() else None
