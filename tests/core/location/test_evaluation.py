"""Evaluations in processes of their own: each has one reply, whatever its code does, and none waits for another's."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from mainspring.location.evaluation import EvaluationReply, ask_sensor, read_reply
from tests.core.location.fronts import HeldFront, front

pytestmark = [pytest.mark.integration, pytest.mark.slow]

CODE = """
import ctypes, os, re, signal, sys, threading, time
import mainspring as ms

@ms.op
def one() -> int:
    return 1

@ms.job
def report():
    one()

def sensor(function):
    return ms.sensor(job=report)(function)

@sensor
def quick():
    return ms.SkipReason(str(os.getpid()))

@sensor
def hangs():
    def wait_for_godot():
        time.sleep(1000)
    wait_for_godot()

@sensor
def holds_the_lock():
    re.match('(a+)+$', 'a' * 64 + 'b')

@sensor
def segfaults():
    ctypes.string_at(0)

@sensor
def exits():
    print("farewell", flush=True)
    os._exit(9)

@sensor
def prints():
    while True:
        os.write(1, b"x" * 100_000)

@sensor
def leaks():
    held = bytearray(700_000_000)
    for i in range(0, len(held), 4096):
        held[i] = 1
    time.sleep(60)

@sensor
def forks():
    for _ in range(3_000):
        if os.fork() == 0:
            time.sleep(60)
    time.sleep(60)

@sensor
def random():
    import random
    return ms.SkipReason(str(random.random()))

defs = ms.Definitions(sensors=[quick, hangs, holds_the_lock, segfaults, exits, prints, leaks, forks, random])
"""


def evaluated(held: HeldFront, names: Sequence[str], deadline: float = 20.0) -> dict[str, EvaluationReply]:
    asked = [ask_sensor(f"{name} {index}", name, deadline) for index, name in enumerate(names)]
    replies = [read_reply(each) for each in held.client.evaluate(asked)]
    assert sorted(each.id for each in replies) == sorted(each["id"] for each in asked)
    return {each.id: each for each in replies}


def said(reply: EvaluationReply) -> str:
    assert reply.outcome == "failed"
    assert reply.error is not None
    return reply.error.message


def opened(folder: Path, **fields: Any) -> Any:
    return front(folder, CODE, **fields)


def test_a_thousand_are_evaluated_once_each(tmp_path: Path) -> None:
    with opened(tmp_path) as held:
        held.settled()
        replies = evaluated(held, ["quick"] * 1000)

        assert all(each.outcome == "evaluated" for each in replies.values())
        assert 1 <= len({each.evaluation.skip_reason for each in replies.values()}) <= 8


def test_one_that_hangs_is_ended_at_its_own_deadline_and_the_others_do_not_wait(tmp_path: Path) -> None:
    """Scars: D#4333, D#16230, D#20618, D#14830, D#30697, D#24050."""
    with opened(tmp_path, max_evaluators=3) as held:
        held.settled()
        slow = [ask_sensor("slow", "hangs", 3.0), ask_sensor("locked", "holds_the_lock", 2.0)]
        asked = [*slow, *(ask_sensor(str(index), "quick", 20.0) for index in range(200))]
        order = [read_reply(each) for each in held.client.evaluate(asked)]

        assert [each.id for each in order[-2:]] == ["locked", "slow"]
        assert "did not end within 2 s" in said(order[-2])
        assert "did not end within 3 s" in said(order[-1])
        assert "in wait_for_godot" in said(order[-1])  # where it stood
        assert "in holds_the_lock" in said(order[-2])


def test_one_that_is_a_little_late_does_not_cost_the_next_one(tmp_path: Path) -> None:
    """It ends while its process is asked where it stands, and the next one is given to that."""
    code = CODE.replace("time.sleep(1000)", "time.sleep(0.5)")
    with front(tmp_path, code, max_evaluators=1) as held:
        held.settled()
        asked = [ask_sensor("late", "hangs", 0.4), ask_sensor("next", "hangs", 20.0)]
        replies = {each["id"]: read_reply(each) for each in held.client.evaluate(asked)}

        assert replies["next"].outcome == "evaluated", replies["next"].error


