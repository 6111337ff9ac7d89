"""What came of a run: its outputs, its events, its status and what it raises."""

import sys
from collections.abc import Iterator
from typing import Any, NoReturn

import attrs
import pytest

import mainspring as ms
from mainspring.errors import RunFailedError, SupersededError
from mainspring.event import Event, HookFailed, RunFailed, StepFailed, fold
from mainspring.execute import RunOptions, execute_job
from mainspring.plan import Plan


@ms.op
def one() -> int:
    return 1


@ms.op
def inc(x: int) -> int:
    return x + 1


@ms.op
def nothing(x: int) -> None:
    assert x


@ms.job
def chain() -> None:
    nothing(inc(inc(one())))


class WrongError(Exception):
    pass


@ms.op
def fail() -> int:
    raise WrongError("no\nreally not")


@ms.job
def failing() -> None:
    inc.alias("after")(fail())
    inc.alias("beside")(one())


def raising(raised: BaseException) -> ms.Job:
    @ms.op
    def culprit() -> None:
        raise raised

    @ms.job
    def job() -> None:
        culprit()
        one()

    return job


def error_of(result: ms.RunResult, step: str = "culprit") -> Any:
    (found,) = [
        event.fact.error for event in result.events if event.step_key == step and isinstance(event.fact, StepFailed)
    ]
    return found


def test_outputs_are_loaded_by_the_steps_key() -> None:
    result = chain.execute()

    assert result.success
    assert (result.output("one"), result.output("inc"), result.output("inc_2")) == (1, 2, 3)
    assert result.run.status is ms.RunStatus.SUCCESS
    assert result.run.reason is None


@pytest.mark.parametrize(
    ("step", "output", "sentence"),
    [
        ("ink", "result", "there is no step 'ink' in job 'chain'; did you mean 'inc'"),
        ("inc", "reslut", "there is no output 'reslut' in step 'inc'; did you mean 'result'"),
        ("nothing", "result", "none is defined"),
    ],
)
def test_an_output_that_does_not_exist_is_named(step: str, output: str, sentence: str) -> None:
    with pytest.raises(ms.MainspringError, match=sentence):
        chain.execute().output(step, output)


def test_events_tell_the_story_in_order() -> None:
    events = chain.execute().events

    assert [(event.kind, event.step_key) for event in events] == [
        ("RUN_STARTED", None),
        ("STEP_STARTED", "one"),
        ("STEP_OUTPUT", "one"),
        ("STEP_SUCCESS", "one"),
        ("STEP_STARTED", "inc"),
        ("STEP_OUTPUT", "inc"),
        ("STEP_SUCCESS", "inc"),
        ("STEP_STARTED", "inc_2"),
        ("STEP_OUTPUT", "inc_2"),
        ("STEP_SUCCESS", "inc_2"),
        ("STEP_STARTED", "nothing"),
        ("STEP_SUCCESS", "nothing"),
        ("RUN_SUCCESS", None),
    ]
    ids = [event.event_id for event in events]
    assert all(each is not None for each in ids)
    assert ids == sorted(set(ids), key=lambda each: each or 0)


def test_a_failure_raises_from_what_the_op_raised() -> None:
    with pytest.raises(
        RunFailedError, match=r"of job 'failing' ended FAILURE: step 'fail' failed: WrongError: no$"
    ) as caught:
        failing.execute()

    assert isinstance(caught.value.__cause__, WrongError)
    assert caught.value.status == "FAILURE"


def test_a_failure_is_told_where_it_is_not_to_be_raised() -> None:
    result = failing.execute(raise_on_error=False)

    assert not result.success
    assert result.state.steps == {"fail": "FAILURE", "one": "SUCCESS", "beside": "SUCCESS"}
    assert result.output("beside") == 2
    with pytest.raises(ms.ValueNotFound, match="the step did not run"):
        result.output("after")
    with pytest.raises(ms.ValueNotFound, match="the step ended FAILURE"):
        result.output("fail")


def test_the_step_that_failed_first_is_the_reason_and_the_cause() -> None:
    @ms.op(priority=1)
    def zebra() -> None:
        raise ValueError("first")

    @ms.op
    def ant() -> None:
        raise ValueError("second")

    @ms.job
    def both() -> None:
        ant()
        zebra()

    with pytest.raises(RunFailedError, match=r"step 'zebra' failed \(and 1 more\): ValueError: first") as caught:
        both.execute()
    assert str(caught.value.__cause__) == "first"


