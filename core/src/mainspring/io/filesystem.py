"""Values in files that a person can browse: a folder a run, a file a value."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, cast

from attrs import field, frozen

from mainspring.definition.io import InputContext, IOManager, OutputContext
from mainspring.definition.setting import one_of
from mainspring.environment import EnvVar
from mainspring.errors import OutputError, ValueNotFound
from mainspring.filename import file_name
from mainspring.io.aside import AsideFile
from mainspring.io.formats import SUFFIXES, Format, decode, encode

STORE = "the file system"


def _folder(base: str | os.PathLike[str] | EnvVar) -> Path:
    """Return a path; a variable stays one until the run reads it."""
    return cast(Path, base) if isinstance(base, EnvVar) else Path(base)


@frozen
class FilesystemIOManager(IOManager):
    """Stores each value in a file of its own, `<base>/<run>/<step>.<output>.<attempt>.pickle`.

    A file is written aside and put in place whole; the event that tells of it holds its length and hash, and what
    does not match them is not read. Files that hold assets are on the disk before the event is written.

    Attributes:
        base: The folder; made when the first value is stored.
        format: `pickle` for any value, or `json`, `text` or `bytes`.
    """

    base: Path = field(converter=_folder)
    format: Format = field(default="pickle", validator=one_of(*SUFFIXES))

    def handle_output(self, context: OutputContext, obj: Any) -> None:
        """Store a value and tell its path, size and hash."""
        subject = f"output {context.name!r} of step {context.step_key!r}"
        path = self._place(context)
        try:
            with AsideFile(path, durable=context.asset_key is not None) as file:
                encode(obj, self.format, subject, file)
        except OSError as error:
            raise OutputError(
                f"{subject} cannot be written to {path}: {error.strerror}; check the folder and the free space"
            ) from error
        context.add_metadata(
            path=path if path.startswith("/") else str(Path(path).absolute()),
            size_bytes=file.size_bytes,
            sha256=file.sha256,
        )

    def load_input(self, context: InputContext) -> Any:
        """Load a value, provided that it is what its writer stored."""
        upstream = context.upstream
        path = self._place(upstream)
        try:
            data = _read(path, upstream.metadata.get("path"))
        except (FileNotFoundError, NotADirectoryError):
            raise ValueNotFound(STORE, path, upstream.step_key) from None
        except OSError as error:
            raise ValueNotFound(STORE, path, upstream.step_key, f"it cannot be read: {error.strerror}") from error
        recorded = upstream.metadata.get("sha256")
        if recorded is not None and hashlib.sha256(data).hexdigest() != recorded:
            raise ValueNotFound(STORE, path, upstream.step_key, "the file is not what the step wrote")
        try:
            return decode(data, self.format)
        except Exception as error:  # what a pickle does when it is loaded is up to its classes
            said = f"it cannot be read as {self.format}: {type(error).__name__}: {error}"
            raise ValueNotFound(STORE, path, upstream.step_key, said) from error

    def path(self, context: OutputContext) -> Path:
        """Return the file of a value."""
        return Path(self._place(context))

    def _place(self, context: OutputContext) -> str:
        parts = [*context.step_key.split("."), context.name]
        if context.mapping_key is not None:
            parts.append(f"[{context.mapping_key}]")
        name = file_name(*parts, str(context.attempt))
        return f"{self.base}/{file_name(context.run_id)}/{name}.{SUFFIXES[self.format]}"


def _read(path: str, recorded: str | None) -> bytes:
    """Read a file where it should be, else where its writer put it: a relative base means another place elsewhere."""
    try:
        file = open(path, "rb", buffering=0)  # noqa: PTH123, SIM115 - a Path costs more than the read
    except FileNotFoundError:
        if recorded is None:
            raise
        file = open(recorded, "rb", buffering=0)  # noqa: PTH123, SIM115 - as above
    with file:
        return file.readall()
