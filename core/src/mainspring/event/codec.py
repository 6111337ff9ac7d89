"""The codec: facts to JSON text and back."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, get_args

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
        KeyError: The kind is not known to this version.
    """
    return _converter().structure(json.loads(body), _FACTS[kind])  # type: ignore[no-any-return]


@cache
def _converter() -> Any:
    return make_converter()
