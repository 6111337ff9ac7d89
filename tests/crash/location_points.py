"""Where processes of a code location die: the point that a file in their home names, the first of them to reach it."""

from pathlib import Path

from tests.crash.doom import die_if_doomed


def point(name: str) -> None:
    """Die here, if this is the point and nobody has died for it yet."""
    die_if_doomed(name, Path("doom"))  # a location's working folder is its home
