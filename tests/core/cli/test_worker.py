"""`mainspring worker`, as launchers start it: one attempt of a run, carried out once, or the reason why not."""

import json
import os
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.errors import LaunchError
from mainspring.event import Event, RunStarting
from mainspring.execute import RunOptions, cancel_run, find_run
from mainspring.execute.launched import queue_run
from mainspring.launch import worker_command
from mainspring.location.code import CodeSource, loaded
from mainspring.location.worker_output import worker_file
from mainspring.run import Run
from tests.core.cli.command import Command
from tests.core.cli.processes import call, environment, start

pytestmark = [pytest.mark.integration, pytest.mark.slow]

JOBS = """
import os
import sys
import threading
from pathlib import Path

from attrs import define

import mainspring as ms

HERE = Path(__file__).parent
with (HERE / "loaded").open("a") as file:
    file.write(f"{os.getpid()}\\n")
print("printed while it was loaded")


@define
class Note:
    text: str = "-"


@ms.op
def note(*, config: Note = ms.config()) -> str:
    print("printed by the step")
    os.write(1, b"written by the step\\n")
    with (HERE / "noted").open("a") as file:
        file.write(f"{config.text} {os.getsid(0) == os.getpid()}\\n")
    return config.text


@ms.op
def wait(text: str) -> str:
    try:
        (HERE / "gate").read_text()  # a pipe: this lasts until somebody writes to it
    finally:
        (HERE / "torn_down").touch()
    return text


@ms.op
def leave_thread(text: str) -> None:
    threading.Thread(target=threading.Event().wait).start()


@ms.op
def fail(text: str) -> None:
    raise ValueError(text)


@ms.job
def noting():
    note()


@ms.job
def waiting():
    wait(note())


@ms.job
def leaving():
    leave_thread(note())


@ms.job
def failing():
    fail(note())


defs = ms.Definitions(jobs=[noting, waiting, leaving, failing])
"""

SETTINGS = '[[location]]\nname = "shop"\nfile = "jobs.py"\n'


