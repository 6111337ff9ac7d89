"""A value that is not of the type asked for, and how it is shown."""

from __future__ import annotations

import json
from typing import Any

from mainspring.errors import shorten


class Mismatch(TypeError):  # noqa: N818 - never seen outside: it becomes one of a ConfigError's problems
    """Raised by a hook: what was expected, and what came instead.

    Args:
        expected: What the type admits.
        value: What came.
    """

    def __init__(self, expected: str, value: object) -> None:
        self.expected = expected
        super().__init__(f"expected {expected}, got {show(value)}")


def not_held(variable: str) -> str:
    """Say of a value from the environment that it does not fit, and nothing more, for it may be a secret."""
    return f"which environment variable {variable} does not hold"


def show(value: Any) -> str:
    """Show a value and its type."""
    try:
        text = json.dumps(value, default=repr, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = type(value).__name__
    return f"{type(value).__name__} {shorten(text, 60)}"
