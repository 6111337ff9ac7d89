"""Failed steps are tried again: how often, after how long, and what goes on meanwhile."""

from collections.abc import Callable, Iterator
from itertools import count

import attrs
import pytest

import mainspring as ms
from mainspring.event import StepFailed, StepRetried
from mainspring.execute.retry import retry_delay_seconds
from mainspring.storage import RunQuery
from mainspring.testing import VirtualClock


def failing(times: float, policy: ms.RetryPolicy | None, error: Callable[[], Exception] = ValueError) -> ms.Job:
    @ms.op(retry=policy)
    def flaky(context: ms.OpContext) -> int:
        if context.attempt <= times:
            raise error()
        return context.attempt

    @ms.job
    def job() -> None:
        flaky()

    return job


def run(job: ms.Job, chance: float = 0.5) -> ms.RunResult:
    instance = attrs.evolve(ms.Instance.ephemeral(clock=VirtualClock()), chance=lambda: chance)
    return job.execute(instance=instance, raise_on_error=False)


def starts(result: ms.RunResult, step: str = "flaky") -> list[float]:
    """Return when a step's attempts began, in seconds after the run did."""
    began = result.events[0].timestamp
    found = [event for event in result.events if event.kind == "STEP_STARTED" and event.step_key == step]
    return [round(event.timestamp - began, 6) for event in found]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (ms.RetryPolicy(max_retries=3, delay=10), [0, 10, 20, 30]),
        (ms.RetryPolicy(max_retries=3, delay=10, backoff="linear"), [0, 10, 30, 60]),
        (ms.RetryPolicy(max_retries=4, delay=10, backoff="exponential"), [0, 10, 30, 70, 150]),
        (ms.RetryPolicy(max_retries=4, delay=10, backoff="exponential", max_delay=25), [0, 10, 30, 55, 80]),
        (ms.RetryPolicy(max_retries=2, delay=10, jitter="full"), [0, 2.5, 5]),
        (ms.RetryPolicy(max_retries=2, delay=10, jitter="equal"), [0, 6.25, 12.5]),
        (ms.RetryPolicy(max_retries=2), [0, 0, 0]),
        (ms.RetryPolicy(max_retries=0), [0]),
        (None, [0]),
    ],
    ids=str,
)
def test_attempts_follow_after_exactly_the_policys_delays(policy: ms.RetryPolicy | None, expected: list[float]) -> None:
    result = run(failing(float("inf"), policy), chance=0.25)

    assert starts(result) == expected
    assert result.run.status is ms.RunStatus.FAILURE
    retried = [event.fact for event in result.events if isinstance(event.fact, StepRetried)]
    assert len(retried) == len(expected) - 1
    assert [row.status for row in result.instance.storage.events.steps(result.run_id)] == [
        *["RETRY"] * (len(expected) - 1),
        "FAILURE",
    ]


def test_a_step_that_succeeds_at_last_counts_as_a_success() -> None:
    result = run(failing(2, ms.RetryPolicy(max_retries=5, delay=1)))

    assert result.output("flaky") == 3
    assert result.state.attempts == {"flaky": 3}


def test_an_op_asks_to_be_tried_again_without_a_policy() -> None:
    def ask() -> Exception:
        return ms.RetryRequested("not ready", max_retries=2, delay=7)

    assert starts(run(failing(2, None, ask))) == [0, 7, 14]
    result = run(failing(9, None, ask))
    assert starts(result) == [0, 7, 14]
    assert result.run.reason == "step 'flaky' failed: RetryRequested: not ready"


def test_what_an_op_asks_for_wins_over_its_policy() -> None:
    result = run(
        failing(9, ms.RetryPolicy(max_retries=9, delay=100), lambda: ms.RetryRequested(max_retries=1, delay=3))
    )

    assert starts(result) == [0, 3]


def test_a_failure_can_end_all_attempts_and_tell_facts() -> None:
    def give_up() -> Exception:
        return ms.Failure("bad file", metadata={"rows": 3}, allow_retries=False)

    result = run(failing(9, ms.RetryPolicy(max_retries=5), give_up))
    (failed,) = [event.fact for event in result.events if isinstance(event.fact, StepFailed)]

    assert starts(result) == [0]
    assert failed.error.metadata == {"rows": 3}
    assert failed.error.message == "bad file"


