"""What people's code may do to its own location, and to nobody else."""

import os
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from mainspring.clock import SystemClock
from mainspring.location.evaluation import ask_sensor, read_reply
from mainspring.location.front.front import FIRST_BACK_OFF_SECONDS
from tests.core.location.fronts import GOOD, front

pytestmark = [pytest.mark.integration, pytest.mark.slow]

HOSTILE = {
    "syntax error": ("def broken(:\n", "SyntaxError"),
    "exception": ("import nothing_of_that_name\n", "No module named 'nothing_of_that_name'"),
    "sys.exit": ("import sys\nsys.exit(3)\n", "sys.exit(3)"),
    "os._exit": ("import os\nprint('the last words', flush=True)\nos._exit(7)\n", "exited with code 7"),
    "killed": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "killed by SIGKILL"),
    "segfault": ("import ctypes\nctypes.string_at(0)\n", "killed by SIGSEGV"),
    "no definitions": ("x = 1\n", "holds no Definitions"),
    "keyboard interrupt": ("raise KeyboardInterrupt\n", "exited with code 1"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_code_that_fails_is_shown_as_failed_and_recovers_once_it_is_mended(tmp_path: Path, case: str) -> None:
    """Scars: D#17571, D#33642."""
    code, said = HOSTILE[case]
    with front(tmp_path, code) as held:
        failed = held.settled()
        assert failed["status"] == "FAILED"
        assert said in failed["error"]
        held.write(GOOD)
        assert held.until(lambda status: status["status"] == "LOADED")["error"] is None


def test_the_traceback_is_that_of_its_author(tmp_path: Path) -> None:
    with front(tmp_path, "def f():\n    return 1 / 0\n\nf()\n") as held:
        failed = held.settled()

        assert "defs.py:2 cannot be loaded: ZeroDivisionError" in failed["error"]
        assert "in f" in failed["traceback"]
        assert "mainspring/location" not in failed["traceback"]


def test_what_is_no_fault_of_the_code_comes_without_a_traceback(tmp_path: Path) -> None:
    with front(tmp_path, file="nowhere.py") as held:
        failed = held.settled()

        assert "there is no file nowhere.py; name a Python file" in failed["error"]
        assert failed["traceback"] == ""


def test_the_last_words_of_a_process_are_kept(tmp_path: Path) -> None:
    with front(tmp_path, HOSTILE["os._exit"][0]) as held:
        assert "the last words" in held.settled()["error"]


def test_code_that_hangs_is_ended_at_its_limit_and_shows_where_it_stood(tmp_path: Path) -> None:
    code = "import time\n\ndef wait_for_godot():\n    time.sleep(1000)\n\nwait_for_godot()\n"
    with front(tmp_path, code, import_timeout=1) as held:
        failed = held.settled()

        assert "did not load the code within 1 s" in failed["error"]
        assert "wait_for_godot" in failed["error"]


def test_code_that_holds_the_interpreters_lock_is_ended_all_the_same(tmp_path: Path) -> None:
    """Scar: D#24050."""
    code = "import re\n\nre.match('(a+)+$', 'a' * 64 + 'b')\n"
    with front(tmp_path, code, import_timeout=1) as held:
        assert "did not load the code within 1 s" in held.settled()["error"]


def test_code_that_forks_without_end_is_ended_with_all_that_it_forked(tmp_path: Path) -> None:
    code = "import os, time\nfor _ in range(2_000):\n    if os.fork() == 0:\n        time.sleep(60)\ntime.sleep(60)\n"
    with front(tmp_path, code, max_processes=50) as held:
        assert "had more than 50 processes" in held.settled()["error"]
        front_itself = psutil.Process(held.pid)
        held.write(GOOD)
        held.until(lambda status: status["status"] == "LOADED")
        assert len(front_itself.children(recursive=True)) < 5


def test_a_process_that_grows_too_large_is_ended(tmp_path: Path) -> None:
    code = (
        "import time\nleak = bytearray(600_000_000)\nfor i in range(0, len(leak), 4096): leak[i] = 1\ntime.sleep(60)\n"
    )
    with front(tmp_path, code, memory_limit_mb=300) as held:
        assert "held more than 300 MB" in held.settled()["error"]


def test_a_process_that_prints_without_end_is_ended(tmp_path: Path) -> None:
    with front(tmp_path, "while True: print('x' * 10_000)\n", output_limit_mb=2) as held:
        failed = held.settled()

        assert "printed more than 2 MB" in failed["error"]
        assert len(failed["error"]) < 40_000


def test_one_broken_location_leaves_the_others_alone(tmp_path: Path) -> None:
    """Scar: D#2918."""
    with front(tmp_path, "import ctypes\nctypes.string_at(0)\n", name="broken") as broken:
        assert broken.settled()["status"] == "FAILED"
        with front(tmp_path, name="good") as good:
            assert good.settled()["status"] == "LOADED"


def test_code_that_fails_to_load_again_is_shown_while_the_old_code_serves(tmp_path: Path) -> None:
    """Scar: D#33642."""
    with front(tmp_path) as held:
        loaded = held.settled()
        held.write("raise ValueError('halfway through a deploy')\n")
        status = held.client.reload()

        assert status["status"] == "FAILED"
        assert "halfway through a deploy" in status["error"]
        assert status["snapshot"] == loaded["snapshot"]
        assert held.client.index()[0] == loaded["snapshot"]
        held.write(GOOD.replace("first", "second"))
        assert held.client.reload()["status"] == "LOADED"
        assert set(held.client.index()[1]) == {("job", "second")}


def test_a_process_that_dies_after_loading_is_started_again(tmp_path: Path) -> None:
    with front(tmp_path) as held:
        held.settled()
        held.code_process().kill()

        assert "killed by SIGKILL" in held.until(lambda status: status["status"] == "FAILED")["error"]
        held.until(lambda status: status["status"] == "LOADED")
        assert held.client.index()[1]


@pytest.mark.parametrize("place", ["file", "module", "package"])
def test_code_that_is_edited_twice_within_a_second_is_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Cached byte code goes by the second and the size of its source, which are the same here."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    (home := tmp_path / "home of sales").mkdir()
    (home / "sales").mkdir()
    file = home / {"file": "defs.py", "module": "sales_defs.py", "package": "sales/definitions.py"}[place]
    (home / "sales" / "__init__.py").write_text("")
    file.write_text(GOOD)
    os.utime(file, (1_000_000_000, 1_000_000_000))
    named = {
        "file": {},
        "module": {"file": None, "module": "sales_defs"},
        "package": {"file": None, "package": "sales"},
    }
    with front(tmp_path, **named[place]) as held:  # type: ignore[arg-type]
        held.settled()
        for name in ("secon", "third"):
            file.write_text(GOOD.replace("first", name))
            os.utime(file, (1_000_000_000, 1_000_000_000))
            assert held.client.reload()["status"] == "LOADED"
            assert set(held.client.index()[1]) == {("job", name)}


def test_code_in_the_home_cannot_shadow_what_the_front_imports(tmp_path: Path) -> None:
    home = tmp_path / "home of sales"
    home.mkdir()
    for name in ("json", "grpc", "asyncio", "attrs"):
        (home / f"{name}.py").write_text("raise SystemError('shadowed')\n")
    with front(tmp_path) as held:
        assert held.settled()["status"] == "LOADED"


def test_another_interpreter_without_mainspring_is_one_sentence(tmp_path: Path) -> None:
    from mainspring.errors import LocationError

    bare = tmp_path / "bare"
    os.system(f"{sys.executable} -m venv --without-pip {bare}")
    with pytest.raises(LocationError) as raised, front(tmp_path, python=str(bare / "bin" / "python")):
        pass
    assert "has no Mainspring" in str(raised.value)
    with pytest.raises(LocationError, match="cannot be started with python"), front(tmp_path, python="/nowhere/python"):
        pass


def test_its_files_are_its_owners(tmp_path: Path) -> None:
    from mainspring.runtime import runtime_folder

    with front(tmp_path) as held:
        held.settled()
        folder = runtime_folder(held.home)

        assert folder.stat().st_mode & 0o077 == 0
        assert all(each.stat().st_mode & 0o077 == 0 for each in folder.iterdir() if each.suffix in (".sock", ".log"))
        assert textwrap.dedent((next(folder.glob("*.log"))).read_text()) == ""


def test_code_that_hangs_when_it_is_to_be_forked_works_with_processes_that_were_not(tmp_path: Path) -> None:
    code = (
        "import os, time\nos.register_at_fork(before=lambda: time.sleep(1000))\n"
        f"{GOOD}\n@ms.sensor(job=first)\ndef looks():\n    return ms.SkipReason('looked')\n"
        "defs = ms.Definitions(jobs=[first], sensors=[looks])\n"
    )
    with front(tmp_path, code) as held:
        assert held.settled()["start"] == "fork"
        hung = held.code_process()
        (reply,) = map(read_reply, held.client.evaluate([ask_sensor("1", "looks", 30.0)]))

        assert reply.evaluation.skip_reason == "looked", reply.error
        assert held.client.reload()["status"] == "LOADED"
        hung.wait(60)


def test_code_that_dies_again_and_again_once_it_is_loaded_is_waited_for_longer(tmp_path: Path) -> None:
    with front(tmp_path) as held:
        for _ in range(4):
            held.until(lambda status: status["status"] == "LOADED")
            held.code_process().kill()
            held.until(lambda status: status["status"] == "FAILED")
        began = SystemClock().monotonic()
        held.until(lambda status: status["status"] == "LOADED")

        assert SystemClock().monotonic() - began > FIRST_BACK_OFF_SECONDS
