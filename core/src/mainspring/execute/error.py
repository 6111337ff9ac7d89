"""Exceptions as plain data, with the traceback that their author wants to see."""

from __future__ import annotations

from collections.abc import Iterator

from mainspring.definition.retry import Failure
from mainspring.event import ErrorInfo
from mainspring.event.facts import storable

TRACEBACK_LIMIT = 20_000
"""Characters of a traceback that are kept: its beginning and its end."""

_OURS = __name__.partition(".")[0]


def error_info(error: BaseException, depth: int = 0) -> ErrorInfo:
    """Return an exception, and up to five of its causes, as plain data."""
    cause = error.__cause__  # which may be false, as an empty exception with a length is
    if cause is None and not error.__suppress_context__:
        cause = error.__context__
    return ErrorInfo(
        type=type(error).__name__,
        message=_message(error),
        traceback=_traceback(error),
        cause=error_info(cause, depth + 1) if cause is not None and depth < 5 else None,
        metadata=error.metadata if isinstance(error, Failure) else {},
    )


def _message(error: BaseException) -> str:
    try:
        text = "\n".join((str(error), *_notes(error), *_members(error)))
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - __str__ of an exception class is user code
        text = "(its message cannot be shown)"
    return storable(text if len(text) <= TRACEBACK_LIMIT else f"{text[:TRACEBACK_LIMIT]}…")


def _notes(error: BaseException) -> list[str]:
    """Return what was added to an exception with `add_note`."""
    return [str(note) for note in getattr(error, "__notes__", ())]


def _members(error: BaseException, indent: str = "  ") -> Iterator[str]:
    """Say what the exceptions of a group are, a line each."""
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield f"{indent}{type(each).__name__}: {each}"
            yield from _members(each, indent + "  ")


def _traceback(error: BaseException) -> str:
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not _is_ours(frame.filename)]
    text = "".join(traceback.format_list(own or frames))
    half = TRACEBACK_LIMIT // 2
    return storable(text if len(text) <= TRACEBACK_LIMIT else f"{text[:half]}\n  …\n{text[-half:]}")


def _is_ours(filename: str) -> bool:
    return f"/{_OURS}/execute/" in filename or f"/{_OURS}/definition/" in filename
