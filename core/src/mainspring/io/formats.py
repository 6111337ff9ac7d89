"""Formats: how a value becomes bytes and again a value."""

from __future__ import annotations

import json
import pickle
from typing import Any, Literal, Protocol, assert_never

from mainspring.errors import OutputError

Format = Literal["pickle", "json", "text", "bytes"]

SUFFIXES: dict[Format, str] = {"pickle": "pickle", "json": "json", "text": "txt", "bytes": "bin"}
"""What a file of each format is called."""


class Writer(Protocol):
    """What takes bytes."""

    def write(self, data: bytes, /) -> int:
        """Write all of it."""


def encode(obj: Any, format_: Format, subject: str, file: Writer) -> None:
    """Write a value as bytes; a large pickle goes to the file piece by piece.

    Args:
        obj: The value.
        format_: The format.
        subject: What the value is, for the error.
        file: Where the bytes go.

    Raises:
        OutputError: The format cannot hold it.
        OSError: They could not be written.
    """
    match format_:
        case "pickle":
            _pickle(obj, subject, file)
        case "json":
            try:
                text = json.dumps(obj, ensure_ascii=False, allow_nan=False)
                file.write(text.encode("utf-8", "surrogatepass"))
            except (TypeError, ValueError, RecursionError) as error:
                raise OutputError(f"{subject}, a {type(obj).__name__}, cannot be written as JSON: {error}") from error
        case "text":
            if not isinstance(obj, str):
                raise OutputError(f"{subject} is a {type(obj).__name__}, but its IO manager stores text; return a str")
            file.write(obj.encode("utf-8", "surrogatepass"))
        case "bytes":
            if not isinstance(obj, (bytes, bytearray, memoryview)):
                raise OutputError(f"{subject} is a {type(obj).__name__}, but its IO manager stores bytes; return bytes")
            file.write(bytes(obj))
        case _ as never:
            assert_never(never)


def _pickle(obj: Any, subject: str, file: Writer) -> None:
    try:
        pickle.dump(obj, file, protocol=5)
    except OSError:
        raise
    except Exception as error:  # __reduce__ and __getstate__ are user code
        raise OutputError(
            f"{subject}, a {type(obj).__name__}, cannot be pickled ({error}); return plain data, or name an IO "
            "manager that stores this type: Out(io_manager=…)"
        ) from error


def decode(data: bytes, format_: Format) -> Any:
    """Return the value that `encode` made these bytes of; pickled bytes must come from ourselves."""
    match format_:
        case "pickle":
            return pickle.loads(data)  # noqa: S301 - the caller has checked that they are what we wrote
        case "json":
            return json.loads(data.decode("utf-8", "surrogatepass"))
        case "text":
            return data.decode("utf-8", "surrogatepass")
        case "bytes":
            return data
        case _ as never:
            assert_never(never)
