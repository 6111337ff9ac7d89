"""Runs in processes of their own are cancelled, killed, retried, followed and debugged from others."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.core.cli.processes import call, on_terminal, start

pytestmark = [pytest.mark.integration, pytest.mark.slow]

JOBS = """
import os
from pathlib import Path

import mainspring as ms

HERE = Path(__file__).parent


@ms.op
def first(context: ms.OpContext) -> int:
    print("first")
    (HERE / f"first.{context.attempt}").touch()
    return 1


@ms.op
def wait(context: ms.OpContext, number: int) -> int:
    print(f"waiting in {os.getpid()}", flush=True)
    context.log.info("logged")
    (HERE / "gate").read_text()  # a pipe: this lasts until somebody writes to it, or to its end
    print("let through", end="")
    return number


@ms.op
def also(number: int) -> int:
    print("also waiting", flush=True)
    (HERE / "other_gate").read_text()
    print("also let through")
    return number


@ms.op
def last(number: int, other: int = 1) -> int:
    print("last")
    return number + other


MODES = [
    ms.Mode("here"),
    ms.Mode("fork", executor=ms.MultiprocessExecutor(max_concurrent=2, start="fork")),
    ms.Mode("spawn", executor=ms.MultiprocessExecutor(max_concurrent=2, start="spawn")),
]


@ms.job(modes=MODES)
def gated():
    last(wait(first()))


@ms.job(modes=MODES)
def both():
    number = first()
    last(wait(number), also(number))
"""

HOME = ["--home", "home"]
CODE = ["-f", "jobs.py"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with jobs whose steps wait at gates."""
    (tmp_path / "jobs.py").write_text(JOBS)
    os.mkfifo(tmp_path / "gate")
    os.mkfifo(tmp_path / "other_gate")
    return tmp_path


@contextmanager
def under_way(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], str, int]]:
    """Run a job in a process of its own; give it once a step waits, with the run's id and the process of the step."""
    with start(folder, "job", "run", *words, *CODE, *HOME) as process:
        try:
            run_id, line = "", ""
            assert process.stdout is not None
            while "waiting in " not in line:
                line = process.stdout.readline()
                assert line, process.communicate()[1]
                if "  run " in line and not run_id:
                    run_id = line.split("  run ")[1].split()[0]
            yield process, run_id, int(line.split("waiting in ")[1])
        finally:
            process.kill()
            for gate in ("gate", "other_gate"):
                with_reader_only(folder / gate)


