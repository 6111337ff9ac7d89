"""The home that crash tests kill the processes of: times, files and parts ask for runs, whose ops are witnessed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from mainspring.definition.timing import Timing, due_times
from mainspring.run import Run
from mainspring.storage import RunQuery, Storage, Tick, TickQuery, TickStatus
from mainspring.testing.crash import CrashDriver

CODE = """
import os
import mainspring as ms
from mainspring.testing.crash import witness

@ms.op
def see(context: ms.OpContext) -> int:
    with witness(context):
        return 1

@ms.op
def add(context: ms.OpContext, number: int) -> int:
    with witness(context):
        return number + 1

@ms.job(retry=ms.RunRetryPolicy(max_retries=3))
def seen():
    add(see())

@ms.job(modes=[ms.Mode("apart", executor=ms.MultiprocessExecutor(max_concurrent=2))])
def apart():
    add(see())

@ms.schedule(job=seen, every=1, catch_up="all", default_status="running")
def each_second(context):
    return ms.RunRequest(tags={"due": str(context.scheduled_time.timestamp()), "team": "time"})

@ms.sensor(job=seen, every=1, default_status="running")
def files(context):
    for name in sorted(os.listdir("arrived")):
        yield ms.RunRequest(run_key=name)

@ms.sensor(job=apart, every=1, default_status="running")
def parts(context):
    for name in sorted(os.listdir("parts")):
        yield ms.RunRequest(run_key=name)
"""

PLAIN = """
defs = ms.Definitions(jobs=[seen, apart], schedules=[each_second], sensors=[files, parts])
"""

MORE = """
import threading
from attrs import frozen

@ms.op
def linger(context: ms.OpContext) -> None:
    with witness(context):
        threading.Event().wait(4)

@ms.job(retry=ms.RunRetryPolicy(max_retries=3))
def long():
    linger()

@ms.job(time_limit=1)
def late():
    linger()

@ms.schedule(job=long, every=2, overlap="cancel_running", default_status="running")
def impatient(context):
    return ms.RunRequest()

@ms.schedule(job=late, every=5, default_status="running")
def limited(context):
    return ms.RunRequest()

@frozen
class Acknowledged(ms.SensorSource):
    def poll(self, cursor):
        yield from (ms.Item(name, cursor=name) for name in sorted(os.listdir("parts")) if cursor is None or name > cursor)

    def ack(self, items):
        with open("acknowledged", "a") as file:
            file.writelines(f"{item.key}\\n" for item in items)

sourced = ms.Sensor(
    name="sourced", job=seen, source=Acknowledged(), request=lambda item: ms.RunRequest(), every=1,
    default_status="running",
)
defs = ms.Definitions(jobs=[seen, apart, long, late], schedules=[each_second, impatient, limited], sensors=[files, parts, sourced])
"""


class Home:
    """A home for crash tests, and what it must come to."""

    def __init__(self, folder: Path, storage: str, code: str = PLAIN) -> None:
        self.folder = folder
        for name in ("arrived", "parts"):
            (folder / name).mkdir(parents=True)
        (folder / "defs.py").write_text(CODE + code, encoding="utf-8")
        toml = f"""
[instance]
storage = "{storage}"
[instance.queue]
max_concurrent_runs = 6
limits = [{{ tag = "team", value = "time", limit = 2 }}]
[[location]]
name = "seen"
file = "defs.py"
"""
        (folder / "mainspring.toml").write_text(toml, encoding="utf-8")
        self.arrived: Counter[str] = Counter()

    def arrive(self, count: int, folder: str = "arrived") -> None:
        for _ in range(count):
            self.arrived[folder] += 1
            (self.folder / folder / f"file-{self.arrived[folder]:05}").touch()

    def work(self, dice: random.Random) -> None:
        """Have files arrive: none, a few, or more than one tick queues by itself."""
        self.arrive(70 if dice.random() < 0.02 else dice.randint(0, 2))
        self.arrive(dice.randint(0, 1), "parts")

    def is_done(self, storage: Storage) -> bool:
        """Whether every file was taken up."""
        return all(
            len(storage.automations.keys("seen", name, limit=100_000)) == self.arrived[folder]
            for name, folder in (("files", "arrived"), ("parts", "parts"))
        )

    def check(self, driver: CrashDriver) -> Mapping[str, int]:
        """Check what only this home knows, beside what the driver has checked: each file and each second has its run."""
        storage = driver.instance.storage
        runs = storage.runs.find(RunQuery(limit=1_000_000))
        _check_times(storage, runs)
        for name, folder in (("files", "arrived"), ("parts", "parts")):
            keys = Counter(run.run_key for run in runs if run.automation == name)
            assert keys == Counter(f"file-{number:05}" for number in range(1, self.arrived[folder] + 1))
            assert sum(tick.requested for tick in ticks(storage, name)) == self.arrived[folder]
        return Counter(run.status.value for run in runs)


def ticks(storage: Storage, name: str) -> list[Tick]:
    return storage.automations.ticks(TickQuery(location="seen", automation=name, limit=1_000_000))


def _check_times(storage: Storage, runs: list[Run]) -> None:
    """Check that each second was decided once: by a tick with one run, or within a recorded stretch."""
    every_second = Timing(every_seconds=1.0)
    decided: Counter[float] = Counter()
    failed: set[float] = set()
    asked = Counter(run.scheduled_time for run in runs if run.automation == "each_second")
    for tick in ticks(storage, "each_second"):
        assert tick.scheduled_time is not None
        since = tick.scheduled_time if tick.since is None else tick.since
        decided.update(due_times(every_second, since - 0.5, tick.scheduled_time))
        if tick.status is TickStatus.REQUESTED:
            assert asked.pop(tick.scheduled_time) == tick.requested == 1
        elif tick.status is TickStatus.FAILED:
            failed.add(tick.scheduled_time)
    assert not asked, "a run was asked for by no tick"
    state = storage.automations.get("seen", "each_second")
    assert state is not None
    assert state.mark is not None
    waiting = {time for after, until in state.backlog for time in due_times(every_second, after, until)}
    waiting -= failed  # what was asked for when its evaluator was killed has a tick, and is asked for again
    first = min(decided)
    assert decided + Counter(waiting) == Counter(due_times(every_second, first - 0.5, state.mark))
