"""Ids of runs."""

from __future__ import annotations


def run_id(time_seconds: float, randomness: bytes) -> str:
    """Return a UUID of version 7 as text: it sorts by time (RFC 9562, section 5.7).

    Args:
        time_seconds: Seconds since the epoch.
        randomness: Ten random bytes.
    """
    millis = int(time_seconds * 1000) & 0xFFFFFFFFFFFF
    random_a = int.from_bytes(randomness[:2], "big") & 0x0FFF
    random_b = int.from_bytes(randomness[2:10], "big") & 0x3FFFFFFFFFFFFFFF
    text = f"{millis:012x}{0x7000 | random_a:04x}{0x8000000000000000 | random_b:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
