from pathlib import Path

import pandas as pd
import pytest

from mainspring.demo.delivery import Parcel, deliver, parcels, take_back


@pytest.mark.slow
def test_the_year_is_parted_by_month_and_nothing_is_lost() -> None:
    year = parcels(12)

    assert [parcel.name for parcel in year] == [f"2013-{number:02}" for number in range(1, 13)]
    assert sum(parcel.flights for parcel in year) == 336_776


@pytest.mark.slow
def test_what_is_delivered_is_a_table_of_that_month(tmp_path: Path) -> None:
    (january,) = parcels(1)

    deliver(january, tmp_path)

    (file,) = tmp_path.iterdir()
    table = pd.read_csv(file)
    assert (file.name, len(table), table["month"].unique().tolist()) == ("2013-01.csv", 27_004, [1])


def test_only_what_was_delivered_is_taken_back(tmp_path: Path) -> None:
    deliver(Parcel("2013-03", "month\n3\n", 1), tmp_path)
    (tmp_path / "mine.csv").touch()

    take_back(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]
