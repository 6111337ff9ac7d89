"""A value that is not of the type asked for, and how it is shown."""

from __future__ import annotations

import json
from typing import Any

from mainspring.environment import EnvText
from mainspring.errors import shorten


class Mismatch(TypeError):  # noqa: N818 - never seen outside: it becomes one of a ConfigError's problems
    """Raised by a hook; its text is ours, and holds nothing that came from the environment."""


def show(value: Any) -> str:
    """Show a value's type, and the value itself unless it came from the environment and may be a secret."""
    if type(value) is EnvText:
        return "text from the environment that is none"
    try:
        text = json.dumps(value, default=repr, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = type(value).__name__
    return f"{type(value).__name__} {shorten(text, 60)}"
