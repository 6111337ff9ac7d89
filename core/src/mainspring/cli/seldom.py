"""Telling how far a command has come, once a second at the most."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mainspring.cli.complaint import note

if TYPE_CHECKING:
    from mainspring.clock import Clock

TELL_SECONDS = 1.0
"""How often it is told how far it has come."""


def telling_seldom(clock: Clock) -> Callable[[str], None]:
    """Return what notes a sentence, unless the last one is less than a second ago; nothing in the first second."""
    tell_at = clock.monotonic() + TELL_SECONDS

    def tell(sentence: str) -> None:
        nonlocal tell_at
        if clock.monotonic() >= tell_at:
            tell_at = clock.monotonic() + TELL_SECONDS
            note(sentence)

    return tell
