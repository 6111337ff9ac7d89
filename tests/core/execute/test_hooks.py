"""Success and failure hooks of ops: when they are called, and what becomes of it when they raise."""

import sys

import pytest

import mainspring as ms
from mainspring.event import HookFailed


class Heard:
    def __init__(self) -> None:
        self.of: list[tuple[str, int, str | None]] = []

    def __call__(self, context: ms.HookContext) -> None:
        said = None if context.error is None else str(context.error)
        self.of.append((context.op.step_key, context.op.attempt, said))


def test_each_outcome_calls_its_own_hooks() -> None:
    good, bad = Heard(), Heard()

    @ms.op(on_success=good, on_failure=bad)
    def work(context: ms.OpContext, fails: bool) -> None:
        if fails:
            raise ValueError("broken")

    @ms.job
    def job() -> None:
        work.alias("works")(False)
        work.alias("fails")(True)

    job.execute(raise_on_error=False)

    assert good.of == [("works", 1, None)]
    assert bad.of == [("fails", 1, "broken")]


def test_a_failure_that_is_tried_again_is_not_one_yet() -> None:
    good, bad = Heard(), Heard()

    @ms.op(on_success=[good], on_failure=[bad], retry=ms.RetryPolicy(max_retries=2))
    def work(context: ms.OpContext, fails: int) -> None:
        if context.attempt <= fails:
            raise ValueError(str(context.attempt))

    @ms.job
    def job() -> None:
        work.alias("at_last")(2)
        work.alias("never")(3)

    job.execute(raise_on_error=False)

    assert good.of == [("at_last", 3, None)]
    assert bad.of == [("never", 3, "3")]


@pytest.mark.parametrize("fails", [False, True], ids=["success", "failure"])
def test_a_hook_that_raises_is_recorded_and_the_outcome_stands(fails: bool) -> None:
    heard = Heard()

    def broken(context: ms.HookContext) -> None:
        raise ValueError("the channel is gone")

    def leaving(context: ms.HookContext) -> None:
        sys.exit(7)

    @ms.op(on_success=[broken, leaving, heard], on_failure=[broken, leaving, heard])
    def work() -> int:
        if fails:
            raise TypeError("own")
        return 1

    @ms.op
    def after(x: int) -> int:
        return x

    @ms.job
    def job() -> None:
        after(work())

    result = job.execute(raise_on_error=False)
    failed = [event.fact for event in result.events if isinstance(event.fact, HookFailed)]

    assert [(fact.hook, fact.error.type) for fact in failed] == [("broken", "ValueError"), ("leaving", "SystemExit")]
    assert len(heard.of) == 1
    assert result.success is not fails
    assert result.state.steps["work"] == ("FAILURE" if fails else "SUCCESS")


def test_hooks_see_the_resources_and_what_they_print_is_kept() -> None:
    def tell(context: ms.HookContext) -> None:
        sys.stdout.write(f"{context.op.resources['channel']} {context.op.run_tags['team']}\n")

    @ms.op(on_success=tell)
    def work() -> None:
        pass

    @ms.job(modes=[ms.Mode("default", resources={"channel": "#data"})], tags={"team": "core"})
    def job() -> None:
        work()

    result = job.execute()

    assert not [event for event in result.events if isinstance(event.fact, HookFailed)]
    assert result.logs("work") == "#data core\n"


def test_skipped_steps_call_no_hooks() -> None:
    heard = Heard()

    @ms.op(out={"some": ms.Out(optional=True)})
    def none() -> dict[str, int]:
        return {}

    @ms.op(on_success=heard, on_failure=heard)
    def read(x: int) -> None:
        pass

    @ms.job
    def job() -> None:
        read(none()["some"])

    assert job.execute().success
    assert heard.of == []
