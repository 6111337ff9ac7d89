"""Values in files that a person can browse: a folder a run, a file a value."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from attrs import field, frozen, validators

from mainspring.definition.io import InputContext, IOManager, OutputContext
from mainspring.errors import OutputError, ValueNotFound
from mainspring.filename import file_name
from mainspring.io.formats import SUFFIXES, Format, decode, encode


@frozen
class FilesystemIOManager(IOManager):
    """Stores each value in a file of its own, `<base>/<run>/<step>.<output>.<attempt>.pickle`.

    A file is written aside and put in place whole; the event that tells of it holds its length and hash, and what
    does not match them is not read. Files that hold assets are on the disk before the event is written.

    Attributes:
        base: The folder; made when the first value is stored.
        format: `pickle` for any value, or `json`, `text` or `bytes`.
    """

    base: Path = field(converter=Path)
    format: Format = field(default="pickle", validator=validators.in_(tuple(SUFFIXES)))

    def handle_output(self, context: OutputContext, obj: Any) -> None:
        subject = f"output {context.name!r} of step {context.step_key!r}"
        data = encode(obj, self.format, subject)
        path = self.path(context)
        try:
            _write(path, data, durable=context.asset_key is not None)
        except OSError as error:
            raise OutputError(
                f"{subject} cannot be written to {path}: {error.strerror}; check the folder and the free space"
            ) from error
        context.add_metadata(path=path, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())

    def load_input(self, context: InputContext) -> Any:
        upstream = context.upstream
        path = self.path(upstream)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise ValueNotFound("the file system", str(path), upstream.step_key) from None
        recorded = upstream.metadata.get("sha256")
        if recorded is not None and hashlib.sha256(data).hexdigest() != recorded:
            raise ValueNotFound("the file system", str(path), upstream.step_key, "the file is not what the step wrote")
        return decode(data, self.format)

    def path(self, context: OutputContext) -> Path:
        """Return the file of a value."""
        parts = [*context.step_key.split("."), context.name]
        if context.mapping_key is not None:
            parts.append(f"[{context.mapping_key}]")
        name = file_name(*parts, str(context.attempt))
        return self.base / file_name(context.run_id) / f"{name}.{SUFFIXES[self.format]}"


def _write(path: Path, data: bytes, *, durable: bool) -> None:
    aside = f"{path}.{os.getpid()}.part"
    try:
        target = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(target, view) :]
            if durable:
                os.fsync(target)
        finally:
            os.close(target)
        os.replace(aside, path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    if durable:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make a folder's entries durable, without which a synced file may have no name after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
