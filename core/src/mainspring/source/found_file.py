"""Found files: what a look at a directory saw, and which of it is new since a cursor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from attrs import frozen


@frozen
class FoundFile:
    """A file in a watched directory.

    Attributes:
        path: Its path from the directory.
        changed_ns: When its content, name or place last changed: its ctime, which no program can set back.
        arrived_ns: The later of that and of the ctimes of the folders that it lies in, as a folder may be moved here whole.
        modified_ns: Its mtime, which programs do set.
        size_bytes: Its size.
    """

    path: str
    changed_ns: int
    arrived_ns: int
    modified_ns: int
    size_bytes: int

    @property
    def key(self) -> str:
        """What tells this state of this file from all others; in names, bytes that are no text are written as escapes."""
        escaped = self.path.replace("\\", "\\\\").encode("utf-8", "backslashreplace").decode()
        return f"{escaped}@{self.modified_ns}.{self.size_bytes}"


def new_since(
    position_ns: int | None, files: Iterable[FoundFile], horizon_ns: int
) -> Iterator[tuple[FoundFile, int | None]]:
    """Yield what is settled and has arrived after a position, in order, each with the position after it.

    The position never passes the horizon, so what is not settled is ahead of it. Of several files of one instant only
    the last moves the position, which None leaves as it was.

    Args:
        position_ns: Where the last look left off; None at first.
        files: All that is there.
        horizon_ns: What changed later than this is not settled. All that changed before was there when the look began.
    """
    if position_ns is not None and position_ns > horizon_ns:
        position_ns = (
            None  # the clock was set back: what arrives now is older than what was seen, so look at everything
        )
    settled = (each for each in files if each.changed_ns <= horizon_ns)
    new = [each for each in settled if position_ns is None or each.arrived_ns > position_ns]
    placed = sorted(((min(each.arrived_ns, horizon_ns), each.path, each) for each in new), key=lambda it: it[:2])
    passed: int | None = None
    for (at_ns, _, file), following in pairwise([*placed, None]):  # type: ignore[misc] # None comes last, and only there
        if following is None or following[0] != at_ns:
            passed = at_ns
        yield file, passed