def with_reader_only(gate: Path) -> None:
    """Let through whoever still waits at a gate."""
    try:
        os.close(os.open(gate, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return  # nobody does


def let_through(gate: Path) -> None:
    os.close(os.open(gate, os.O_WRONLY))


def shown(folder: Path, run_id: str) -> Any:
    code, out, err = call(folder, "run", "show", run_id, *HOME, "--json")
    assert code == 0, err
    return json.loads(out)


def steps(document: Any) -> list[tuple[str, int, str]]:
    return [(each["step_key"], each["attempt"], each["status"]) for each in document["steps"]]


def has_ended(pid: int) -> bool:
    try:
        psutil.Process(pid).wait(timeout=30)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True


@pytest.mark.parametrize("mode", ["here", "fork", "spawn"])
def test_a_run_in_another_process_is_canceled(mode: str, folder: Path) -> None:
    with under_way(folder, "gated", "--mode", mode) as (process, run_id, step_pid):
        code, out, err = call(folder, "run", "cancel", run_id, *HOME, "--wait", "60")
        rest, complaint = process.communicate(timeout=60)

    assert (code, out.splitlines()) == (0, [f"run {run_id} ended CANCELED: interrupted"])
    assert err.startswith("note: waiting for ") or not err
    assert process.returncode == 143
    assert "ended CANCELED" in rest
    assert len(complaint.splitlines()) == 1
    assert has_ended(step_pid)
    assert steps(shown(folder, run_id)) == [("first", 1, "SUCCESS"), ("wait", 1, "CANCELED")]
    again = call(folder, "run", "cancel", run_id, *HOME)
    assert (again[0], again[2]) == (1, f"error: run {run_id} is over already: CANCELED\n")


def test_sigterm_ends_a_run_with_its_own_exit_code(folder: Path) -> None:
    with under_way(folder, "gated") as (process, run_id, _):
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)

    assert process.returncode == 143
    assert f"run {run_id} ended CANCELED" in out
    assert err == f"error: run {run_id} of job gated was canceled: interrupted\n"
    assert shown(folder, run_id)["status"] == "CANCELED"


@pytest.mark.parametrize("mode", ["here", "fork", "spawn"])
def test_a_run_whose_process_was_killed_is_told_of_and_retried(mode: str, folder: Path) -> None:
    with under_way(folder, "gated", "--mode", mode) as (process, run_id, _):
        process.kill()
        process.wait(timeout=60)

        _, page, advice = call(folder, "run", "show", run_id, *HOME)
        followed = call(folder, "run", "logs", "-f", run_id, *HOME)
    assert f"process {process.pid} on " in page
    assert f"`mainspring run retry {run_id} -f FILE` completes the run" in advice
    assert followed[0] == 0
    assert "first | first\n" in followed[1]
    assert "is dead" in followed[2]

    with start(folder, "run", "retry", run_id, *CODE, *HOME, "--json") as retry:
        let_through(folder / "gate")
        out, err = retry.communicate(timeout=60)

    assert retry.returncode == 0, err
    assert "died while it carried out the run; that is recorded now" in err
    document = json.loads(out)
    assert (document["status"], document["attempt"]) == ("SUCCESS", 2)
    assert steps(document) == [
        ("first", 1, "SUCCESS"),
        ("wait", 1, "FAILURE"),
        ("wait", 2, "SUCCESS"),
        ("last", 1, "SUCCESS"),
    ]
    assert not (folder / "first.2").exists()


def test_a_killed_run_can_be_given_up_instead(folder: Path) -> None:
    with under_way(folder, "gated") as (process, run_id, _):
        process.kill()
        process.wait(timeout=60)
        code, out, _ = call(folder, "run", "cancel", run_id, *HOME)

    assert code == 0
    assert f"run {run_id} ended CANCELED: process {process.pid} on " in out


@pytest.mark.parametrize("mode", ["here", "fork"])
def test_a_run_is_followed_while_it_goes_on(mode: str, folder: Path) -> None:
    with (
        under_way(folder, "gated", "--mode", mode) as (_, run_id, step_pid),
        start(folder, "run", "logs", "-f", run_id, *HOME) as following,
    ):
        assert following.stdout is not None
        seen = {following.stdout.readline() for _ in range(3)}
        let_through(folder / "gate")
        out, err = following.communicate(timeout=60)
    assert seen > {"first | first\n", f"wait | waiting in {step_pid}\n"}
    assert [each.endswith("mainspring.op: logged\n") for each in seen if each.startswith("wait log | ")] == [True]

    assert following.returncode == 0
    assert out == "wait | let through\nlast | last\n"
    assert err == f"note: run {run_id} ended SUCCESS\n"


def test_steps_at_work_together_are_followed_together(folder: Path) -> None:
    words = ["run", "logs", "--follow", "--stream", "stdout", *HOME]
    with (
        under_way(folder, "both", "--mode", "fork") as (_, run_id, _),
        start(folder, *words, run_id) as following,
        start(folder, *words, run_id, "--step", "also") as one,
    ):
        assert following.stdout is not None
        begun = [following.stdout.readline() for _ in range(3)]
        let_through(folder / "other_gate")
        assert following.stdout.readline() == "also | also let through\n"
        let_through(folder / "gate")
        out, _ = following.communicate(timeout=60)
        only, _ = one.communicate(timeout=60)

    assert begun[0] == "first | first\n"
    assert sorted(each.split(" |")[0] for each in begun[1:]) == ["also", "wait"]
    assert out == "wait | let through\nlast | last\n"
    assert only == "also | also waiting\nalso | also let through\n"


FAILS = """
import mainspring as ms

@ms.op
def fetch() -> int:
    return 41

@ms.op
def fail(number: int) -> int:
    wanted = number + 1
    raise ValueError(f"no {wanted}")

@ms.job
def failing():
    fail(fetch())
"""


@pytest.fixture
def failed(tmp_path: Path) -> str:
    """The id of a run of a job in fails.py that has failed."""
    (tmp_path / "fails.py").write_text(FAILS)
    _, out, _ = call(tmp_path, "job", "run", "-f", "fails.py", *HOME, "--json")
    run_id: str = json.loads(out)["run_id"]
    return run_id


def test_a_step_is_debugged_on_a_terminal(tmp_path: Path, failed: str) -> None:
    """The debugger stops at the op's first line, and again where it raises."""
    words = ["step", "debug", failed, "fail", "-f", "fails.py", *HOME]

    code, screen = on_terminal(
        tmp_path,
        words,
        {"-> wanted = number + 1": b"p number + 1000\nc\n", "-> raise ValueError": b"p wanted * 1000\nq\n"},
    )

    assert code == 0, screen
    assert "its last attempt raised ValueError: no 42" in screen
    assert "number = 41" in screen
    assert "1041" in screen
    assert "42000" in screen
    assert shown(tmp_path, failed)["status"] == "FAILURE"


def test_a_debugger_that_is_left_ends_well(tmp_path: Path, failed: str) -> None:
    words = ["step", "debug", failed, "fail", "-f", "fails.py", *HOME]

    code, screen = on_terminal(tmp_path, words, {"-> wanted = number + 1": b"q\n"})

    assert code == 0
    assert "the debugger was left; nothing was recorded" in screen
    assert "Traceback" not in screen


def test_a_step_that_returns_in_the_debugger_says_what(tmp_path: Path, failed: str) -> None:
    words = ["step", "debug", failed, "fetch", "-f", "fails.py", *HOME]

    code, screen = on_terminal(tmp_path, words, {"-> return 41": b"c\n"})

    assert code == 0
    assert "the op returned 41; nothing was recorded" in screen
