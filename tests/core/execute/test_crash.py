"""Processes killed at any moment: the log tells the truth, and the run can be completed without doing a thing twice."""

import hashlib
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.event import StepOutput, fold
from mainspring.event.effect import STEP_BEGIN
from mainspring.execute import retry_run, settle_dead
from mainspring.storage import RunQuery

POINTS = ("step.start", "step.input", "step.output", "step.end", "events.flush", "events.flushed")
"""Every point of a step's life at which a process can be made to die."""

WITNESS = "WITNESS_FILE"

NUMBERS = 4


def witness(context: ms.OpContext) -> None:
    """Write down that an attempt of a step is executed; in one write, so that it is there whole or not at all."""
    descriptor = os.open(os.environ[WITNESS], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{context.step_key} {context.attempt}\n".encode())
    os.close(descriptor)


@ms.op(out=ms.DynamicOut())
def numbers(context: ms.OpContext) -> dict[str, int]:
    witness(context)
    return {f"n{number}": number for number in range(NUMBERS)}


@ms.op(retry=ms.RetryPolicy(max_retries=1))
def flaky(context: ms.OpContext, x: int) -> int:
    witness(context)
    if x == 2 and context.attempt == 1:
        raise ValueError("once")
    return x * 10


@ms.op(out=ms.Out(asset="lake/total"))
def total(context: ms.OpContext, xs: list[int]) -> int:
    witness(context)
    return sum(xs)


@ms.op
def report(context: ms.OpContext, x: int) -> str:
    witness(context)
    return f"total {x}"


@ms.job
def work() -> None:
    report(total(numbers().map(flaky).collect()))


_KILLED = f"""
import os, shutil, signal, sys
sys.path.insert(0, sys.argv[1])
import test_crash
import mainspring as ms

def run(home, point, count):
    left = count
    def crash(name):
        nonlocal left
        left -= name == point
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    with ms.Instance.open(home, crash_point=crash) as instance:
        test_crash.work.execute(instance=instance)

for line in sys.stdin:
    home, point, count = line.split()
    os.environ[{WITNESS!r}] = home + ".witness"
    child = os.fork()
    if child == 0:
        run(home, point, int(count))
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def kill(homes: dict[Path, tuple[str, int]]) -> list[int]:
    """Run the job in each home until the process has passed a point so many times, and return how it ended."""
    lines = "".join(f"{home} {point} {count}\n" for home, (point, count) in homes.items())
    command = [sys.executable, "-c", _KILLED, str(Path(__file__).parent)]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True, timeout=120)
    return [int(each) for each in done.stdout.split()]


def check_truth(instance: ms.Instance) -> ms.RunStatus:
    """Check that what is stored agrees with itself and with the values on the disk."""
    assert instance.home is not None
    with closing(sqlite3.connect(instance.home / "mainspring.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    (run,) = instance.storage.runs.find(RunQuery())
    events = instance.storage.events.read(run.run_id)
    rows = instance.storage.events.steps(run.run_id)
    state = fold(events)
    claims = [(event.step_key, event.step_attempt) for event in events if type(event.fact) in STEP_BEGIN]

    assert (state.status, state.attempt) == (run.status, run.attempt)
    assert {row.step_key: row.status for row in sorted(rows, key=lambda row: row.attempt)} == state.steps
    assert len(claims) == len(set(claims)) == len(rows)
    for event in events:
        if isinstance(event.fact, StepOutput) and not event.fact.is_empty:
            value = Path(event.fact.metadata["path"]).read_bytes()
            assert hashlib.sha256(value).hexdigest() == event.fact.metadata["sha256"]
    materialized = [event for event in events if event.kind == "ASSET_MATERIALIZED"]
    assert len(materialized) == (state.steps.get("total") == "SUCCESS")
    return run.status


@pytest.mark.integration
@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_a_run_killed_at_any_point_can_be_completed(
    point: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes = {tmp_path / f"{point}-{count}": (point, count) for count in (1, 4, 9)}
    codes = kill(homes)

    assert codes.count(-9) >= 2  # some points are passed fewer times than the largest count
    for home in homes:
        monkeypatch.setenv(WITNESS, f"{home}.witness")
        with ms.Instance.open(home) as instance:
            status = check_truth(instance)
            (run,) = instance.storage.runs.find(RunQuery())
            if status is ms.RunStatus.STARTED:
                settled = settle_dead(instance, run)
                assert settled.status is ms.RunStatus.FAILURE
                assert not {row.status for row in instance.storage.events.steps(run.run_id)} & {"STARTED"}
                retry_run(work, settled, instance=instance)
            assert check_truth(instance) is ms.RunStatus.SUCCESS
            definitions = ms.Definitions(jobs=[work])
            assert definitions.load_output(run.run_id, "report", instance=instance) == "total 60"
            assert definitions.load_asset("lake/total", instance=instance) == 60
        executed = Counter(Path(f"{home}.witness").read_text().splitlines())
        assert set(executed.values()) == {1}, "an attempt of a step was executed twice"


@pytest.mark.integration
def test_a_run_that_nobody_kills_needs_no_completing(tmp_path: Path) -> None:
    home = tmp_path / "home"

    assert kill({home: ("none", 1)}) == [0]
    with ms.Instance.open(home) as instance:
        assert check_truth(instance) is ms.RunStatus.SUCCESS
    expected = [
        "flaky[n0] 1",
        "flaky[n1] 1",
        "flaky[n2] 1",
        "flaky[n2] 2",
        "flaky[n3] 1",
        "numbers 1",
        "report 1",
        "total 1",
    ]
    assert sorted(Path(f"{home}.witness").read_text().splitlines()) == expected
