"""The instance: one deployment, composed of its parts from its settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from attrs import field, frozen

from mainspring.clock import Clock, SystemClock
from mainspring.crashpoint import CrashPoint, pass_by
from mainspring.definition.io import IOManager
from mainspring.errors import InstanceError, shorten
from mainspring.event import Event
from mainspring.io.memory import MemoryIOManager
from mainspring.log.memory import MemoryLogStore
from mainspring.log.port import LogStore
from mainspring.plan.bind import Override
from mainspring.storage import Storage, memory_storage, open_storage

if TYPE_CHECKING:
    from pathlib import Path

    from mainspring.component import Builder
    from mainspring.plugin import Plugins
    from mainspring.settings import Settings

HOME_VARIABLE = "MAINSPRING_HOME"


def _chance() -> float:
    import random

    return random.random()


@frozen(eq=False, repr=False, kw_only=True)
class Instance:
    """One deployment: where runs are recorded and where their values and logs are kept.

    Attributes:
        storage: The stores of runs, events and assets.
        logs: What steps print.
        io_manager: What stores every output that names no other IO manager.
        home: Its folder; None for an ephemeral instance.
        settings: What its settings file says; None for an ephemeral instance.
        plugins: The plugins in use; None for an ephemeral instance.
        overrides: What it puts in place of parts of modes, by mode.
        pools: How many steps of each pool run at a time, over all runs; a pool that is not named has no limit.
        observers: Called with each event after it is stored.
        clock: The time.
        crash_point: Where tests stop the process.
        chance: Returns a random number from 0 to 1.
        randomness: Returns random bytes, for ids.
    """

    storage: Storage
    logs: LogStore
    io_manager: IOManager
    home: Path | None = None
    settings: Settings | None = None
    plugins: Plugins | None = None
    overrides: Mapping[str, Override] = field(factory=dict)
    pools: Mapping[str, int] = field(factory=dict)
    observers: tuple[Callable[[Event], None], ...] = ()
    clock: Clock = field(factory=SystemClock)
    crash_point: CrashPoint = pass_by
    chance: Callable[[], float] = _chance
    randomness: Callable[[int], bytes] = os.urandom

    def __repr__(self) -> str:
        return f"<Instance {self.home or 'in memory'}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @classmethod
    def open(
        cls,
        home: str | os.PathLike[str] | None = None,
        *,
        create: bool = True,
        clock: Clock | None = None,
        crash_point: CrashPoint = pass_by,
    ) -> Self:
        """Open an instance, filling its home where it is empty.

        Args:
            home: Its folder; else the variable `MAINSPRING_HOME` names it, else it is the folder of the nearest
                `mainspring.toml`, or pyproject.toml with a table `[tool.mainspring]`, from the working directory upwards.
            create: Whether an empty home is filled and an absent one made; else both are refused, and nothing is written.
            clock: The time; the system's unless given.
            crash_point: Where tests stop the process.

        Raises:
            InstanceError: There is no such folder, or none was found.
            ConfigError: Its settings are not valid.
            StorageError: Its database cannot be used.
        """
        from mainspring.component import Builder, Overrides
        from mainspring.io.filesystem import FilesystemIOManager
        from mainspring.plugin import load_plugins

        folder, settings = locate(home)
        plugins = load_plugins()
        builder = Builder(settings, plugins, folder)
        logs = _logs(builder)
        if create:
            _prepare_home(folder)
        return cls(
            storage=open_storage(settings.storage, folder, create=create),
            logs=logs,
            io_manager=FilesystemIOManager(folder / "values"),
            home=folder,
            settings=settings,
            plugins=plugins,
            overrides=Overrides(builder),
            pools=settings.pools,
            observers=plugins.observers,
            clock=clock or SystemClock(),
            crash_point=crash_point,
        )

    @classmethod
    def ephemeral(cls, *, clock: Clock | None = None, crash_point: CrashPoint = pass_by) -> Self:
        """Return an instance in memory, which is gone when nothing refers to it; it uses no plugins.

        Args:
            clock: The time; the system's unless given.
            crash_point: Where tests stop the process.
        """
        return cls(
            storage=memory_storage(),
            logs=MemoryLogStore(),
            io_manager=MemoryIOManager(),
            clock=clock or SystemClock(),
            crash_point=crash_point,
        )

    def close(self) -> None:
        """Let go of the database; the instance can be used again and then opens it anew."""
        self.storage.close()


def locate(home: str | os.PathLike[str] | None = None) -> tuple[Path, Settings]:
    """Return an instance's folder and settings, touching nothing.

    Raises:
        InstanceError: There is no such folder, or none was found.
        ConfigError: Its settings are not valid.
    """
    from pathlib import Path

    from mainspring.settings import FILE_NAME, Settings, find_settings, read_settings, settings_in

    named = home if home is not None else os.environ.get(HOME_VARIABLE) or None
    if named is not None:
        try:
            folder = Path(named).expanduser().absolute()
        except RuntimeError as error:
            raise InstanceError(f"home {shorten(str(named))!r} cannot be found: {error}; name its folder") from error
        try:
            folder.stat()
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:
            said = getattr(error, "strerror", None) or str(error)
            raise InstanceError(f"home {shorten(str(folder))} cannot be used: {said}; name another folder") from error
        if folder.exists() and not folder.is_dir():
            raise InstanceError(f"home {folder} is a file; name a folder")
        if not folder.exists() and not folder.parent.is_dir():
            raise InstanceError(
                f"home {folder} cannot be made, since {folder.parent} does not exist; make that folder first"
            )
        own = settings_in(folder)
        return folder, Settings() if own is None else read_settings(own)
    found = find_settings(Path.cwd())
    if found is None:
        raise InstanceError(
            f"no home was found from {Path.cwd()} upwards; set {HOME_VARIABLE}, name a folder with --home or "
            f"Instance.open(…), or put a {FILE_NAME} (it may be empty) where it shall be"
        )
    return found.parent, read_settings(found)


def _prepare_home(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise InstanceError(f"home {folder} cannot be made: {error.strerror}") from error


def _logs(builder: Builder) -> LogStore:
    if builder.settings.logs is None:
        from mainspring.log.filesystem import FilesystemLogStore

        return FilesystemLogStore(builder.folder / "logs")
    store: LogStore = builder.build("log store", builder.settings.logs, "instance.logs")
    return store
