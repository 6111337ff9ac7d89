"""Steps in processes of their own: what they share, how they end, and what is left of them."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from attrs import frozen

import mainspring as ms
from mainspring.errors import DefinitionError
from mainspring.event import StepFailed, StepRetried
from mainspring.storage import RunQuery

pytestmark = pytest.mark.slow


@pytest.fixture(params=["fork", "spawn"])
def executor(request: pytest.FixtureRequest) -> ms.MultiprocessExecutor:
    return ms.MultiprocessExecutor(max_concurrent=2, start=request.param)


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[ms.Instance]:
    with ms.Instance.open(tmp_path / "home") as opened:
        yield opened


@ms.op
def pid() -> int:
    return os.getpid()


@ms.op
def both(pids: list[int]) -> list[int]:
    return pids


@ms.op(out=ms.DynamicOut())
def pieces() -> dict[str, int]:
    return {"a": 1, "b": 2, "c": 3}


@ms.op
def double(piece: int) -> int:
    return piece * 2


@ms.op
def total(values: list[int]) -> int:
    return sum(values)


@ms.op
def die_by_signal() -> int:
    print("about to die", flush=True)  # noqa: T201 - what the test looks for
    os.kill(os.getpid(), signal.SIGSEGV)
    return 1


@ms.op
def leave() -> int:
    os._exit(3)


@ms.op
def raise_error() -> int:
    raise ValueError("no such luck")


@ms.op
def exit_politely() -> int:
    sys.exit(4)


@ms.op(retry=ms.RetryPolicy(max_retries=1))
def die_once(context: ms.OpContext) -> int:
    if context.attempt == 1:
        os._exit(9)
    return context.attempt


@ms.op
def sleep_long() -> int:
    subprocess.run(["sleep", "1000"], check=False)
    return 1


@ms.op
def print_much() -> int:
    line = "x" * 65536
    for _ in range(16384):
        print(line)  # noqa: T201 - what the test looks for
    return 1


@ms.op
def talk(context: ms.OpContext) -> int:
    print("to stdout")  # noqa: T201 - what the test looks for
    print("to stderr", file=sys.stderr)  # noqa: T201 - what the test looks for
    subprocess.run(["echo", "from below"], check=False)
    context.log.info("to the log")
    return 1


@frozen
class Files(ms.Resource[Path]):
    folder: Path

    @contextlib.contextmanager
    def open(self) -> Iterator[Path]:
        (self.folder / f"open-{os.getpid()}").touch()
        yield self.folder
        (self.folder / f"closed-{os.getpid()}").touch()


@ms.op
def wait_for_the_end(*, files: Path = ms.resource()) -> int:
    child = subprocess.Popen(["sleep", "1000"])
    (files / "started").write_text(str(child.pid))
    child.wait()
    return 1


def job_of(executor: ms.Executor, *ops: ms.Op[[], int], **resources: object) -> ms.Job:
    @ms.job(modes=[ms.Mode("processes", resources=resources, executor=executor)])
    def made() -> None:
        for op in ops:
            op()

    return made


def failure(result: ms.RunResult, step: str) -> StepFailed:
    facts = [event.fact for event in result.events if event.step_key == step]
    (found,) = [fact for fact in facts if isinstance(fact, StepFailed)]
    return found


def gone(number: int) -> bool:
    try:
        return bool(psutil.Process(number).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def test_each_step_has_a_process_of_its_own(executor: ms.MultiprocessExecutor, instance: ms.Instance) -> None:
    @ms.job(modes=[ms.Mode("processes", executor=executor)])
    def pids() -> None:
        both([pid(), pid()])

    found = pids.execute(instance=instance).output("both")
    assert len({*found, os.getpid()}) == 3


def test_dynamic_outputs_are_mapped_and_collected(executor: ms.MultiprocessExecutor, instance: ms.Instance) -> None:
    @ms.job(modes=[ms.Mode("processes", executor=executor)])
    def mapped() -> None:
        total(pieces().map(double).collect())

    result = mapped.execute(instance=instance)
    assert result.output("total") == 12
    assert result.output("double") == {"a": 2, "b": 4, "c": 6}


def test_ops_defined_inside_a_function_run_in_spawned_processes(instance: ms.Instance) -> None:
    factor = 7

    @ms.op
    def local(value: int = 6) -> int:
        return value * factor

    executor = ms.MultiprocessExecutor(start="spawn")
    assert job_of(executor, local).execute(instance=instance).output("local") == 42


def test_what_cannot_be_moved_to_another_process_is_refused_in_one_sentence(instance: ms.Instance) -> None:
    import threading

    lock = threading.Lock()

    @ms.op
    def holding() -> bool:
        return lock.locked()

    executor = ms.MultiprocessExecutor(start="spawn")
    result = job_of(executor, holding).execute(instance=instance, raise_on_error=False)
    message = failure(result, "holding").error.message
    assert message.startswith("step 'holding' cannot be moved to a process of its own: ")
    assert "ms.InProcessExecutor" in message


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        (die_by_signal, "its process was killed by SIGSEGV (signal 11)"),
        (leave, "its process exited with code 3 before the op had ended"),
        (raise_error, "no such luck"),
        (exit_politely, "4"),
    ],
)
def test_a_child_that_ends_badly_is_a_failed_step(
    executor: ms.MultiprocessExecutor, instance: ms.Instance, op: ms.Op[[], int], expected: str
) -> None:
    result = job_of(executor, op, pid).execute(instance=instance, raise_on_error=False)
    assert not result.success
    assert expected in failure(result, op.name).error.message
    assert isinstance(result.output("pid"), int), "the other step is not affected"


def test_the_last_output_of_a_child_that_died_is_told(executor: ms.MultiprocessExecutor, instance: ms.Instance) -> None:
    result = job_of(executor, die_by_signal).execute(instance=instance, raise_on_error=False)
    assert "about to die" in failure(result, "die_by_signal").error.message


def test_a_child_that_died_is_tried_again_by_policy(executor: ms.MultiprocessExecutor, instance: ms.Instance) -> None:
    result = job_of(executor, die_once).execute(instance=instance)
    assert result.output("die_once") == 2
    assert [type(event.fact) for event in result.events].count(StepRetried) == 1


def test_a_child_that_hangs_is_ended_with_all_that_it_started(instance: ms.Instance) -> None:
    executor = ms.MultiprocessExecutor(max_concurrent=2, step_timeout=1.0, grace=2.0)
    before = psutil.Process().children(recursive=True)
    result = job_of(executor, sleep_long).execute(instance=instance, raise_on_error=False)
    assert "ran longer than its time-out of 1 s and was ended" in failure(result, "sleep_long").error.message
    assert psutil.Process().children(recursive=True) == before


def test_a_child_that_prints_without_end_is_ended_and_its_log_is_bounded(
    instance: ms.Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    executor = ms.MultiprocessExecutor(output_limit_bytes=1024 * 1024)
    with capsys.disabled(), Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        result = job_of(executor, print_much).execute(instance=instance, raise_on_error=False)
    assert "printed more than 1,048,576 bytes and was ended" in failure(result, "print_much").error.message
    assert len(result.logs("print_much")) < 32 * 1024 * 1024


def test_what_a_child_and_its_own_children_print_and_log_is_kept(
    executor: ms.MultiprocessExecutor, instance: ms.Instance
) -> None:
    result = job_of(executor, talk).execute(instance=instance)
    assert sorted(result.logs("talk").split("\n")) == ["", "from below", "to stdout"]
    assert "to stderr" in result.logs("talk", "stderr")
    assert "INFO mainspring.op: to the log" in result.logs("talk", "log")


def test_warnings_that_a_child_logs_are_shown_where_nobody_else_handles_them(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(WARNING_SCRIPT)
    ended = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "home")], capture_output=True, text=True, timeout=120, check=True
    )
    assert "WARNING mainspring.op: look out" in ended.stderr
    assert ended.stdout.strip() == "0", "what is shown is no output of the step's own"


def test_values_in_the_memory_of_one_process_are_refused_before_anything_runs(instance: ms.Instance) -> None:
    """Scar: D#5554."""
    job = job_of(ms.MultiprocessExecutor(), pid, io_manager=ms.MemoryIOManager())
    with pytest.raises(DefinitionError, match="keeps values in the memory of one process"):
        job.execute(instance=instance)
    with pytest.raises(DefinitionError, match="MemoryIOManager"):
        job_of(ms.MultiprocessExecutor(), pid).execute()