def test_code_that_blocks_signals_does_not_hide_the_ends_of_its_processes(tmp_path: Path) -> None:
    code = f"import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n{CODE}"
    with front(tmp_path, code) as held:
        held.settled()
        assert "exited with code" in said(evaluated(held, ["exits"])["exits 0"])


def test_one_that_kills_its_process_costs_itself(tmp_path: Path) -> None:
    with opened(tmp_path) as held:
        held.settled()
        replies = evaluated(held, ["quick", "segfaults", "quick", "exits", *["quick"] * 50])

        assert "was killed by SIGSEGV" in said(replies["segfaults 1"])
        assert "in segfaults" in said(replies["segfaults 1"])
        assert "exited with code 9" in said(replies["exits 3"])
        assert "farewell" in said(replies["exits 3"])
        assert sum(each.outcome == "evaluated" for each in replies.values()) == 52


def test_one_that_prints_or_grows_without_end_is_ended(tmp_path: Path) -> None:
    with opened(tmp_path, output_limit_mb=3, memory_limit_mb=400) as held:
        held.settled()
        replies = evaluated(held, ["prints", "leaks", "quick"])

        assert "printed more than 3 MB" in said(replies["prints 0"])
        assert "held more than 400 MB" in said(replies["leaks 1"])
        assert replies["quick 2"].outcome == "evaluated"


def test_one_that_forks_without_end_is_ended_with_its_location_which_recovers(tmp_path: Path) -> None:
    with opened(tmp_path, max_processes=40) as held:
        held.settled()
        replies = evaluated(held, ["forks"])

        assert "had more than 40 processes" in said(replies["forks 0"])
        held.until(lambda status: status["status"] == "LOADED" and status["error"] is None)
        assert evaluated(held, ["quick"])["quick 0"].outcome == "evaluated"
        assert len(held.processes()) < 10


def test_each_evaluator_has_seeds_of_its_own(tmp_path: Path) -> None:
    with opened(tmp_path) as held:
        held.settled()
        drawn = {each.evaluation.skip_reason for each in evaluated(held, ["random"] * 20).values()}

        assert len(drawn) == 20


def test_evaluations_under_way_end_with_the_code_that_they_began_with(tmp_path: Path) -> None:
    """Scar: D#14523."""
    witness = tmp_path / "begun"
    code = CODE.replace(
        "time.sleep(1000)", f"open({str(witness)!r}, 'w'); time.sleep(1.5); return ms.SkipReason('old')"
    )
    code = code.replace("    wait_for_godot()\n\n", "    return wait_for_godot()\n\n")
    with front(tmp_path, code) as held:
        held.settled()
        replies = held.client.evaluate([ask_sensor("slow", "hangs", 20.0), ask_sensor("quick", "quick", 20.0)])
        next(replies)
        while not witness.exists():
            os.sched_yield()
        held.write(code.replace("'old'", "'new'"))
        assert held.client.reload()["status"] == "LOADED"

        assert read_reply(next(replies)).evaluation.skip_reason == "old"
        assert evaluated(held, ["hangs"])["hangs 0"].evaluation.skip_reason == "new"


def test_whoever_stops_waiting_leaves_nothing_behind(tmp_path: Path) -> None:
    with opened(tmp_path, max_evaluators=1) as held:
        held.settled()
        replies = held.client.evaluate(
            [ask_sensor("a", "quick", 20.0), ask_sensor("b", "hangs", 2.0), ask_sensor("c", "quick", 20.0)]
        )
        assert next(replies)["id"] == "a"
        replies.close()

        assert evaluated(held, ["quick"], 20.0)["quick 0"].outcome == "evaluated"


def test_without_code_that_serves_it_is_said_that_nothing_was_begun(tmp_path: Path) -> None:
    with front(tmp_path, "raise ValueError('broken')") as held:
        held.settled()
        (reply,) = [read_reply(each) for each in held.client.evaluate([ask_sensor("a", "quick", 20.0)])]

        assert reply.outcome == "unavailable"
        assert reply.error is not None
        assert "broken" in reply.error.message


