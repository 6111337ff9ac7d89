"""The months that are done: files that stay where they are, for reports to read and people to open."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

import mainspring as ms

if TYPE_CHECKING:
    from pandas import DataFrame

MONTHS = tuple(f"2013-{number:02}" for number in range(1, 13))
"""The months of the year, as files and partitions are named."""

_SUMMARY = "summary.csv"


@frozen
class Months:
    """A folder with a table for each month that is done, and the summary of those that were reported on.

    Attributes:
        folder: The folder; made when something is put there.
    """

    folder: Path

    def keep(self, table: DataFrame) -> None:
        """Put the months of a table beside the others; each takes the place of an older one at once, whole."""
        for number in table["month"].unique():
            part = table[table["month"] == number]
            self._put(f"{month_name(int(number))}.csv", part.to_csv(index=False))

    def read(self) -> DataFrame:
        """Return the tables of all months as one."""
        import pandas as pd

        return pd.concat([pd.read_csv(self.folder / f"{name}.csv") for name in self.kept()], ignore_index=True)

    def publish(self, summary: DataFrame) -> None:
        """Put the summary of a report where people find it."""
        self._put(_SUMMARY, summary.to_csv(index=False))

    def kept(self) -> tuple[str, ...]:
        """Return the months that are done."""
        return tuple(name for name in MONTHS if (self.folder / f"{name}.csv").exists())

    def reported(self) -> tuple[str, ...]:
        """Return the months that the last report tells of."""
        try:
            with (self.folder / _SUMMARY).open(encoding="utf-8", newline="") as file:
                return tuple(month_name(int(row["month"])) for row in csv.DictReader(file))
        except FileNotFoundError:
            return ()

    def clear(self) -> None:
        """Delete the months and the summary, and nothing else."""
        for name in (*(f"{month}.csv" for month in MONTHS), _SUMMARY):
            (self.folder / name).unlink(missing_ok=True)

    def _put(self, name: str, text: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        put_whole(self.folder / name, text)


@frozen
class MonthFiles(ms.Resource[Months]):
    """Hands out the months of a folder.

    Attributes:
        folder: The folder, from the working directory: of a code location that is its home.
    """

    folder: Path = Path("season")

    @contextmanager
    def open(self) -> Iterator[Months]:
        """Hand out the months."""
        yield Months(self.folder)


def month_name(number: int) -> str:
    """Return the name of a month of the year, from 1."""
    return f"2013-{number:02}"


def put_whole(path: Path, text: str) -> None:
    """Write a file so that whoever looks sees all of it, or what was there before."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(text, "utf-8")
    aside.replace(path)
