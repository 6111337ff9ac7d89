"""New or changed files in a directory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from stat import S_ISREG
from typing import Any

from attrs import Attribute, field, frozen

from mainspring.clock import Clock, SystemClock
from mainspring.definition.duration import check_seconds, in_seconds
from mainspring.definition.sensor_source import Item, SensorSource
from mainspring.errors import DefinitionError, SourceError, shorten
from mainspring.source.found_file import FoundFile, new_since

_GRAIN_SECONDS = 0.05
"""More than one step of the clock with which a kernel stamps files."""


def _folder(value: str | os.PathLike[str]) -> Any:
    return Path(value) if isinstance(value, (str, os.PathLike)) else value


@frozen
class DirectorySource(SensorSource):
    """Lists files that are new in a directory, or have changed there.

    A file is one item for each state: its key is made of its path from the directory, its mtime and its size. Hidden files
    and folders are left out unless the pattern itself begins with a dot. Links to files are followed, links to folders are
    not. Deleting a file is no news.

    Attributes:
        path: The directory.
        pattern: Which file names, as in a shell: `"*.csv"`.
        recursive: Whether the folders in it are looked into, too.
        settle_seconds: How long a file must have been left alone, as a writer may be at it still.
        clock: What tells how long that is.
    """

    path: Path = field(converter=_folder)
    pattern: str = field(default="*", kw_only=True)
    recursive: bool = field(default=False, kw_only=True)
    settle_seconds: float = field(default=2.0, converter=in_seconds, kw_only=True)
    clock: Clock = field(factory=SystemClock, eq=False, repr=False, kw_only=True)

    def poll(self, cursor: str | None) -> Iterable[Item]:
        """Yield the files that have settled since the cursor, the oldest first.

        Args:
            cursor: The time up to which files were seen, in nanoseconds since the epoch.

        Raises:
            SourceError: The directory cannot be read, or the cursor is another's.
        """
        position_ns = _position(self, cursor)
        horizon_ns = int((self.clock.time() - max(self.settle_seconds, _GRAIN_SECONDS)) * 1e9)
        folder = str(self.path.absolute())
        for file, passed_ns in new_since(position_ns, self._look(folder), horizon_ns):
            payload = {
                "path": f"{folder.rstrip('/')}/{file.path}",
                "name": file.path,
                "modified_ns": file.modified_ns,
                "size_bytes": file.size_bytes,
            }
            yield Item(file.key, payload, None if passed_ns is None else str(passed_ns))

    def _look(self, folder: str) -> Iterator[FoundFile]:
        ahead = [("", 0)]
        while ahead:
            inside, arrived_ns = ahead.pop()
            for entry in self._list(f"{folder}/{inside}", is_top=not inside):
                if entry.name.startswith(".") and not self.pattern.startswith("."):
                    continue
                relative = f"{inside}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    status = _status(entry) if self.recursive else None
                    if status is not None:
                        ahead.append((f"{relative}/", max(arrived_ns, status.st_ctime_ns)))
                elif fnmatchcase(entry.name, self.pattern):
                    found = _file(entry, relative, arrived_ns)
                    if found is not None:
                        yield found

    def _list(self, folder: str, *, is_top: bool) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                return list(entries)
        except OSError as error:
            if isinstance(error, FileNotFoundError) and not is_top:
                return []  # deleted since its parent was listed
            raise SourceError(
                f"directory {shorten(folder)!r} cannot be read: {error.strerror}; see to it, or correct the path of the "
                "DirectorySource"
            ) from error

    @path.validator
    def _check_path(self, attribute: Attribute[Any], value: object) -> None:
        if not isinstance(value, Path):
            raise DefinitionError(f"DirectorySource(path={shorten(repr(value))}): give the path of a directory")

    @pattern.validator
    def _check_pattern(self, attribute: Attribute[Any], value: object) -> None:
        if not isinstance(value, str) or not value or "/" in value:
            raise DefinitionError(
                f"DirectorySource(pattern={shorten(repr(value))}): give a pattern of file names, as '*.csv'; recursive=True "
                "looks into folders"
            )

    @recursive.validator
    def _check_recursive(self, attribute: Attribute[Any], value: object) -> None:
        if not isinstance(value, bool):
            raise DefinitionError(f"DirectorySource(recursive={shorten(repr(value))}): give True or False")

    @settle_seconds.validator
    def _check_settle(self, attribute: Attribute[Any], value: object) -> None:
        check_seconds("DirectorySource", "settle_seconds", value, least=0)


def _position(source: DirectorySource, cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 30):
        raise SourceError(
            f"cursor {shorten(repr(cursor))} is not one of {source}; clear it: run keys make that harmless"
        )
    return int(cursor)


def _file(entry: os.DirEntry[str], relative: str, arrived_ns: int) -> FoundFile | None:
    """Return what a file is like, or None where it is gone, is no file, or is a link that leads nowhere."""
    own, status = _status(entry, follow_symlinks=False), _status(entry)
    if own is None or status is None or not S_ISREG(status.st_mode):
        return None
    changed_ns = max(own.st_ctime_ns, status.st_ctime_ns)
    return FoundFile(relative, changed_ns, max(changed_ns, arrived_ns), status.st_mtime_ns, status.st_size)


def _status(entry: os.DirEntry[str], *, follow_symlinks: bool = True) -> os.stat_result | None:
    """Return an entry's status, or None where it is gone or leads nowhere."""
    try:
        return entry.stat(follow_symlinks=follow_symlinks)
    except FileNotFoundError:
        return None
    except OSError as error:
        if follow_symlinks and entry.is_symlink():
            return None
        raise SourceError(f"{shorten(entry.path)!r} cannot be looked at: {error.strerror}; see to it") from error