@pytest.mark.parametrize("library", ["pandas", "pyarrow", "polars", "polars in use"])
def test_code_that_leaves_threads_behind_is_evaluated_in_processes_that_were_not_forked(
    tmp_path: Path, library: str
) -> None:
    use = "\npolars.DataFrame({'a': range(1000)}).group_by('a').len()" if " " in library else ""
    code = f"import {library.partition(' ')[0]}{use}\n{CODE}"
    with front(tmp_path, code) as held:
        assert held.settled()["start"] == "spawn"
        assert evaluated(held, ["quick"] * 20)["quick 0"].outcome == "evaluated"
        assert "was killed by SIGSEGV" in said(evaluated(held, ["segfaults"])["segfaults 0"])
        assert evaluated(held, ["quick"])["quick 0"].outcome == "evaluated"


def test_code_that_has_changed_since_is_loaded_anew_rather_than_mixed(tmp_path: Path) -> None:
    with front(tmp_path, CODE, start="spawn") as held:
        before = held.settled()["snapshot"]
        assert evaluated(held, ["quick"])["quick 0"].outcome == "evaluated"
        held.write(CODE.replace("def random():", "def renamed():").replace("forks, random", "forks, renamed"))
        while held.client.index()[0] == before:  # each evaluator that dies makes way for a process with the new code
            replies = evaluated(held, ["exits"])
            assert replies["exits 0"].outcome in ("failed", "unavailable")
        assert ("sensor", "renamed") in held.client.index()[1]


def test_five_thousand_jobs_and_ten_thousand_sensors_load_page_and_evaluate(tmp_path: Path) -> None:
    """Scar: D#18961."""
    code = """
import mainspring as ms

@ms.op
def one() -> int:
    return 1

def job(number):
    def body():
        one()
    return ms.job(name=f"job_{number}")(body)

jobs = [job(number) for number in range(5_000)]

def sensor(number):
    return ms.sensor(job=jobs[number % 5_000], name=f"sensor_{number}")(lambda: ms.SkipReason("nothing new"))

defs = ms.Definitions(jobs=jobs, sensors=[sensor(number) for number in range(10_000)])
"""
    with front(tmp_path, code) as held:
        assert held.settled()["status"] == "LOADED"
        _, hashes = held.client.index()
        entries = list(held.client.entries(list(hashes)))
        replies = evaluated(held, [f"sensor_{number}" for number in range(10_000)])

        assert len(hashes) == len(entries) == 15_000
        assert {(each["kind"], each["name"]): each["hash"] for each in entries} == hashes
        assert {each.evaluation.skip_reason for each in replies.values()} == {"nothing new"}


def test_a_hundred_reloads_leave_no_process_descriptor_or_memory_behind(tmp_path: Path) -> None:
    """Scars: D#20444, D#32070."""
    with front(tmp_path, CODE.partition("@sensor")[0] + "defs = ms.Definitions(jobs=[report])\n") as held:
        held.settled()
        itself = psutil.Process(held.pid)
        sizes = []
        for _ in range(100):
            assert held.client.reload()["status"] == "LOADED"
            sizes.append(itself.memory_info().rss)
        settled_by = time.monotonic() + 10  # noqa: TID251 - the old processes are on their way out
        while len(itself.children(recursive=True)) > 1 and time.monotonic() < settled_by:  # noqa: TID251
            os.sched_yield()

        assert len(itself.children(recursive=True)) == 1
        assert itself.num_fds() < 40
        assert sizes[-1] - sizes[9] < 3_000_000
        assert not [each for each in psutil.process_iter() if each.ppid() == held.pid and each.status() == "zombie"]


def test_the_code_process_dying_under_evaluations_fails_them_and_no_others(tmp_path: Path) -> None:
    with opened(tmp_path) as held:
        held.settled()
        replies = held.client.evaluate([ask_sensor("slow", "hangs", 30.0), ask_sensor("quick", "quick", 30.0)])
        assert next(replies)["id"] == "quick"
        os.kill(held.code_process().pid, signal.SIGKILL)

        assert said(read_reply(next(replies)))
        held.until(lambda status: status["status"] == "LOADED" and status["error"] is None)
        assert evaluated(held, ["quick"])["quick 0"].outcome == "evaluated"
