"""What each process of a home is."""

import os
import subprocess
import sys
from pathlib import Path

from mainspring.testing.crash import Kind
from mainspring.testing.crash.folder import VARIABLE
from mainspring.testing.crash.processes import Row, find_processes, kind_of

LOADED = "python -P -c from mainspring.location.loaded import main"


def kinds(*rows: Row, workers: tuple[int, ...] = ()) -> dict[int, str]:
    by_pid = {row.pid: row for row in rows}
    return {row.pid: kind_of(row, by_pid, workers).value for row in rows}


DAEMON = Row(10, 1, 10, 10, "python -m mainspring.testing.crash.daemon /home")
FRONT = Row(11, 10, 11, 11, "python -P -m mainspring.location.front.main")
CODE = Row(12, 11, 12, 12, LOADED)
EVALUATOR = Row(13, 12, 13, 12, LOADED)
WORKER = Row(14, 12, 14, 14, LOADED)
STEP = Row(15, 14, 14, 14, LOADED)


def test_the_processes_of_a_location_are_told_apart() -> None:
    assert kinds(DAEMON, FRONT, CODE, EVALUATOR, WORKER, STEP) == {
        10: "daemon",
        11: "front",
        12: "code",
        13: "evaluator",
        14: "worker",
        15: "step",
    }


def test_a_worker_outlives_who_has_forked_it() -> None:
    assert kinds(FRONT, Row(14, 11, 14, 14, LOADED), STEP, workers=(14,)) == {11: "front", 14: "worker", 15: "step"}
    assert kinds(Row(14, 1, 14, 14, LOADED), STEP) == {14: "worker", 15: "step"}


def test_whatever_a_step_has_started_is_of_the_step() -> None:
    rows = (DAEMON, FRONT, CODE, WORKER, Row(16, 14, 16, 16, "sleep 5"), Row(17, 16, 16, 16, "sleep 5"))

    assert kinds(*rows)[16] == kinds(*rows)[17] == "step"


def test_only_processes_are_found_that_were_told_of_the_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print(flush=True); import time; time.sleep(60)"]
    told = {**os.environ, VARIABLE: str(tmp_path)}
    with subprocess.Popen(command, env=told, stdout=subprocess.PIPE) as own, subprocess.Popen(command) as other:
        assert own.stdout is not None
        own.stdout.readline()
        try:
            found = find_processes(tmp_path)
        finally:
            own.kill()
            other.kill()

    assert found[Kind.OTHER] == [own.pid]
    assert sum(len(each) for each in found.values()) == 1
