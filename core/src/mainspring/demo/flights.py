"""The example project: how late each airline flew out of New York City, month by month, in 2013.

Five tables are loaded, cleaned, joined and added up. The ops take and return tables; where a table lies between two
ops is the mode's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

import pandas as pd
from attrs import frozen
from pandas import DataFrame

import mainspring as ms
from mainspring.demo.reports import CsvReports
from mainspring.demo.tables import NycFlights, Tables

KEPT = ["month", "carrier", "tailnum", "origin", "dest", "time_hour", "arr_delay"]
COMPANY_FORMS = r" (?:Inc\.|Co\.|Corporation)$"


@frozen
class Delays:
    """What counts as late.

    Attributes:
        late_minutes: A flight is late that arrives so many minutes after its time (15 in US statistics).
    """

    late_minutes: int = 15


@frozen
class Ranking:
    """Which airlines are compared.

    Attributes:
        min_flights: Flights that an airline needs in a month to be ranked in it.
    """

    min_flights: int = 50


class Cleaned(TypedDict):
    """Flights told apart by what became of them."""

    flown: DataFrame
    cancelled: DataFrame


@ms.op
def load(context: ms.OpContext, table: str, *, tables: Tables = ms.resource()) -> DataFrame:
    """Load one table."""
    loaded = tables.read(table)
    context.add_output_metadata({"rows": len(loaded)})
    return loaded


@ms.op(out={"flown": ms.Out(), "cancelled": ms.Out()})
def clean(flights: DataFrame) -> Cleaned:
    """Keep what the report needs; tell flights that arrived from those that never left.

    The few that left and did not arrive where they should are in neither table.
    """
    flown = flights.loc[flights["arr_delay"].notna(), KEPT]
    cancelled = flights.loc[flights["dep_time"].isna(), ["month", "carrier"]]
    return {"flown": flown.reset_index(drop=True), "cancelled": cancelled.reset_index(drop=True)}


@ms.op
def with_airline(flights: DataFrame, airlines: DataFrame) -> DataFrame:
    """Add the airline's name, without the form of its company."""
    names = airlines.rename(columns={"name": "airline"})
    names["airline"] = names["airline"].str.replace(COMPANY_FORMS, "", regex=True)
    return flights.merge(names, on="carrier", how="left", validate="many_to_one")


@ms.op
def with_destination(flights: DataFrame, airports: DataFrame) -> DataFrame:
    """Add the destination's name in place of its code; a few airports are not in the table and stay unnamed."""
    names = airports[["faa", "name"]].rename(columns={"faa": "dest", "name": "destination"})
    return flights.merge(names, on="dest", how="left", validate="many_to_one").drop(columns="dest")


@ms.op
def with_plane(flights: DataFrame, planes: DataFrame) -> DataFrame:
    """Add the plane's age in place of its tail number; one plane in six is not in the table."""
    built = planes[["tailnum", "year"]].rename(columns={"year": "built"})
    joined = flights.merge(built, on="tailnum", how="left", validate="many_to_one")
    joined["plane_age"] = 2013 - joined["built"]
    return joined.drop(columns=["tailnum", "built"])


@ms.op
def with_weather(flights: DataFrame, weather: DataFrame) -> DataFrame:
    """Add whether it rained, snowed or could be seen less than three miles when the flight should have left."""
    hours = weather[["origin", "time_hour"]].assign(
        bad_weather=((weather["precip"] > 0) | (weather["visib"] < 3)).astype(float)
    )
    joined = flights.merge(hours, on=["origin", "time_hour"], how="left", validate="many_to_one")
    return joined.drop(columns=["origin", "time_hour"])


@ms.graph
def join(
    flown: DataFrame, airlines: DataFrame, airports: DataFrame, planes: DataFrame, weather: DataFrame
) -> DataFrame:
    """Add to each flight what the other tables know of it."""
    named = with_destination(with_airline(flown, airlines), airports)
    return with_weather(with_plane(named, planes), weather)


@ms.op(out=ms.DynamicOut())
def by_month(flights: DataFrame) -> Mapping[str, DataFrame]:
    """Split the flights by month."""
    return {f"2013-{month:02}": part for month, part in flights.groupby("month")}


@ms.op
def delays(flights: DataFrame, *, config: Delays = ms.config()) -> DataFrame:
    """Add up one month's flights, a row for each airline."""
    flights = flights.assign(is_late=flights["arr_delay"] >= config.late_minutes)
    grouped = flights.groupby(["month", "carrier", "airline"])
    return grouped.agg(
        flights=("arr_delay", "size"),
        mean_delay=("arr_delay", "mean"),
        late_share=("is_late", "mean"),
        bad_weather_share=("bad_weather", "mean"),
        plane_age=("plane_age", "mean"),
        destinations=("destination", "nunique"),
    ).reset_index()


@ms.op(out=ms.Out(io_manager="reports", asset="flights/monthly_delays"))
def monthly_delays(context: ms.OpContext, months: list[DataFrame], cancelled: DataFrame) -> DataFrame:
    """Put the months together, with the flights that were cancelled."""
    counted = cancelled.groupby(["month", "carrier"]).size().rename("cancelled").reset_index()
    table = pd.concat(months).merge(counted, on=["month", "carrier"], how="left", validate="one_to_one")
    table["cancelled"] = table["cancelled"].fillna(0).astype(int)
    context.add_output_metadata({"rows": len(table), "flights": table["flights"].sum()})
    return table.sort_values(["month", "carrier"], ignore_index=True)


@ms.op(out=ms.Out(io_manager="reports", asset="flights/summary"))
def summary(monthly: DataFrame, *, config: Ranking = ms.config()) -> DataFrame:
    """Name each month's most and least punctual airline."""
    ranked = monthly[monthly["flights"] >= config.min_flights].sort_values(["month", "mean_delay"])
    best = ranked.groupby("month").first()
    worst = ranked.groupby("month").last()
    return DataFrame(
        {
            "flights": monthly.groupby("month")["flights"].sum(),
            "late_share": _weighted(monthly, "late_share"),
            "bad_weather_share": _weighted(monthly, "bad_weather_share"),
            "best": best["airline"],
            "best_delay": best["mean_delay"],
            "worst": worst["airline"],
            "worst_delay": worst["mean_delay"],
        }
    ).reset_index()


def _weighted(monthly: DataFrame, column: str) -> pd.Series[float]:
    """Return each month's mean of a column, every airline counted by its flights."""
    total = (monthly[column] * monthly["flights"]).groupby(monthly["month"]).sum()
    return total / monthly.groupby("month")["flights"].sum()


@ms.job(
    modes=[
        ms.Mode(
            "dev",
            resources={
                "tables": NycFlights(),
                "reports": CsvReports(),
                "text_files": ms.FilesystemIOManager("reports", format="text"),
            },
        ),
        ms.Mode(
            "test",
            resources={
                "tables": NycFlights(),
                "reports": ms.MemoryIOManager(),
                "io_manager": ms.MemoryIOManager(),
            },
        ),
    ]
)
def flights() -> None:
    """Monthly delays of each airline that flew out of New York City in 2013."""
    cleaned = clean(load.alias("flights")("flights"))
    joined = join(
        cleaned["flown"],
        load.alias("airlines")("airlines"),
        load.alias("airports")("airports"),
        load.alias("planes")("planes"),
        load.alias("weather")("weather"),
    )
    months = by_month(joined).map(delays).collect()
    summary(monthly_delays(months, cleaned["cancelled"]))


defs = ms.Definitions(jobs=[flights])
