"""Formats: how a value becomes bytes and again a value."""

from __future__ import annotations

import json
import pickle
from typing import Any, Literal, assert_never

from mainspring.errors import OutputError

Format = Literal["pickle", "json", "text", "bytes"]

SUFFIXES: dict[Format, str] = {"pickle": "pickle", "json": "json", "text": "txt", "bytes": "bin"}
"""What a file of each format is called."""


def encode(obj: Any, format_: Format, subject: str) -> bytes:
    """Return a value as bytes.

    Args:
        obj: The value.
        format_: The format.
        subject: What the value is, for the error.

    Raises:
        OutputError: The format cannot hold it.
    """
    match format_:
        case "pickle":
            try:
                return pickle.dumps(obj, protocol=5)
            except Exception as error:  # __reduce__ and __getstate__ are user code
                raise OutputError(
                    f"{subject}, a {type(obj).__name__}, cannot be pickled ({error}); return plain data, or name an IO "
                    "manager that stores this type: Out(io_manager=…)"
                ) from error
        case "json":
            try:
                return json.dumps(obj, ensure_ascii=False, allow_nan=False).encode()
            except (TypeError, ValueError) as error:
                raise OutputError(f"{subject}, a {type(obj).__name__}, cannot be written as JSON: {error}") from error
        case "text":
            if isinstance(obj, str):
                return obj.encode("utf-8", "surrogatepass")
            raise OutputError(f"{subject} is a {type(obj).__name__}, but its IO manager stores text; return a str")
        case "bytes":
            if isinstance(obj, (bytes, bytearray, memoryview)):
                return bytes(obj)
            raise OutputError(f"{subject} is a {type(obj).__name__}, but its IO manager stores bytes; return bytes")
        case _ as never:
            assert_never(never)


def decode(data: bytes, format_: Format) -> Any:
    """Return the value that `encode` made these bytes of; pickled bytes must come from ourselves."""
    match format_:
        case "pickle":
            return pickle.loads(data)  # noqa: S301 - the caller has checked that they are what we wrote
        case "json":
            return json.loads(data)
        case "text":
            return data.decode("utf-8", "surrogatepass")
        case "bytes":
            return data
        case _ as never:
            assert_never(never)
