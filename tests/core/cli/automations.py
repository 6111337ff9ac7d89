"""A home in whose storage a location has offered schedules and sensors, and helpers to say what became of them."""

from pathlib import Path
from typing import Any

from attrs import evolve, frozen

import mainspring as ms
from mainspring.location.code import CodeSource, loaded
from mainspring.location.snapshot import snapshot_hash, take_snapshot
from mainspring.run import Run, RunStatus
from mainspring.storage import (
    AutomationState,
    Decision,
    DefinitionRecord,
    LocationRecord,
    LocationStatus,
    Storage,
    Tick,
    TickStatus,
)

NOW = 1_799_971_200.0

SETTINGS = """
[[location]]
name = "sales"
file = "orders.py"
"""

ORDERS = '''
import mainspring as ms


@ms.op
def fetch() -> int:
    return 1


@ms.job(modes=[ms.Mode("dev"), ms.Mode("prod")], tags={"team": "data"})
def ingest():
    fetch()


@ms.schedule(job=ingest, cron="30 2 * * *", timezone="Europe/Berlin", mode="prod")
def nightly(context: ms.ScheduleContext):
    """Load what the day brought."""
    print("it is", context.scheduled_time.isoformat())
    if context.scheduled_time.day == 25:
        return ms.SkipReason("holiday")
    if context.scheduled_time.day == 26:
        raise ValueError("the calendar ends here")
    return ms.RunRequest(str(context.scheduled_time.date()), config={"ops": {}})


hourly = ms.Schedule(name="hourly", job=ingest, every=3600, default_status="running", tags={"often": "yes"})


@ms.sensor(job=ingest)
def uploads(context: ms.SensorContext):
    """Ask for a run of each new file."""
    if context.cursor == "broken":
        raise ValueError("no such bucket")
    for key in ("2026/a.csv", "2026/b.csv"):
        if key > (context.cursor or ""):
            context.set_cursor(key)
            yield ms.RunRequest(key)


@ms.sensor(job=ingest, every=60, default_status="running")
def quiet():
    return ms.SkipReason("nothing there")


defs = ms.Definitions(schedules=[nightly, hourly], sensors=[uploads, quiet])
'''


def offer(storage: Storage, file: str, location: str = "sales", **changes: Any) -> None:
    """Record what a file offers, as a daemon does once its location is loaded."""
    with loaded(CodeSource(file=file)) as definitions:
        entries = take_snapshot(definitions)
    records = [DefinitionRecord(location=location, kind=e.kind, name=e.name, hash=e.hash, body=e.body) for e in entries]
    snapshot = snapshot_hash({(each.kind, each.name): each.hash for each in entries})
    record = LocationRecord(name=location, status=LocationStatus.LOADED, snapshot=snapshot)
    storage.locations.record(evolve(record, **changes), records)


def seen(storage: Storage, name: str, kind: str, **changes: Any) -> AutomationState:
    """Store how an automation stands, and return it."""
    state = AutomationState(location="sales", name=name, kind=kind, mark=NOW, **changes)
    storage.automations.introduce([state])
    return state


def ticked(storage: Storage, name: str, status: TickStatus, *runs: Run, **changes: Any) -> Tick:
    """Store a tick of an automation with what it asked for, and return it."""
    state = storage.automations.get("sales", name)
    assert state is not None
    tick = Tick(location="sales", automation=name, kind=state.kind, status=status, first_at=NOW, last_at=NOW, **changes)
    (committed,) = storage.automations.commit([Decision(state=state, ticks=(tick,), runs=runs)]).committed
    assert committed.tick is not None
    return committed.tick


def asked(run_id: str, name: str, run_key: str | None = None, **changes: Any) -> Run:
    """Return a run that an automation asks for."""
    return Run(
        run_id=run_id,
        job_name="ingest",
        mode="dev",
        status=RunStatus.QUEUED,
        created_at=NOW,
        location="sales",
        automation=name,
        run_key=run_key,
        **changes,
    )


@frozen
class Orders:
    """A home with one location, whose code is at hand and was seen once."""

    folder: Path

    @property
    def file(self) -> str:
        return str(self.folder / "orders.py")

    def open(self) -> ms.Instance:
        return ms.Instance.open(self.folder)
