"""Tracebacks cut down to the frames that their reader wrote."""

from __future__ import annotations

import os
import sysconfig
import traceback
from pathlib import Path

_OURS = f"{Path(__file__).parent.parent}{os.sep}"


def last_frame(error: BaseException) -> str | None:
    """Return `file:line` of the innermost frame that the user wrote; None where no frame is theirs."""
    frames = _user_frames(error)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else None


def user_traceback(error: BaseException) -> str:
    """Return the traceback of an exception and of its causes, without the frames of libraries and of Mainspring."""
    shown = traceback.TracebackException.from_exception(error)
    pair: traceback.TracebackException | None = shown
    current: BaseException | None = error
    while pair is not None and current is not None:
        pair.stack = traceback.StackSummary.from_list(_user_frames(current))
        pair, current = _before(pair, current)
    return "".join(shown.format())


def _before(
    pair: traceback.TracebackException, error: BaseException
) -> tuple[traceback.TracebackException | None, BaseException | None]:
    if error.__cause__ is not None:
        return pair.__cause__, error.__cause__
    return pair.__context__, error.__context__


def _user_frames(error: BaseException) -> list[traceback.FrameSummary]:
    """Return the frames of a traceback that are the user's; where none is, those of installed packages."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(("<frozen", _OURS))
    ]
    paths = sysconfig.get_paths()
    libraries = tuple(paths[name] + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    return [frame for frame in frames if not frame.filename.startswith(libraries)] or frames