@pytest.fixture
def home(tmp_path: Path, empty_database: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    shutil.copy(empty_database, folder / "mainspring.db")
    (folder / "jobs.py").write_text(JOBS)
    (folder / "mainspring.toml").write_text(SETTINGS)
    return folder


@pytest.fixture
def instance(home: Path) -> ms.Instance:
    return ms.Instance.open(home)


def queued(instance: ms.Instance, job: str = "noting", **options: object) -> Run:
    assert instance.home is not None
    with loaded(CodeSource(file=str(instance.home / "jobs.py"))) as definitions:
        run = queue_run(definitions.job(job), None, RunOptions(**options), instance=instance, location="shop")  # type: ignore[arg-type]
    (instance.home / "loaded").unlink()
    instance.close()
    return run


def words(home: Path, run: Run, *code: str, attempt: int = 1) -> list[str]:
    return ["worker", "--home", str(home), "--run", run.run_id, "--attempt", str(attempt), *code]


def settled(instance: ms.Instance, run: Run) -> Run:
    found = find_run(instance, run.run_id)
    instance.close()
    return found


def test_it_is_not_shown_to_people(mainspring: Command) -> None:
    assert "worker" not in mainspring("--help").out
    assert mainspring("worker", "--help").code == 0


@pytest.mark.parametrize("code", [("--location", "shop"), ("-f", "home/jobs.py"), ("-m", "home.jobs")], ids=" ".join)
def test_it_carries_a_run_out(home: Path, instance: ms.Instance, code: tuple[str, ...]) -> None:
    run = queued(instance, config={"ops": {"note": {"text": "Grüße"}}})
    assert call(home.parent, *words(home, run, *code)) == (0, "", "")

    assert settled(instance, run).status is ms.RunStatus.SUCCESS
    assert (home / "noted").read_text() == "Grüße True\n"
    printed = worker_file(home, run.run_id, 1).read_text()
    assert printed == "printed while it was loaded\nwritten by the step\n"


def test_the_command_line_of_a_run_starts_its_worker(home: Path, instance: ms.Instance) -> None:
    """It holds nothing of the config, and what stands in the working folder cannot come in between."""
    run = queued(instance, config={"ops": {"note": {"text": "s3cret"}}})
    (home / "click.py").write_text("raise SystemError('shadowed')\n")
    command = worker_command(home, run)
    assert "s3cret" not in shlex.join(command)
    done = subprocess.run(command, cwd=home, env=environment(), capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (home / "noted").read_text() == "s3cret True\n"


def test_there_is_no_command_line_for_a_run_of_no_location(home: Path, instance: ms.Instance) -> None:
    from attrs import evolve

    with pytest.raises(LaunchError, match="belongs to no code location"):
        worker_command(home, evolve(queued(instance), location=None))


@pytest.mark.parametrize("job", ["failing", "leaving"])
def test_how_a_run_ends_is_not_its_workers_exit_code(home: Path, instance: ms.Instance, job: str) -> None:
    """Nor does a thread that is left behind keep it."""
    run = queued(instance, job)

    assert call(home, *words(home, run, "--location", "shop"))[0] == 0
    assert settled(instance, run).status is (ms.RunStatus.FAILURE if job == "failing" else ms.RunStatus.SUCCESS)


def test_a_second_worker_ends_with_the_reason_and_loads_no_code(home: Path, instance: ms.Instance) -> None:
    """Scars: D#16535, D#15325."""
    run = queued(instance)
    assert call(home, *words(home, run, "--location", "shop"))[0] == 0
    code, out, err = call(home, *words(home, run, "--location", "shop"))

    assert (code, out) == (3, "")
    assert err == (
        f"error: attempt 1 of run {run.run_id} was launched, but the run is at attempt 1 and SUCCESS; nothing was done\n"
    )
    assert len((home / "noted").read_text().splitlines()) == 1
    assert len((home / "loaded").read_text().splitlines()) == 1


def test_the_worker_of_a_canceled_run_does_nothing(home: Path, instance: ms.Instance) -> None:
    run = queued(instance)
    cancel_run(instance, run.run_id)
    instance.close()
    code, _, err = call(home, *words(home, run, "--location", "shop"))

    assert (code, "is at attempt 1 and CANCELED" in err) == (3, True)
    assert not (home / "loaded").exists()
    assert not worker_file(home, run.run_id, 1).exists()


@pytest.mark.parametrize(
    ("broken", "options", "reason"),
    [
        ("def broken(:\n", ("--location", "shop"), "SyntaxError"),
        ("import sys\nsys.exit(0)\n", ("--location", "shop"), "sys.exit(0)"),
        (None, ("--location", "shoe"), "there is no location 'shoe'; did you mean 'shop'?"),
        (None, ("-f", "gone.py"), "there is no file gone.py"),
        (None, ("-m", "no.such.module"), "there is no module 'no.such.module'"),
        (
            "import mainspring as ms\n\n@ms.op\ndef a(): pass\n\n@ms.job\ndef other():\n    a()\n",
            ("-f", "jobs.py"),
            "noting",
        ),
    ],
    ids=["syntax", "exit", "location", "file", "module", "job"],
)
def test_code_that_cannot_run_it_fails_the_run_with_the_reason(
    home: Path, instance: ms.Instance, broken: str | None, options: tuple[str, ...], reason: str
) -> None:
    run = queued(instance)
    starting = Event(run_id=run.run_id, run_attempt=1, fact=RunStarting(), timestamp=2.0)
    instance.storage.events.record(run.run_id, 1, [starting])
    instance.close()
    if broken is not None:
        (home / "jobs.py").write_text(broken)
    code, out, err = call(home, *words(home, run, *options))
    found = settled(instance, run)

    assert (code, out) == (3, "")
    assert reason in err
    assert err.splitlines()[-1].startswith("error: ")
    assert found.status is ms.RunStatus.FAILURE
    assert reason in (found.reason or "")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [({"--run": "run-9"}, "there is no run 'run-9'"), ({"--home": "gone"}, "gone"), ({"--attempt": "2"}, "attempt 2")],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_worker_of_nothing_says_so(home: Path, instance: ms.Instance, changed: dict[str, str], reason: str) -> None:
    run = queued(instance)
    line = words(home, run, "--location", "shop")
    for option, value in changed.items():
        line[line.index(option) + 1] = value
    code, out, err = call(home.parent, *line)

    assert (code, out) == (3, "")
    assert reason in err
    assert len(err.splitlines()) == 1
    assert not (home.parent / "gone").exists()
    assert settled(instance, run) == run


@pytest.mark.parametrize(
    "code",
    [
        (),
        ("--location", "shop", "-f", "jobs.py"),
        ("-f", "jobs.py", "-m", "jobs"),
        ("--attempt", "0"),
        ("--attempt", "x"),
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_refused(home: Path, mainspring: Command, code: tuple[str, ...]) -> None:
    run = Run(run_id="run-1", job_name="noting", mode="default", status=ms.RunStatus.QUEUED)

    assert mainspring(*words(home, run, *code)).code == 2


def test_a_sigterm_cancels_the_run(home: Path, instance: ms.Instance) -> None:
    run = queued(instance, "waiting")
    os.mkfifo(home / "gate")
    with start(home, *words(home, run, "--location", "shop")) as worker:
        gate = os.open(home / "gate", os.O_WRONLY)  # opens once the step reads
        worker.send_signal(signal.SIGTERM)
        out, err = worker.communicate(timeout=60)
        os.close(gate)
    found = settled(instance, run)

    assert (worker.returncode, out, err) == (0, "", "")
    assert found.status is ms.RunStatus.CANCELED
    assert (home / "torn_down").exists()


def test_a_run_can_be_canceled_from_elsewhere(home: Path, instance: ms.Instance) -> None:
    """A worker that was started with SIGTERM ignored listens to it all the same."""
    run = queued(instance, "waiting")
    os.mkfifo(home / "gate")
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        worker = start(home, *words(home, run, "--location", "shop"))
    finally:
        signal.signal(signal.SIGTERM, before)
    gate = os.open(home / "gate", os.O_WRONLY)
    code, out, _ = call(home, "run", "cancel", run.run_id, "--home", str(home))
    worker.communicate(timeout=60)
    os.close(gate)

    assert code == 0, out
    assert worker.returncode == 0
    assert settled(instance, run).status is ms.RunStatus.CANCELED


def test_a_home_whose_settings_are_broken_is_one_sentence(home: Path, instance: ms.Instance) -> None:
    run = queued(instance)
    (home / "mainspring.toml").write_text("[instance]\nstorage = 3\n")
    code, _, err = call(home, *words(home, run, "--location", "shop"))

    assert code == 3
    assert "instance.storage: expected text" in err
    assert json.dumps(err).count("error:") == 1
