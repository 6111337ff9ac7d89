"""The example project deployed: months of flights arrive as files, and reports say how the year stands so far.

A sensor asks for a run for each file; a schedule asks for a report whenever there are new months. Relative paths start
from the home, where the processes of a code location stand.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from attrs import frozen
from pandas import DataFrame

import mainspring as ms
from mainspring.demo.flights import clean, delays, flights, join, load, monthly_delays, summary
from mainspring.demo.months import MonthFiles, Months
from mainspring.demo.reports import CsvReports
from mainspring.demo.tables import NycFlights

ARRIVALS = Path("arrivals")
"""Where the files arrive."""

REPORT_SECONDS = 3
"""How often it is looked whether there is something new to report."""

KEPT_IN_FILES = {
    "tables": NycFlights(),
    "months": MonthFiles(),
    "reports": CsvReports(),
    "text_files": ms.FilesystemIOManager("reports", format="text"),
}
MODES = (
    ms.Mode("dev", resources=KEPT_IN_FILES),
    ms.Mode("test", resources={**KEPT_IN_FILES, "io_manager": ms.MemoryIOManager()}),
)


@frozen
class Arrival:
    """What has arrived.

    Attributes:
        path: A file with the flights of a month.
    """

    path: str


@ms.op
def arrived(context: ms.OpContext, *, config: Arrival = ms.config()) -> DataFrame:
    """Read the flights that have arrived."""
    table = pd.read_csv(config.path)
    context.add_output_metadata({"rows": len(table)})
    return table


@ms.op
def keep(monthly: DataFrame, *, months: Months = ms.resource()) -> None:
    """Put the month beside the others, for the reports to come."""
    months.keep(monthly)


@ms.op
def so_far(*, months: Months = ms.resource()) -> DataFrame:
    """Read the months that are done."""
    return months.read()


@ms.op
def publish(table: DataFrame, *, months: Months = ms.resource()) -> None:
    """Put the summary where people find it."""
    months.publish(table)


@ms.job(modes=MODES)
def month() -> None:
    """Delays of each airline in a month that has arrived."""
    cleaned = clean(arrived())
    joined = join(
        cleaned["flown"],
        load.alias("airlines")("airlines"),
        load.alias("airports")("airports"),
        load.alias("planes")("planes"),
        load.alias("weather")("weather"),
    )
    keep(monthly_delays([delays(joined)], cleaned["cancelled"]))


@ms.job(modes=MODES)
def season() -> None:
    """The most and least punctual airline of each month so far."""
    publish(summary(so_far()))


@ms.sensor(
    job=month,
    source=ms.DirectorySource(ARRIVALS, pattern="*.csv", settle_seconds=0.2),
    every=1,
    default_status="running",
)
def arrivals(item: ms.Item) -> ms.RunRequest:
    """Ask for a run for each file; the file's key makes that one run, however often it is seen."""
    config = {"ops": {"arrived": Arrival(item.payload["path"])}}
    return ms.RunRequest(config=config, partition_key=Path(item.payload["name"]).stem)


@ms.schedule(job=season, every=REPORT_SECONDS, catch_up="none", overlap="skip", default_status="running")
def report() -> ms.RunRequest | ms.SkipReason:
    """Ask for a report if a month is done that the last one does not tell of."""
    months = Months(MonthFiles().folder)
    new = [name for name in months.kept() if name not in months.reported()]
    return ms.RunRequest(tags={"new": ",".join(new)}) if new else ms.SkipReason("no new month")


defs = ms.Definitions(jobs=[flights], schedules=[report], sensors=[arrivals])
