"""Which version of Mainspring this is."""

from __future__ import annotations

PROJECT = "mainspring"


def own_version() -> str | None:
    """Return Mainspring's version, or None where it runs without being installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(PROJECT)
    except PackageNotFoundError:
        return None