@pytest.mark.parametrize(
    "raised",
    [
        SystemExit(3),
        GeneratorExit(),
        MemoryError(),
        RecursionError("too deep"),
        StopIteration(1),
        SupersededError("of a run inside the op"),
        ExceptionGroup("several", [ValueError("a"), TypeError("b")]),
    ],
    ids=lambda raised: type(raised).__name__,
)
def test_whatever_an_op_raises_costs_its_own_step_only(raised: BaseException) -> None:
    result = raising(raised).execute(raise_on_error=False)

    assert result.state.steps == {"culprit": "FAILURE", "one": "SUCCESS"}
    assert result.run.status is ms.RunStatus.FAILURE
    assert error_of(result).type == type(raised).__name__


def test_an_op_that_recurses_without_end_fails() -> None:
    @ms.op
    def deeper() -> NoReturn:
        def down() -> NoReturn:
            down()

        down()

    @ms.job
    def job() -> None:
        deeper()
        one()

    result = job.execute(raise_on_error=False)

    assert result.state.steps == {"deeper": "FAILURE", "one": "SUCCESS"}
    assert len(error_of(result, "deeper").traceback) < 25_000


class MuteError(Exception):
    def __str__(self) -> str:
        raise SystemExit("not even this")


class EmptyError(Exception):
    def __len__(self) -> int:
        return 0


def test_an_exception_that_cannot_say_its_message_is_recorded() -> None:
    result = raising(MuteError()).execute(raise_on_error=False)

    assert result.run.reason == "step 'culprit' failed: MuteError: (its message cannot be shown)"


def test_causes_are_kept_even_if_they_are_false() -> None:
    @ms.op
    def culprit() -> None:
        raise ValueError("outer") from EmptyError("inner")

    @ms.job
    def job() -> None:
        culprit()

    error = error_of(job.execute(raise_on_error=False))

    assert (error.type, error.cause.type) == ("ValueError", "EmptyError")


def test_a_chain_of_causes_that_bites_its_tail_ends() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first

    assert not raising(first).execute(raise_on_error=False).success


@pytest.mark.parametrize("text", ["\ud800", "nul \0 here", "🔑" * 30_000], ids=["surrogate", "nul", "long"])
def test_any_message_is_recorded(text: str, instance: ms.Instance) -> None:
    result = raising(ValueError(text)).execute(instance=instance, raise_on_error=False)
    run = instance.storage.runs.get(result.run_id)

    assert run is not None
    assert run.status is ms.RunStatus.FAILURE
    assert fold(result.events).reason == run.reason
    assert (run.reason or "").isprintable()


def test_tracebacks_show_the_users_frames_only() -> None:
    error = error_of(failing.execute(raise_on_error=False), "fail")

    assert "test_outcome.py" in error.traceback
    assert "mainspring/execute" not in error.traceback


class Odd(ms.Executor):
    def execute(self, plan: Plan, run: ms.RunContext) -> Iterator[Event]:
        yield from self.behave(run)

    def behave(self, run: ms.RunContext) -> Iterator[Event]:
        return iter(())


class Raising(Odd):
    def __init__(self, raised: BaseException) -> None:
        self.raised = raised

    def behave(self, run: ms.RunContext) -> Iterator[Event]:
        step = run.next_step()
        assert step is not None
        yield from run.execute_step(step, hold=True)
        raise self.raised


class Silent(Odd):
    """Runs everything and tells nothing."""

    def behave(self, run: ms.RunContext) -> Iterator[Event]:
        while (step := run.next_step()) is not None:
            list(run.execute_step(step))
        return iter(())


class Forgetful(Odd):
    """Returns no iterator at all."""

    def execute(self, plan: Plan, run: ms.RunContext) -> Iterator[Event]:
        return None  # type: ignore[return-value]


def in_mode(job: ms.Job, executor: ms.Executor) -> ms.Job:
    return attrs.evolve(job, modes={"odd": ms.Mode("odd", executor=executor)})


