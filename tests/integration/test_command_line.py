"""The command as people call it: a process of its own, in a shell, on a terminal, or as another user."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.storage import RunQuery
from tests.core.cli.processes import PROGRAM, call, environment, on_terminal, start

pytestmark = pytest.mark.integration

JOBS = """
import os
import threading

import mainspring as ms


@ms.op
def first() -> int:
    print("[bold]first[/bold]")
    return 1


@ms.op
def wait(number: int) -> int:
    print("waiting", flush=True)
    threading.Event().wait()
    return number


@ms.op
def fail(number: int) -> int:
    raise ValueError("[red]no[/red] \\x1b[31m")


@ms.op(out=ms.DynamicOut())
def many(number: int) -> dict[str, int]:
    return {str(each): each for each in range(300)}


@ms.op
def double(number: int) -> int:
    return number * 2


@ms.job
def good():
    double(first())


@ms.job
def bad():
    fail(first())


@ms.job
def endless():
    wait(first())


@ms.job
def long():
    many(first()).map(double)


@ms.job(modes=[ms.Mode("apart", executor=ms.MultiprocessExecutor())])
def apart():
    double(first())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file of jobs in it."""
    (tmp_path / "jobs.py").write_text(JOBS)
    return tmp_path


def runs_in(home: Path) -> list[tuple[str, str]]:
    with ms.Instance.open(home) as instance:
        return [(run.job_name, run.status.value) for run in instance.storage.runs.find(RunQuery())]


def test_a_piped_run_is_plain_lines(folder: Path) -> None:
    code, out, err = call(folder, "job", "run", "good", "-f", "jobs.py", "--home", "home")

    assert (code, err) == (0, "")
    assert "\x1b" not in out
    assert "[bold]first[/bold]\n" in out
    assert "  double  succeeded in " in out
    assert runs_in(folder / "home") == [("good", "SUCCESS")]


def test_a_run_on_a_terminal_is_live(folder: Path) -> None:
    code, screen = on_terminal(folder, ["job", "run", "bad", "-f", "jobs.py", "--home", "home"], {})

    assert code == 1
    assert "1/2" in screen or "2/2" in screen
    assert "✓" in screen
    assert "✗" in screen
    assert "[bold]first[/bold]" in screen
    assert "ValueError: [red]no[/red] \\x1b[31m" in screen, "data is neither markup nor escapes"
    assert "no[/red] \x1b[31m" not in screen
    assert "look further with: mainspring run show " in screen


def test_many_steps_on_a_terminal_are_all_told(folder: Path) -> None:
    code, screen = on_terminal(folder, ["job", "run", "long", "-f", "jobs.py"], {})

    assert code == 0
    assert len(set(re.findall(r"✓ .*?(double\[\d+\])  succeeded", screen))) == 300
    assert "302/302" in screen


def test_steps_in_processes_of_their_own_are_shown_live(folder: Path) -> None:
    code, screen = on_terminal(folder, ["job", "run", "apart", "-f", "jobs.py", "--home", "home"], {})

    assert code == 0
    assert "[bold]first[/bold]" in screen
    assert screen.count("✓") == 2


def test_no_color_is_respected(folder: Path) -> None:
    _, screen = on_terminal(folder, ["job", "run", "bad", "-f", "jobs.py"], {}, NO_COLOR="1")

    assert "\x1b[3" not in screen
    assert "\x1b[1m" not in screen.replace("\x1b[1A", "")


def test_a_dumb_terminal_gets_plain_lines(folder: Path) -> None:
    code, screen = on_terminal(folder, ["job", "run", "good", "-f", "jobs.py"], {}, TERM="dumb")

    assert code == 0
    assert "\x1b" not in screen


def test_ctrl_c_on_a_terminal_cancels_the_run(folder: Path) -> None:
    words = ["job", "run", "endless", "-f", "jobs.py", "--home", "home"]

    code, screen = on_terminal(folder, words, {"waiting": b"\x03"})

    assert code == 130
    assert "was canceled: interrupted" in screen
    assert "Traceback" not in screen
    assert screen.rstrip().count("\x1b[?25l") == screen.count("\x1b[?25h"), "the cursor is there again"
    assert runs_in(folder / "home") == [("endless", "CANCELED")]


def test_an_interrupt_of_a_piped_run_cancels_it(folder: Path) -> None:
    with start(folder, "job", "run", "endless", "-f", "jobs.py", "--home", "home") as process:
        assert process.stdout is not None
        while "waiting" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "ended CANCELED" in out
    assert len(err.splitlines()) == 1
    assert runs_in(folder / "home") == [("endless", "CANCELED")]


def test_a_reader_that_goes_away_does_not_disturb_the_run(folder: Path) -> None:
    with start(folder, "job", "run", "long", "-f", "jobs.py", "--home", "home") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()

    assert (process.returncode, err) == (0, "")
    assert runs_in(folder / "home") == [("long", "SUCCESS")]


def test_a_reader_of_a_list_may_go_away(folder: Path) -> None:
    call(folder, "job", "run", "long", "-f", "jobs.py", "--home", "home")
    run_id = json.loads(call(folder, "run", "list", "--home", "home", "--json")[1])[0]["run_id"]

    with start(folder, "run", "logs", run_id, "--events", "--home", "home") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()

    assert err == ""


def test_an_encoding_that_lacks_the_characters_shows_escapes(folder: Path) -> None:
    code, out, err = call(folder, "job", "run", "good", "-f", "jobs.py", "--tag", "name=売上", "--home", "home")
    assert (code, err) == (0, "")

    code, out, _ = call(folder, "run", "list", "--home", "home", PYTHONIOENCODING="latin-1")

    assert code == 0
    assert "name=\\u58f2\\u4e0a" in out


def without_privileges(words: list[str], folder: Path) -> tuple[int, str]:
    """Call the command as a user to whom the permissions of files apply, which they don't to root."""
    drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    if drop and shutil.which(drop[0]) is None:
        pytest.skip("runs as root, and there is no setpriv to give its privileges up")
    done = subprocess.run(
        [*drop, *PROGRAM, *words], cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


@pytest.fixture
def locked() -> Iterator[Callable[[Path, int], None]]:
    """Take permissions away, and give them back when the test is over."""
    changed: list[Path] = []

    def lock(path: Path, mode: int) -> None:
        changed.append(path)
        path.chmod(mode)

    yield lock
    for path in changed:
        path.chmod(0o755)


def test_a_home_that_may_not_be_written_is_told_of(folder: Path, locked: Callable[[Path, int], None]) -> None:
    home = folder / "home"
    home.mkdir()
    locked(home, 0o555)

    code, err = without_privileges(["job", "run", "good", "-f", "jobs.py", "--home", "home"], folder)

    assert code == 1
    assert err.startswith("error: storage sqlite:///")
    assert "Permission denied" in err
    assert len(err.splitlines()) == 1
    assert list(home.iterdir()) == []


def test_a_home_in_a_folder_that_may_not_be_written_is_told_of(
    folder: Path, locked: Callable[[Path, int], None]
) -> None:
    locked(folder, 0o555)

    code, err = without_privileges(["job", "run", "good", "-f", "jobs.py", "--home", "home"], folder)

    assert code == 1
    assert "cannot be made: Permission denied" in err
    assert len(err.splitlines()) == 1
    assert not (folder / "home").exists()


def test_a_file_that_may_not_be_read_is_told_of(folder: Path, locked: Callable[[Path, int], None]) -> None:
    locked(folder / "jobs.py", 0o000)

    code, err = without_privileges(["job", "list", "-f", "jobs.py"], folder)

    assert code == 1
    assert "Permission denied" in err
    assert len(err.splitlines()) == 1


def test_a_database_that_may_not_be_written_is_told_of(folder: Path, locked: Callable[[Path, int], None]) -> None:
    call(folder, "job", "run", "good", "-f", "jobs.py", "--home", "home")
    for each in [*(folder / "home").rglob("*"), folder / "home"]:
        locked(each, 0o555 if each.is_dir() else 0o444)

    code, err = without_privileges(["job", "run", "good", "-f", "jobs.py", "--home", "home"], folder)

    assert code == 1
    assert err.startswith("error: storage sqlite:///")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [["instance", "info", "--home", "home"], ["run", "list", "--home", "home"]])
def test_a_full_disk_fails_the_command_in_one_sentence(folder: Path, words: list[str], unbuffered: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    call(folder, "job", "run", "good", "-f", "jobs.py", "--home", "home")

    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, *words],
            cwd=folder,
            env=environment(PYTHONUNBUFFERED=unbuffered),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert done.returncode == 1
    assert done.stderr == "error: the system refused: No space left on device\n"


def test_a_working_directory_that_is_gone_is_told_of(folder: Path) -> None:
    gone = folder / "gone"
    gone.mkdir()
    script = f"cd {gone} && rmdir {gone} && exec {sys.executable} -P -m mainspring run list"

    done = subprocess.run(["sh", "-c", script], env=environment(), capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("error: ")