def test_a_fan_out_of_hundreds_leaves_no_process_and_no_descriptor(instance: ms.Instance) -> None:
    ops = [pid.alias(f"pid_{number}") for number in range(300)]

    @ms.job(modes=[ms.Mode("processes", executor=ms.MultiprocessExecutor(max_concurrent=4, start="fork"))])
    def wide() -> None:
        both([op() for op in ops])

    own = psutil.Process()
    wide.execute(instance=instance)
    before, children = own.num_fds(), own.children(recursive=True)
    assert len(set(wide.execute(instance=instance).output("both"))) > 250
    assert own.num_fds() == before
    assert own.children(recursive=True) == children


SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {folder!r})
import mainspring as ms
from test_multiprocess import Files, wait_for_the_end, job_of

executor = ms.MultiprocessExecutor(max_concurrent=2, start={start!r}, grace=3.0)
job = job_of(executor, wait_for_the_end, files=Files(Path({files!r})))
with ms.Instance.open({home!r}) as instance:
    job.execute(instance=instance)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_reaches_children_and_grandchildren_and_runs_tear_downs(
    executor: ms.MultiprocessExecutor, tmp_path: Path, number: signal.Signals
) -> None:
    files, home = tmp_path / "files", tmp_path / "home"
    files.mkdir()
    os.mkfifo(files / "started")
    folder = str(Path(__file__).parent)
    script = SCRIPT.format(folder=folder, start=executor.start, files=str(files), home=str(home))
    process = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL)
    grandchild = int(read_when_written(files / "started"))
    process.send_signal(number)
    assert process.wait(30) != 0
    assert gone(grandchild)
    assert len(list(files.glob("closed-*"))) == 1
    with ms.Instance.open(home) as instance:
        (run,) = instance.storage.runs.find(RunQuery())
        assert run.status is ms.RunStatus.CANCELED
        assert [step.status for step in instance.storage.events.steps(run.run_id)] == ["CANCELED"]