@pytest.mark.parametrize("raised", [ValueError("broken"), SystemExit("broken"), MuteError()], ids=repr)
def test_an_executor_that_raises_fails_the_run(raised: BaseException) -> None:
    result = in_mode(chain, Raising(raised)).execute(raise_on_error=False)

    assert result.run.status is ms.RunStatus.FAILURE
    assert (result.run.reason or "").startswith(f"the executor failed: {type(raised).__name__}")
    assert result.state.steps == {"one": "SUCCESS"}


@pytest.mark.parametrize(
    ("executor", "reason"),
    [(Odd(), "its executor stopped before all steps had run"), (Forgetful(), "the executor failed: TypeError")],
    ids=["nothing", "none"],
)
def test_an_executor_that_does_nothing_fails_the_run(executor: ms.Executor, reason: str) -> None:
    result = in_mode(chain, executor).execute(raise_on_error=False)

    assert result.run.status is ms.RunStatus.FAILURE
    assert reason in (result.run.reason or "")


def test_an_executor_that_yields_nothing_still_runs_the_steps() -> None:
    assert in_mode(chain, Silent()).execute().output("inc_2") == 3


def test_who_follows_a_run_does_not_decide_how_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []

    def follow(event: Event) -> None:
        told.append(event.kind)
        if event.kind == "STEP_STARTED":
            raise BrokenPipeError("the reader has gone")

    result = execute_job(chain, None, RunOptions(), instance=ms.Instance.ephemeral(), on_event=follow)

    assert result.success
    assert told == ["RUN_STARTED", "STEP_STARTED"]
    assert "told no more" in caplog.text


def test_followers_are_told_every_event() -> None:
    told: list[Event] = []
    result = execute_job(chain, None, RunOptions(), instance=ms.Instance.ephemeral(), on_event=told.append)

    assert [event.kind for event in told] == [event.kind for event in result.events]


def test_a_result_says_what_it_is() -> None:
    result = chain.execute()

    assert repr(result) == f"<RunResult {result.run_id} of job 'chain': SUCCESS>"
    with pytest.raises(ms.MainspringError, match="there is no stream 'stdin'"):
        result.logs("one", "stdin")  # type: ignore[arg-type]


def test_an_output_that_cannot_be_pickled_fails_its_step(instance: ms.Instance) -> None:
    @ms.op
    def unpicklable() -> Any:
        return lambda: None

    @ms.job
    def job() -> None:
        unpicklable()
        one()

    result = job.execute(instance=instance, raise_on_error=False)

    assert result.state.steps == {"unpicklable": "FAILURE", "one": "SUCCESS"}
    assert "cannot be pickled" in error_of(result, "unpicklable").message
    assert not any(event.kind == "STEP_OUTPUT" and event.step_key == "unpicklable" for event in result.events)


@pytest.mark.parametrize("partition", ["\ud800", "nul \0", 2026], ids=ascii)
def test_a_partition_that_no_database_keeps_fails_the_step(partition: Any, instance: ms.Instance) -> None:
    @ms.op
    def own(context: ms.OpContext) -> None:
        context.log_materialization(ms.Materialization("lake/raw", partition_key=partition))

    @ms.job
    def job() -> None:
        own()

    result = job.execute(instance=instance, raise_on_error=False)

    assert result.run.status is ms.RunStatus.FAILURE
    assert "the partition of a materialization of lake/raw must be text" in (result.run.reason or "")


def test_a_hook_that_follows_the_end_is_no_part_of_it() -> None:
    """What closing the resources raised is recorded before the outcome, which stands."""

    class Sticky(ms.Resource[int]):
        def open(self) -> Any:
            from contextlib import contextmanager

            @contextmanager
            def opened() -> Iterator[int]:
                yield 1
                sys.exit("stuck")

            return opened()

    @ms.op
    def use(*, sticky: int = ms.resource()) -> int:
        return sticky

    @ms.job(modes=[ms.Mode("default", resources={"sticky": Sticky()})])
    def job() -> None:
        use()

    result = job.execute()
    facts = [event.fact for event in result.events]

    assert result.success
    assert [fact.error.message for fact in facts if isinstance(fact, HookFailed)] == ["stuck"]
    assert not any(isinstance(fact, RunFailed) for fact in facts)
