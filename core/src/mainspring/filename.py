"""File names for keys of any text: readable, unique, and unable to leave their folder."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")

LIMIT_BYTES = 180
"""Longest name made here; file systems stop at 255, and temporary names add a little."""

_SIMPLE = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
"""What is a file name as it is, as nearly all are."""


def file_name(*parts: str) -> str:
    """Join parts with dots to one file name; what is not a plain character is percent-encoded, what is long is cut.

    Different parts give different names, on file systems that take capitals for small letters too: a dot within a part
    is encoded, and a name that was cut, or has capitals, ends in a digest.
    """
    name = ".".join(parts)
    if len(name) <= LIMIT_BYTES - 9 and _SIMPLE.fullmatch(name) and name.count(".") == len(parts) - 1:
        return name
    name = ".".join(_encode(part) for part in parts)
    if len(name) > LIMIT_BYTES - 9:
        return f"{name[: LIMIT_BYTES - 25]}~{_digest(name)[:24]}"
    return name if all(part == part.lower() for part in parts) else f"{name}~{_digest(name)[:8]}"


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _encode(part: str) -> str:
    if _PLAIN.fullmatch(part):
        return part
    return quote(part, safe="[]-=,@ ", errors="surrogatepass").replace(".", "%2E").replace("~", "%7E") or "%"