def test_children_end_when_the_process_of_their_run_is_killed(
    executor: ms.MultiprocessExecutor, tmp_path: Path
) -> None:
    files, home = tmp_path / "files", tmp_path / "home"
    files.mkdir()
    os.mkfifo(files / "started")
    folder = str(Path(__file__).parent)
    script = SCRIPT.format(folder=folder, start=executor.start, files=str(files), home=str(home))
    process = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL)
    grandchild = int(read_when_written(files / "started"))
    found = psutil.Process(process.pid).children(recursive=True)
    children = [each for each in found if each.pid != grandchild]
    process.kill()
    process.wait(30)
    psutil.wait_procs(children, 30)
    assert not [each for each in children if each.is_running()]
    if not gone(grandchild):
        psutil.Process(grandchild).kill()
    with ms.Instance.open(home) as instance:
        (run,) = instance.storage.runs.find(RunQuery())
        assert run.status is ms.RunStatus.STARTED, "nobody was left to say otherwise"


def read_when_written(fifo: Path, timeout_seconds: float = 60.0) -> str:
    """Wait until another process writes to a named pipe, and return what it wrote."""
    descriptor = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        ready, _, _ = select.select([descriptor], [], [], timeout_seconds)
        assert ready, f"nobody wrote to {fifo}"
        return os.read(descriptor, 4096).decode()
    finally:
        os.close(descriptor)


def test_a_run_that_is_asked_to_end_starts_no_more_steps(instance: ms.Instance) -> None:
    @frozen
    class Ending(ms.MultiprocessExecutor):
        def execute(self, plan: ms.Plan, run: ms.RunContext) -> Iterator[ms.Event]:
            for event in super().execute(plan, run):
                run.cancel()
                yield event

    result = job_of(Ending(max_concurrent=1), pid, pid, pid).execute(instance=instance, raise_on_error=False)
    assert result.run.status is ms.RunStatus.CANCELED
    assert len(result.state.steps) == 1


WARNING_SCRIPT = """
import sys
import mainspring as ms

@ms.op
def warn(context: ms.OpContext) -> int:
    context.log.warning("look out")
    return 1

@ms.job(modes=[ms.Mode("processes", executor=ms.MultiprocessExecutor(start="fork"))])
def warning():
    warn()

with ms.Instance.open(sys.argv[1]) as instance:
    print(len(warning.execute(instance=instance).logs("warn", "stderr")))
"""


HANGING_SCRIPT = """
import os, signal, sys
import mainspring as ms

@ms.op
def work() -> int:
    return os.getpid()

@ms.job(modes=[ms.Mode("processes", executor=ms.MultiprocessExecutor(start="fork"))])
def hanging():
    work()

os.register_at_fork(after_in_child=signal.pause)
with ms.Instance.open(sys.argv[1]) as instance:
    result = hanging.execute(instance=instance)
    print(result.success, len(instance.storage.events.steps(result.run_id)))
"""


def test_a_fork_that_hangs_before_it_has_done_anything_gives_way_to_a_spawned_process(tmp_path: Path) -> None:
    """So it is where a library's thread holds a lock at the fork; here everything that is forked hangs."""
    script = tmp_path / "script.py"
    script.write_text(HANGING_SCRIPT)
    ended = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "home")], capture_output=True, text=True, timeout=120, check=True
    )
    assert ended.stdout.split() == ["True", "1"]
