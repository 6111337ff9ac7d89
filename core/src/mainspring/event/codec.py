"""The codec: facts to JSON text and back."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, get_args

from mainspring.errors import EventError
from mainspring.event.facts import Fact
from mainspring.serde import make_converter

_ENCODER = json.JSONEncoder(separators=(",", ":"))
_FACTS: dict[str, type] = {each.kind: each for each in get_args(Fact)}


def encode_fact(fact: Fact) -> str:
    """Return a fact's fields as JSON text; its kind is kept beside it."""
    plain = _converter().unstructure(fact)
    return _ENCODER.encode(plain) if plain else "{}"


def decode_fact(kind: str, body: str) -> Fact:
    """Return the fact of a kind from its JSON text.

    Raises:
        EventError: This version does not know the kind, or cannot read what it says.
    """
    fact_class = _FACTS.get(kind)
    if fact_class is None:
        raise EventError(f"an event of kind {kind!r} was recorded by a newer Mainspring; upgrade this one to read it")
    try:
        return _converter().structure(json.loads(body), fact_class)  # type: ignore[no-any-return]
    except Exception as error:
        raise EventError(
            f"an event of kind {kind!r} cannot be read: it was damaged, or recorded by a newer Mainspring"
        ) from error


@cache
def _converter() -> Any:
    return make_converter()
