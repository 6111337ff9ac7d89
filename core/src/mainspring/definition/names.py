"""What may be a name: the one rule for ops, graphs, jobs, modes, outputs and resources."""

from __future__ import annotations

from mainspring.errors import DefinitionError, shorten

NAME_LIMIT = 100
"""Characters; short enough that a step's key, its files and its labels stay readable."""


def checked_name(kind: str, name: object) -> str:
    """Return `name` if it can be one: a Python identifier (any script) of at most 100 characters.

    Raises:
        DefinitionError: It cannot.
    """
    if not isinstance(name, str):
        raise DefinitionError(f"the name of {article(kind)} must be text, not {type(name).__name__}; name it")
    if len(name) > NAME_LIMIT:
        raise DefinitionError(
            f"the name of {kind} {shorten(name, 40)!r} has {len(name)} characters; use at most {NAME_LIMIT}"
        )
    if not name.isidentifier():
        raise DefinitionError(
            f"{kind} cannot be called {name!r}: a name is made of letters, digits and underscores "
            "and does not start with a digit"
        )
    return name


def checked_tags(owner: str, tags: object) -> dict[str, str]:
    """Return tags as a dict of text to text.

    Raises:
        DefinitionError: They are something else.
    """
    if not isinstance(tags, dict):
        raise DefinitionError(f"the tags of {owner} must be a dict of text to text, not {type(tags).__name__}")
    for key, value in tags.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise DefinitionError(
                f"tag {shorten(repr(key))} of {owner} must be text with a text value, "
                f"got {type(key).__name__} -> {type(value).__name__}; write str(value)"
            )
        if not key or not is_storable(key) or not is_storable(value):
            raise DefinitionError(
                f"tag {shorten(repr(key))} of {owner} is empty or holds what no database keeps as text: NUL characters or "
                "lone surrogates; leave them out"
            )
    return dict(tags)


def checked_text(owner: str, name: str, value: object) -> str | None:
    """Return a text that a database keeps, or None.

    Raises:
        DefinitionError: It is something else.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise DefinitionError(f"the {name} of {owner} must be text, not {type(value).__name__}; write str(value)")
    if not is_storable(value):
        raise DefinitionError(
            f"the {name} of {owner}, {shorten(repr(value))}, holds NUL characters or lone surrogates, which no database "
            "keeps; leave them out"
        )
    return value


def is_storable(text: str) -> bool:
    """Whether a database keeps this text: without NUL characters and lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def article(noun: str) -> str:
    """Put "a" or "an" before a noun."""
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"
