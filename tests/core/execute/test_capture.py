"""What steps print and log is kept with them, and goes on to where it went before."""

# ruff: noqa: T201 - printing is what is tested

import contextlib
import io
import logging
import subprocess
import sys
import threading
from typing import Any

import attrs
import pytest

import mainspring as ms
from mainspring.event import HookFailed
from mainspring.log.port import LogKey, LogPiece, LogStore


@ms.op
def speak(context: ms.OpContext, x: int = 0) -> int:
    print(f"{context.step_key} out")
    print(f"{context.step_key} err", file=sys.stderr)
    context.log.debug("%s log", context.step_key)
    return x


@ms.job
def speaking() -> None:
    speak.alias("second")(speak.alias("first")())


def test_each_step_keeps_its_own_streams(capsys: pytest.CaptureFixture[str]) -> None:
    result = speaking.execute()

    for step in ("first", "second"):
        assert result.logs(step) == f"{step} out\n"
        assert result.logs(step, "stderr").splitlines()[0] == f"{step} err"
        assert result.logs(step, "log").endswith(f" DEBUG mainspring.op: {step} log\n")
    printed = capsys.readouterr()
    assert printed.out == "first out\nsecond out\n"
    assert printed.err.startswith("first err\nsecond err\n")


def test_each_attempt_keeps_its_own(instance: ms.Instance) -> None:
    @ms.op(retry=ms.RetryPolicy())
    def flaky(context: ms.OpContext) -> None:
        print("attempt", context.attempt)
        if context.attempt == 1:
            raise ValueError

    @ms.job
    def job() -> None:
        flaky()

    result = job.execute(instance=instance)

    assert result.logs("flaky") == "attempt 2\n"
    assert result.logs("flaky", attempt=1) == "attempt 1\n"
    assert result.logs("flaky", attempt=3) == ""


@pytest.mark.parametrize("text", ["no newline", "Grüße 🔑 ключ", "a\rb\r\nc", "\ud800 lone", "\0nul", ""], ids=ascii)
def test_text_is_kept_as_it_was_printed(text: str, instance: ms.Instance) -> None:
    @ms.op
    def say() -> None:
        for each in text:
            sys.stdout.write(each)

    @ms.job
    def job() -> None:
        say()

    with contextlib.redirect_stdout(io.StringIO()) as screen:
        in_memory = job.execute()
        in_files = job.execute(instance=instance)

    assert screen.getvalue() == text * 2
    assert in_memory.logs("say") == text
    assert in_files.logs("say") == text.replace("\ud800", "\\ud800")


def test_streams_are_put_back_after_a_failure() -> None:
    before = sys.stdout, sys.stderr, list(logging.getLogger().handlers)

    @ms.op
    def leave() -> None:
        sys.stdout.write("last words")
        sys.exit(1)

    @ms.job
    def job() -> None:
        leave()

    result = job.execute(raise_on_error=False)

    assert (sys.stdout, sys.stderr, list(logging.getLogger().handlers)) == before
    assert result.logs("leave") == "last words"


def test_a_redirection_inside_an_op_is_respected() -> None:
    @ms.op
    def redirected() -> str:
        with contextlib.redirect_stdout(io.StringIO()) as inner:
            print("inside")
        print("outside")
        return inner.getvalue()

    @ms.job
    def job() -> None:
        redirected()

    result = job.execute()

    assert result.output("redirected") == "inside\n"
    assert result.logs("redirected") == "outside\n"


def test_a_run_inside_an_op_keeps_its_output_to_itself() -> None:
    @ms.op
    def outer() -> str:
        print("before")
        inner = speaking.execute()
        print("after")
        return inner.logs("first")

    @ms.job
    def job() -> None:
        outer()

    result = job.execute()

    assert result.output("outer") == "first out\n"
    assert result.logs("outer") == "before\nafter\n"


def test_two_runs_at_once_do_not_mix() -> None:
    barrier = threading.Barrier(2, timeout=30)

    @ms.op
    def chat(context: ms.OpContext) -> None:
        name = context.run_tags["name"]
        for number in range(50):
            barrier.wait()
            sys.stdout.write(f"{name} ")
            print(number)
            context.log.info("%s says %s", name, number)

    @ms.job
    def job() -> None:
        chat()

    before = sys.stdout
    results: dict[str, ms.RunResult] = {}

    def run(name: str) -> None:
        results[name] = job.execute(tags={"name": name})

    threads = [threading.Thread(target=run, args=(name,)) for name in ("ada", "bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for name, result in results.items():
        assert result.logs("chat") == "".join(f"{name} {number}\n" for number in range(50))
        lines = result.logs("chat", "log").splitlines()
        assert [line.partition("mainspring.op: ")[2] for line in lines] == [f"{name} says {n}" for n in range(50)]
    assert sys.stdout is before


def test_a_bad_format_fails_no_step(capsys: pytest.CaptureFixture[str]) -> None:
    @ms.op
    def bad(context: ms.OpContext) -> int:
        with contextlib.suppress(TypeError):  # pytest's own handler raises what the logging module would print
            context.log.info("%d", "three")
        return 1

    @ms.job
    def job() -> None:
        bad()

    assert job.execute().output("bad") == 1
    capsys.readouterr()


class FullDisk(LogStore):
    def __init__(self) -> None:
        self.asked = 0

    def append(self, key: LogKey, text: str) -> None:
        self.asked += 1
        raise OSError(28, "No space left on device")

    def piece(self, key: LogKey, start: int = 0) -> LogPiece:
        return LogPiece("", start)


def test_a_log_that_cannot_be_kept_fails_no_step() -> None:
    logs = FullDisk()
    result = speaking.execute(instance=attrs.evolve(ms.Instance.ephemeral(), logs=logs))
    told = [event for event in result.events if isinstance(event.fact, HookFailed)]

    assert result.success
    assert [(event.step_key, event.kind) for event in told] == [("first", "HOOK_FAILED"), ("second", "HOOK_FAILED")]
    fact: Any = told[0].fact
    assert fact.hook == "keeping the log"
    assert "No space left" in fact.error.message
    assert logs.asked == 2


_WITHOUT_STREAMS = """
import sys
sys.stdout = sys.stderr = None
import logging
import mainspring as ms

@ms.op
def speak(context: ms.OpContext) -> None:
    print("hello")
    sys.stdout.flush()
    logging.getLogger("elsewhere").warning("careful")

@ms.job
def job():
    speak()

result = job.execute()
assert result.logs("speak") == "hello\\n"
assert "careful" in result.logs("speak", "log")
assert sys.stdout is None and sys.stderr is None
"""


@pytest.mark.integration
def test_a_process_without_streams_can_print() -> None:
    subprocess.run([sys.executable, "-c", _WITHOUT_STREAMS], check=True)


_WITHOUT_HANDLERS = """
import logging
import mainspring as ms

@ms.op
def speak(context: ms.OpContext) -> None:
    context.log.info("quiet")
    logging.getLogger("elsewhere").warning("careful")

@ms.job
def job():
    speak()

job.execute()
"""


@pytest.mark.integration
def test_warnings_reach_the_terminal_where_nobody_handles_them() -> None:
    said = subprocess.run([sys.executable, "-c", _WITHOUT_HANDLERS], capture_output=True, text=True, check=True)

    assert "careful" in said.stderr
    assert "quiet" not in said.stderr
