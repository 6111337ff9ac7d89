"""What the settings say of a code location."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import attrs
from attrs import field, frozen

from mainspring.definition.setting import above, at_least, one_of
from mainspring.errors import ConfigError, suggest
from mainspring.location.code import CodeSource
from mainspring.serde import structure
from mainspring.settings import Settings

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


@frozen(kw_only=True)
class LocationSpec:
    """A code location as the settings describe it, in a `[[location]]` table.

    Attributes:
        name: Its name.
        module: The module that holds its one `Definitions`; found from the home, or installed.
        file: The file that does, relative to the home; or
        package: the package that does, itself or its module `definitions`.
        python: The interpreter, relative to the home, of the environment that the code is installed in, which has
            Mainspring too; that of the daemon unless given.
        start: How workers and evaluators come into being: `fork` from the process that has loaded the code, `spawn` as
            fresh processes, or `auto`: forked where that is safe.
        import_timeout: Seconds that the code may take to load.
        memory_limit_mb: Megabytes that a process of it may hold, workers excepted; 0 for no limit.
        max_processes: How many processes it may have at a time, workers excepted.
        max_evaluators: How many schedules and sensors it may evaluate at a time.
        standby: Where workers are spawned, how many are kept that have loaded the code already.
        output_limit_mb: Megabytes that loading the code, or one evaluation, may print.
    """

    name: str
    module: str | None = None
    file: str | None = None
    package: str | None = None
    python: str | None = None
    start: Literal["auto", "fork", "spawn"] = field(default="auto", validator=one_of("auto", "fork", "spawn"))
    import_timeout: float = field(default=180.0, validator=above(0))
    memory_limit_mb: int = field(default=2048, validator=at_least(0))
    max_processes: int = field(default=256, validator=at_least(4))
    max_evaluators: int = field(default=8, validator=at_least(1))
    standby: int = field(default=1, validator=at_least(1))
    output_limit_mb: int = field(default=64, validator=at_least(1))

    @property
    def source(self) -> CodeSource:
        """Where its definitions are."""
        return CodeSource(file=self.file, module=self.module, package=self.package, with_traceback=True)

    def plain(self) -> dict[str, Any]:
        """Return it as plain data."""
        return attrs.asdict(self)


def location_specs(settings: Settings, home: Path) -> dict[str, LocationSpec]:
    """Return the code locations of a home's settings, by name.

    Raises:
        ConfigError: A location is not valid; every problem is named.
    """
    problems: list[tuple[str, str]] = []
    found: dict[str, LocationSpec] = {}
    for index, table in enumerate(settings.locations):
        place = f"location[{index}]"
        before = len(problems)
        spec = structure(dict(table), LocationSpec, place, problems)
        if spec is None:
            continue
        problems += [(place, problem) for problem in _misfits(spec, found)]
        if len(problems) == before:
            found[spec.name] = attrs.evolve(spec, python=_interpreter(spec.python, home))
    if problems:
        raise ConfigError("the settings" if settings.path is None else str(settings.path), problems)
    return found


def find_spec(specs: Mapping[str, LocationSpec], name: str) -> LocationSpec:
    """Return a location of the settings.

    Raises:
        ConfigError: There is none of that name.
    """
    if name not in specs:
        known = suggest(name, sorted(specs)) if specs else "no [[location]] stands there"
        raise ConfigError("the settings", [("location", f"there is no location {name!r}; {known}")])
    return specs[name]


def _misfits(spec: LocationSpec, others: Mapping[str, LocationSpec]) -> list[str]:
    sources = [each for each in ("module", "file", "package") if getattr(spec, each) is not None]
    problems: list[str] = []
    if not _NAME.fullmatch(spec.name):
        problems.append(f"name {spec.name!r} must be 1 to 100 letters, digits, dots, dashes or underscores")
    if len(sources) != 1:
        said = f"it has {' and '.join(sources)}" if sources else "it has none of them"
        problems.append(f"location {spec.name!r} names its code by one of module, file and package; {said}")
    if spec.name in others:
        problems.append(f"two locations are named {spec.name!r}; rename one")
    return problems


def _interpreter(python: str | None, home: Path) -> str | None:
    """Return an interpreter's path; links are kept, for they say which environment is meant."""
    if python is None or "/" not in python:
        return python
    return str(home / Path(python).expanduser())
