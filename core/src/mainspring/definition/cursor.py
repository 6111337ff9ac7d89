"""Cursors: texts that say where a sensor goes on."""

from __future__ import annotations

from mainspring.definition.names import checked_text
from mainspring.errors import DefinitionError

CURSOR_LIMIT = 4_000_000
"""Characters in a cursor."""


def checked_cursor(owner: str, cursor: object) -> str | None:
    """Return a cursor: text that a database keeps, of at most four million characters, or None.

    Raises:
        DefinitionError: It is something else.
    """
    text = checked_text(owner, "cursor", cursor)
    if text is not None and len(text) > CURSOR_LIMIT:
        raise DefinitionError(
            f"the cursor of {owner} has {len(text):,} characters, and at most {CURSOR_LIMIT:,} are kept; let it say where to "
            "go on, not what was seen"
        )
    return text