def test_a_failure_is_otherwise_tried_again_and_keeps_its_facts() -> None:
    result = run(failing(1, ms.RetryPolicy(), lambda: ms.Failure("later", metadata={"rows": 3})))
    (retried,) = [event.fact for event in result.events if isinstance(event.fact, StepRetried)]

    assert result.success
    assert retried.error.metadata == {"rows": 3}


def test_other_steps_go_on_while_one_waits() -> None:
    order = count()
    ran: dict[str, int] = {}

    @ms.op(retry=ms.RetryPolicy(delay=60), priority=9)
    def flaky(context: ms.OpContext) -> int:
        ran[f"flaky {context.attempt}"] = next(order)
        if context.attempt == 1:
            raise ValueError
        return 1

    @ms.op
    def other(context: ms.OpContext, x: int = 0) -> int:
        ran[context.step_key] = next(order)
        return x

    @ms.job
    def job() -> None:
        other.alias("after")(flaky())
        other.alias("second")(other.alias("first")())

    result = run(job)

    assert sorted(ran, key=lambda key: ran[key]) == ["flaky 1", "first", "second", "flaky 2", "after"]
    assert starts(result, "second") == [0]
    assert starts(result, "after") == [60]


def test_each_of_several_waiting_steps_is_woken_in_its_time() -> None:
    @ms.op
    def wait(context: ms.OpContext, seconds: int) -> None:
        if context.attempt == 1:
            raise ms.RetryRequested(delay=seconds)

    @ms.job
    def job() -> None:
        wait.alias("long")(30)
        wait.alias("short")(10)

    result = run(job)

    assert result.success
    assert (starts(result, "long"), starts(result, "short")) == ([0, 30], [0, 10])


def test_a_retry_of_a_mapped_step_is_its_own() -> None:
    @ms.op(out=ms.DynamicOut())
    def keys() -> dict[str, int]:
        return {"a": 1, "b": 2}

    @ms.op(retry=ms.RetryPolicy(delay=5))
    def work(context: ms.OpContext, x: int) -> int:
        if context.mapping_key == "a" and context.attempt == 1:
            raise ValueError
        return x * 10

    @ms.op
    def gather(xs: list[int]) -> int:
        return sum(xs)

    @ms.job
    def job() -> None:
        gather(keys().map(work).collect())

    result = run(job)

    assert result.output("gather") == 30
    assert result.output("work") == {"a": 10, "b": 20}
    assert result.state.attempts["work[a]"] == 2
    assert result.state.attempts["work[b]"] == 1


def test_an_attempt_that_failed_leaves_no_output() -> None:
    @ms.op(out={"good": ms.Out(), "bad": ms.Out()}, retry=ms.RetryPolicy())
    def two(context: ms.OpContext) -> dict[str, int]:
        return {"good": context.attempt} if context.attempt == 1 else {"good": 2, "bad": 3}

    @ms.job
    def job() -> None:
        two()

    result = run(job)

    assert (result.output("two", "good"), result.output("two", "bad")) == (2, 3)
    outputs = [event for event in result.events if event.kind == "STEP_OUTPUT"]
    assert {event.step_attempt for event in outputs} == {2}


class Interrupting(VirtualClock):
    """A clock on which the user presses Ctrl-C as soon as somebody waits."""

    def wait(self, signal: object, timeout_seconds: float) -> bool:
        raise KeyboardInterrupt


def test_an_interrupt_while_waiting_ends_the_run() -> None:
    instance = ms.Instance.ephemeral(clock=Interrupting())

    with pytest.raises(KeyboardInterrupt):
        failing(1, ms.RetryPolicy(delay=60)).execute(instance=instance)

    (run_,) = instance.storage.runs.find(RunQuery())
    assert run_.status is ms.RunStatus.CANCELED
    assert [row.status for row in instance.storage.events.steps(run_.run_id)] == ["RETRY"]


def policies() -> Iterator[ms.RetryPolicy]:
    for backoff in ("constant", "linear", "exponential"):
        for jitter in ("none", "full", "equal"):
            yield ms.RetryPolicy(max_retries=99, delay=2, backoff=backoff, jitter=jitter, max_delay=50)


@pytest.mark.parametrize("policy", list(policies()), ids=str)
def test_no_delay_leaves_its_bounds(policy: ms.RetryPolicy) -> None:
    for attempt in range(1, 100):
        for chance in (0.0, 0.5, 1.0):
            delay = retry_delay_seconds(policy, ValueError(), attempt, chance)
            assert delay is not None
            assert 0 <= delay <= policy.max_delay
    assert retry_delay_seconds(policy, ValueError(), 100, 0.5) is None
