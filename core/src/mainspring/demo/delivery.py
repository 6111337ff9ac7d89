"""The outside world of the demonstration: the year's flights, delivered as a file for each month."""

from __future__ import annotations

import zipfile
from io import TextIOWrapper
from pathlib import Path

from attrs import frozen

from mainspring.demo.months import MONTHS, month_name, put_whole
from mainspring.demo.tables import FILES, data_folder


@frozen
class Parcel:
    """The flights of one month.

    Attributes:
        name: The month: `2013-01`.
        text: Its flights as CSV.
        flights: How many there are.
    """

    name: str
    text: str
    flights: int


def parcels(count: int) -> tuple[Parcel, ...]:
    """Part the year's flights by month, and return the first months.

    Raises:
        MissingExtraError: The packages that hold and read them are not installed.
    """
    parts: dict[str, list[str]] = {str(number + 1): [] for number in range(count)}
    with zipfile.ZipFile(data_folder() / FILES["flights"]) as archive, archive.open("flights.csv") as raw:
        lines = TextIOWrapper(raw, "utf-8")
        header = next(lines)
        for line in lines:
            part = parts.get(line.split(",", 2)[1])
            if part is not None:
                part.append(line)
    return tuple(Parcel(month_name(int(number)), header + "".join(part), len(part)) for number, part in parts.items())


def deliver(parcel: Parcel, folder: Path) -> None:
    """Have a month arrive."""
    put_whole(folder / f"{parcel.name}.csv", parcel.text)


def take_back(folder: Path) -> None:
    """Delete what has arrived, and nothing else."""
    for name in MONTHS:
        (folder / f"{name}.csv").unlink(missing_ok=True)
