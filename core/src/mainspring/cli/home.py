"""Opening the instance that a command works on."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mainspring.errors import AbsentSchemaError, InstanceError, shorten
from mainspring.instance import HOME_VARIABLE, Instance, locate
from mainspring.settings import DEFAULT_STORAGE

if TYPE_CHECKING:
    from mainspring.plan.bind import Override
    from mainspring.settings import Settings


class NothingThereYetError(InstanceError):
    """A home in which nothing was ever run."""


@contextmanager
def opened(home: str | None) -> Iterator[Instance]:
    """Open an instance that exists, for a command that needs its runs.

    Raises:
        InstanceError: There is none.
        NothingThereYetError: It has no database yet; none is made.
        StorageError: Its database cannot be used.
    """
    folder, _ = located(home)
    try:
        instance = _open(str(folder), create=False)
    except AbsentSchemaError:
        raise NothingThereYetError(
            f"there is nothing in home {folder} yet; `mainspring job run` puts its first run there"
        ) from None
    with instance:
        yield instance


@contextmanager
def opened_or_made(home: str | None, *, ephemeral: bool) -> Iterator[Instance]:
    """Open the instance that a run is recorded in: one in memory where that is asked for, or where no home is found.

    Raises:
        InstanceError: The home that was named cannot be used.
        StorageError: Its database cannot be used.
    """
    if ephemeral or not _has_home(home):
        with Instance.ephemeral() as instance:
            yield instance
    else:
        with _open(home) as instance:
            yield instance


def stand_in(home: str | None) -> Instance | None:
    """Return an instance in memory for a home whose database is still to be made, and None for one that has it.

    What it refuses, the home would refuse; so that a run which is refused leaves nothing behind.

    Raises:
        InstanceError: The home that was named cannot be used.
        ConfigError: Its settings are not valid.
    """
    if not _has_home(home):
        return None
    with _explained(home):
        folder, settings = locate(home)
        if settings.storage != DEFAULT_STORAGE or (folder / DEFAULT_STORAGE.rpartition("/")[2]).exists():
            return None
    from attrs import evolve

    from mainspring.cli.complaint import silenced_warnings
    from mainspring.component import Builder, Overrides
    from mainspring.io.filesystem import FilesystemIOManager
    from mainspring.plugin import load_plugins

    with silenced_warnings():
        builder = Builder(settings, load_plugins(), folder)
    values = FilesystemIOManager(folder / "values")
    return evolve(Instance.ephemeral(), io_manager=values, overrides=Overrides(builder))


def overrides_of(home: str | None) -> Mapping[str, Override]:
    """Return what the settings of a home put in place of parts of modes; nothing where no home is found.

    Raises:
        InstanceError: The home that was named cannot be used.
        ConfigError: Its settings are not valid.
    """
    if not _has_home(home):
        return {}
    with _explained(home):
        folder, settings = locate(home)
    if not settings.modes:
        return {}
    from mainspring.component import Builder, Overrides
    from mainspring.plugin import load_plugins

    return Overrides(Builder(settings, load_plugins(), folder))


def located(home: str | None) -> tuple[Path, Settings]:
    """Return the folder and the settings of an instance that exists.

    Raises:
        InstanceError: There is none.
    """
    with _explained(home):
        folder, settings = locate(home)
        if not folder.is_dir():
            raise InstanceError(
                f"there is no home at {folder}; name one that exists, or make it with "
                f"`mainspring instance migrate --home {folder}`"
            )
        return folder, settings


def made(home: str | None) -> tuple[Path, Settings]:
    """Return the folder and the settings of an instance, making its folder where it is absent.

    Raises:
        InstanceError: It cannot be made.
    """
    with _explained(home):
        folder, settings = locate(home)
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder, settings


def _has_home(home: str | None) -> bool:
    from mainspring.settings import find_settings

    return home is not None or bool(os.environ.get(HOME_VARIABLE)) or find_settings(Path.cwd()) is not None


def _open(home: str | None, *, create: bool = True) -> Instance:
    with _explained(home):
        return Instance.open(home, create=create)


@contextmanager
def _explained(home: str | None) -> Iterator[None]:
    """Say what the operating system refused while a home was being opened."""
    try:
        yield
    except OSError as error:
        place = "the home" if home is None else f"home {shorten(home)}"
        raise InstanceError(f"{place} cannot be used: {error.strerror}; check its path and its permissions") from error
