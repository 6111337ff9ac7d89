import csv
import zipfile
from collections import Counter
from io import TextIOWrapper
from pathlib import Path

import pandas as pd
import pytest
from pandas import DataFrame, Series
from pandas.testing import assert_frame_equal

import mainspring as ms
from mainspring.demo.flights import (
    Delays,
    Ranking,
    clean,
    defs,
    delays,
    flights,
    monthly_delays,
    summary,
    with_airline,
    with_weather,
)
from mainspring.demo.tables import FILES, data_folder


def flown(**columns: list[object]) -> DataFrame:
    rows = len(next(iter(columns.values())))
    filled = {"month": [1] * rows, "carrier": ["UA"] * rows, "airline": ["United"] * rows, "arr_delay": [0.0] * rows}
    filled |= {"bad_weather": [0.0] * rows, "plane_age": [5.0] * rows, "destination": ["Boston"] * rows}
    return DataFrame(filled | columns)


def test_cleaning_tells_flights_that_arrived_from_those_that_never_left() -> None:
    table = DataFrame(
        {
            **{name: [1, 1, 1] for name in ("month", "carrier", "tailnum", "origin", "dest", "time_hour")},
            "dep_time": [517.0, None, 530.0],
            "arr_delay": [11.0, None, None],
        }
    )

    cleaned = clean(table)

    assert cleaned["flown"]["arr_delay"].tolist() == [11.0]
    assert len(cleaned["cancelled"]) == 1


def test_airlines_are_named_without_the_form_of_their_company() -> None:
    airlines = DataFrame({"carrier": ["UA", "WN"], "name": ["United Air Lines Inc.", "Southwest Airlines Co."]})

    named = with_airline(DataFrame({"carrier": ["WN", "UA", "XX"]}), airlines)

    assert named["airline"].fillna("?").tolist() == ["Southwest Airlines", "United Air Lines", "?"]


@pytest.mark.parametrize(("precip", "visib", "bad"), [(0.0, 10.0, 0.0), (0.1, 10.0, 1.0), (0.0, 2.9, 1.0)])
def test_weather_is_bad_with_rain_or_without_sight(precip: float, visib: float, bad: float) -> None:
    weather = DataFrame({"origin": ["JFK"], "time_hour": ["t"], "precip": [precip], "visib": [visib]})

    joined = with_weather(DataFrame({"origin": ["JFK"], "time_hour": ["t"]}), weather)

    assert joined["bad_weather"].tolist() == [bad]


def test_what_counts_as_late_is_config() -> None:
    table = flown(arr_delay=[14.0, 15.0, 30.0, -5.0])

    assert delays(table)["late_share"].tolist() == [0.5]
    assert delays(table, config=Delays(late_minutes=30))["late_share"].tolist() == [0.25]


def test_an_airline_with_few_flights_is_not_ranked() -> None:
    rows = {"month": [1, 1, 1], "carrier": ["AS", "HA", "UA"], "airline": ["Alaska", "Hawaiian", "United"]}
    numbers = {"flights": [60, 3, 100], "mean_delay": [5.0, -20.0, 10.0]}
    monthly = DataFrame(rows | numbers).assign(late_share=0.5, bad_weather_share=0.0)

    assert summary(monthly)["best"].tolist() == ["Alaska"]
    assert summary(monthly, config=Ranking(min_flights=1))["best"].tolist() == ["Hawaiian"]


def test_a_month_without_cancellations_counts_none() -> None:
    context = ms.testing.op_context()

    table = monthly_delays(context, [delays(flown(carrier=["UA", "AA"]))], DataFrame({"month": [1], "carrier": ["AA"]}))

    assert dict(zip(table["carrier"], table["cancelled"], strict=True)) == {"AA": 1, "UA": 0}
    assert context.output_metadata() == {"rows": 2, "flights": 2}


def read(name: str) -> DataFrame:
    return pd.read_csv(data_folder() / FILES[name])


@pytest.fixture(scope="module")
def expected() -> DataFrame:
    """The report by another way: look-ups and pivots over the whole year, where the project joins and splits."""
    table = read("flights")
    cancelled = table[table["dep_time"].isna()].pivot_table(index="month", columns="carrier", aggfunc="size")
    table = table[~table["arr_delay"].isna()]
    hours = read("weather").set_index(["origin", "time_hour"])
    bad = hours["precip"].gt(0) | hours["visib"].lt(3)
    table["bad"] = bad.astype(float).reindex(pd.MultiIndex.from_frame(table[["origin", "time_hour"]])).to_numpy()
    table["age"] = 2013 - table["tailnum"].map(read("planes").set_index("tailnum")["year"])
    table["to"] = table["dest"].where(table["dest"].isin(read("airports")["faa"]))
    grouped = table.groupby(["month", "carrier"])
    report = DataFrame(
        {
            "flights": grouped.size(),
            "mean_delay": grouped["arr_delay"].sum() / grouped.size(),
            "late_share": table["arr_delay"].ge(15).groupby([table["month"], table["carrier"]]).mean(),
            "bad_weather_share": grouped["bad"].mean(),
            "plane_age": grouped["age"].mean(),
            "destinations": grouped["to"].nunique(),
        }
    ).reset_index()
    counts = [cancelled.get(row.carrier, Series(dtype=float)).get(row.month) for row in report.itertuples()]
    return report.assign(cancelled=Series(counts, dtype=float).fillna(0).astype(int))


@pytest.fixture(scope="module")
def in_memory() -> ms.RunResult:
    return flights.execute("test")


@pytest.mark.slow
def test_the_report_agrees_with_another_computation(in_memory: ms.RunResult, expected: DataFrame) -> None:
    report = in_memory.output("monthly_delays")

    assert_frame_equal(report.drop(columns="airline"), expected, rtol=1e-9)
    assert report["flights"].sum() == 336_776 - 9_430
    assert report["cancelled"].sum() == 8_255


@pytest.mark.slow
def test_the_report_agrees_with_what_is_known_of_the_year(in_memory: ms.RunResult) -> None:
    report = in_memory.output("monthly_delays")
    total = (report["mean_delay"] * report["flights"]).groupby(report["airline"]).sum()
    mean = total / report.groupby("airline")["flights"].sum()

    assert mean["Frontier Airlines"] == pytest.approx(21.920705)
    assert mean["Alaska Airlines"] == pytest.approx(-9.930889)


@pytest.mark.slow
def test_every_row_of_every_table_goes_in(in_memory: ms.RunResult) -> None:
    with zipfile.ZipFile(data_folder() / FILES["flights"]) as archive, archive.open("flights.csv") as file:
        months = Counter(row["month"] for row in csv.DictReader(TextIOWrapper(file, "utf-8")))

    assert len(in_memory.output("flights")) == months.total() == 336_776
    assert {name: len(in_memory.output(name)) for name in FILES} == {
        "flights": 336_776,
        "airlines": 16,
        "airports": 1_458,
        "planes": 3_322,
        "weather": 26_115,
    }


@pytest.mark.slow
def test_both_modes_give_the_same(in_memory: ms.RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with ms.Instance.open(tmp_path) as instance:
        in_files = flights.execute("dev", instance=instance)

        for step in ("monthly_delays", "summary"):
            kept = defs.load_output(in_files.run_id, step, instance=instance)
            assert_frame_equal(kept, in_memory.output(step), check_exact=True)
        assert_frame_equal(defs.load_asset("flights/summary", instance=instance), in_memory.output("summary"))
