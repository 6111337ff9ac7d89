"""Runs that wait for a worker, and the worker: it carries an attempt out once, or says why not and has done nothing."""

import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field, frozen

import mainspring as ms
from mainspring.errors import MainspringError, SelectionError, StorageError, SupersededError, UnknownNameError
from mainspring.event import Event, RunFailed, RunQueued, RunStarted, RunStarting
from mainspring.execute import RunOptions, cancel_run, find_run
from mainspring.execute.launched import prepare_launched, queue_run
from mainspring.execute.recorder import Recorder
from mainspring.execute.worker import own_identity
from mainspring.run import Run

done: list[str] = []
"""The steps that were executed, in order; each test begins with none."""

broken: set[str] = set()
"""The steps that fail."""


@pytest.fixture(autouse=True)
def afresh() -> None:
    done.clear()
    broken.clear()


def work(context: ms.OpContext) -> None:
    done.append(context.step_key)
    if context.step_key in broken:
        raise ValueError(f"{context.step_key} is broken")


@define
class Window:
    days: int = 3
    token: str = field(default="none", repr=False)


@ms.op
def fetch(context: ms.OpContext, *, config: Window = ms.config()) -> int:
    work(context)
    return config.days


@ms.op
def double(context: ms.OpContext, number: int) -> int:
    work(context)
    return number * 2


@ms.op
def report(context: ms.OpContext, number: int, *, region: str = ms.resource()) -> str:
    work(context)
    return f"{number} in {region}"


MODES = [ms.Mode("dev", resources={"region": "local"}), ms.Mode("prod", resources={"region": "eu"})]


@ms.job(modes=MODES, tags={"team": "data"})
def sales() -> None:
    report(double(fetch()))


DEFINITIONS = ms.Definitions(jobs=[sales])


def queued(instance: ms.Instance, mode: str | None = "dev", **options: Any) -> Run:
    return queue_run(sales, mode, RunOptions(**options), instance=instance, location="shop")


def record(instance: ms.Instance, run: Run, *facts: Any) -> None:
    recorder = Recorder(instance.storage.events, instance.clock, run.run_id, run.attempt, (), instance.crash_point)
    recorder.write([recorder.event(each) for each in facts])


def carry_out(instance: ms.Instance, run: Run, definitions: ms.Definitions = DEFINITIONS) -> Run:
    launched = prepare_launched(definitions, run.run_id, run.attempt, instance)
    launched.carry_out(launched.claim())
    return find_run(instance, run.run_id)


def everything(instance: ms.Instance, run: Run) -> tuple[Run, list[Event], list[Any]]:
    """Return all that is recorded of a run."""
    events, steps = instance.storage.events.read(run.run_id), instance.storage.events.steps(run.run_id)
    return find_run(instance, run.run_id), events, steps


def check_failed(instance: ms.Instance, run: Run, reason: str) -> None:
    """Check that an attempt failed before anything was executed, for one reason, which is recorded."""
    found, events, steps = everything(instance, run)

    assert found.status is ms.RunStatus.FAILURE
    assert reason in (found.reason or "")
    assert "\n" not in (found.reason or "")
    assert (steps, done) == ([], [])
    assert [each.kind for each in events][-1] == "RUN_FAILURE"


def test_a_queued_run_is_recorded_whole_and_nothing_is_executed(instance: ms.Instance) -> None:
    run = queued(instance, "prod", config={"ops": {"fetch": {"days": 5}}}, tags={"who": "me"}, run_key="k")
    found, events, steps = everything(instance, run)

    assert found == run
    assert (found.status, found.location, found.mode) == (ms.RunStatus.QUEUED, "shop", "prod")
    assert (found.started_at, found.worker) == (None, None)
    assert (found.tags, found.run_key) == ({"team": "data", "who": "me"}, "k")
    assert [each.fact for each in events] == [RunQueued()]
    assert (steps, done) == ([], [])
    assert instance.storage.runs.queued(5) == [run]


@pytest.mark.parametrize("launching", [False, True], ids=["QUEUED", "STARTING"])
def test_a_worker_carries_a_waiting_run_out(instance: ms.Instance, launching: bool) -> None:
    run = queued(instance, config={"ops": {"fetch": {"days": 5}}})
    if launching:
        record(instance, run, RunStarting())
    ended = carry_out(instance, run)

    assert ended.status is ms.RunStatus.SUCCESS
    assert ended.worker == own_identity(interruptible=ended.worker is not None and ended.worker.interruptible)
    assert ended.started_at is not None
    assert DEFINITIONS.load_output(run.run_id, "report", instance=instance) == "10 in local"
    assert done == ["fetch", "double", "report"]
    kinds = [each.kind for each in instance.storage.events.read(run.run_id) if each.step_key is None]
    assert kinds == ["RUN_QUEUED", *["RUN_STARTING"] * launching, "RUN_STARTED", "RUN_SUCCESS"]


def test_a_run_whose_step_fails_has_failed(instance: ms.Instance) -> None:
    broken.add("double")
    ended = carry_out(instance, queued(instance))

    assert ended.status is ms.RunStatus.FAILURE
    assert "double is broken" in (ended.reason or "")


def test_observers_see_the_run_from_its_queue_to_its_end(instance: ms.Instance) -> None:
    seen: list[str] = []
    observed = evolve(instance, observers=(lambda event: seen.append(event.kind),))
    carry_out(observed, queued(observed))

    assert seen[:2] == ["RUN_QUEUED", "RUN_STARTED"]
    assert seen[-1] == "RUN_SUCCESS"


@pytest.mark.parametrize("launching", [False, True], ids=["QUEUED", "STARTING"])
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"job_name": "sale"}, "there is no job 'sale'; did you mean 'sales'?"),
        ({"mode": "staging"}, "there is no mode 'staging' in job 'sales'"),
        ({"config": {"ops": {"fetch": {"days": "many"}}}}, "ops.fetch.days"),
        ({"config": {"ops": {"gone": {}}}}, "gone"),
        ({"config": {"ops": {"fetch": {"token": {"env": "NOT_SET_ANYWHERE"}}}}}, "NOT_SET_ANYWHERE"),
        ({"selection": ("gone+",)}, "gone"),
        ({"parent_run_id": "run-0"}, "there is no run 'run-0'"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_what_the_job_refuses_fails_the_run_for_one_reason(
    instance: ms.Instance, changes: dict[str, Any], reason: str, launching: bool
) -> None:
    """The code may have changed since the run was queued; whatever does not fit then, the run does not hang."""
    run = Run(**{"run_id": "run-1", "job_name": "sales", "mode": "dev", "status": ms.RunStatus.QUEUED, **changes})
    instance.storage.runs.create(run, [Event(run_id="run-1", run_attempt=1, fact=RunQueued(), timestamp=1.0)])
    if launching:
        record(instance, run, RunStarting())
    with pytest.raises(MainspringError) as raised:
        prepare_launched(DEFINITIONS, "run-1", 1, instance)

    assert reason in str(raised.value)
    check_failed(instance, run, reason)


class Quit(BaseException):
    """What no `except Exception` sees."""


@pytest.mark.parametrize(
    "raised",
    [ZeroDivisionError("by nothing"), RecursionError("too\ndeep"), SystemExit(3), Quit("\ud800"), MemoryError()],
    ids=repr,
)
def test_code_that_raises_while_the_run_is_made_ready_fails_it(instance: ms.Instance, raised: BaseException) -> None:
    @frozen(eq=False)
    class Region(ms.Resource[str]):
        @property
        def open(self) -> Any:
            raise raised

    hostile = evolve(sales, modes={"dev": ms.Mode("dev", {"region": Region()})})
    run = queued(instance)
    with pytest.raises(MainspringError, match=type(raised).__name__):
        prepare_launched(ms.Definitions(jobs=[hostile]), run.run_id, 1, instance)

    check_failed(instance, run, f"job 'sales' cannot be made ready to run: {type(raised).__name__}")


def test_a_run_is_not_failed_for_what_its_database_does(instance: ms.Instance) -> None:
    """It says nothing of the job; whoever launched it tries again."""
    run = queued(instance, parent_run_id=carry_out(instance, queued(instance)).run_id)
    done.clear()
    before = everything(instance, run)

    class Broken:
        def read(self, run_id: str, **options: Any) -> list[Event]:
            raise StorageError("the database has gone away")

        def __getattr__(self, name: str) -> Any:
            return getattr(instance.storage.events, name)

    unlucky = evolve(instance, storage=evolve(instance.storage, events=Broken()))
    with pytest.raises(StorageError, match="gone away"):
        prepare_launched(DEFINITIONS, run.run_id, 1, unlucky)

    assert everything(instance, run) == before
    assert carry_out(instance, run).status is ms.RunStatus.SUCCESS


def test_a_second_worker_does_nothing(instance: ms.Instance) -> None:
    """Guarantee: one execution an attempt. Both were ready before one of them claimed."""
    run = queued(instance)
    first, second = (prepare_launched(DEFINITIONS, run.run_id, 1, instance) for _ in range(2))
    started = first.claim()
    before = everything(instance, run)
    with pytest.raises(SupersededError):
        second.claim()

    assert everything(instance, run) == before
    assert first.carry_out(started) is ms.RunStatus.SUCCESS
    with pytest.raises(SupersededError, match="nothing was done"):
        prepare_launched(DEFINITIONS, run.run_id, 1, instance)
    assert done == ["fetch", "double", "report"]


def test_a_worker_that_cannot_get_ready_leaves_the_run_of_one_that_did_alone(instance: ms.Instance) -> None:
    """As where the code, or a variable, is missing on the host of a second worker."""
    run = queued(instance)
    first = prepare_launched(DEFINITIONS, run.run_id, 1, instance)
    claimed: list[Event] = []

    class Late(ms.Definitions):
        def job(self, name: str) -> ms.Job:
            claimed.append(first.claim())
            raise UnknownNameError("job", name, ())

    with pytest.raises(UnknownNameError):
        prepare_launched(Late(jobs=[sales]), run.run_id, 1, instance)

    assert find_run(instance, run.run_id).status is ms.RunStatus.STARTED
    assert first.carry_out(claimed[0]) is ms.RunStatus.SUCCESS


def cancel(instance: ms.Instance, run: Run) -> None:
    cancel_run(instance, run.run_id)


def give_up(instance: ms.Instance, run: Run) -> None:
    record(instance, run, RunFailed("no worker came up in time"))


def follow(instance: ms.Instance, run: Run) -> None:
    give_up(instance, run)
    started = Event(run_id=run.run_id, run_attempt=2, fact=RunStarted(), timestamp=2.0)
    instance.storage.runs.begin_attempt(run.run_id, 1, own_identity(interruptible=False), [started])


@pytest.mark.parametrize("overtake", [cancel, give_up, follow], ids=["canceled", "given up", "followed"])
@pytest.mark.parametrize("ready", [False, True], ids=["not ready", "ready"])
def test_a_late_worker_does_nothing(
    instance: ms.Instance, overtake: Callable[[ms.Instance, Run], None], ready: bool
) -> None:
    """Scars: D#16535, D#15325. It comes after its attempt was given up, or is overtaken just before it claims."""
    run = queued(instance)
    record(instance, run, RunStarting())
    begin: Callable[[], object] = partial(prepare_launched, DEFINITIONS, run.run_id, 1, instance)
    if ready:
        begin = prepare_launched(DEFINITIONS, run.run_id, 1, instance).claim
    overtake(instance, run)
    before = everything(instance, run)
    with pytest.raises(SupersededError):
        begin()

    assert everything(instance, run) == before
    assert done == []


@pytest.mark.parametrize("attempt", [0, 2, -1])
def test_another_attempt_is_not_carried_out(instance: ms.Instance, attempt: int) -> None:
    run = queued(instance)
    with pytest.raises(SupersededError, match=f"attempt {attempt} of run"):
        prepare_launched(DEFINITIONS, run.run_id, attempt, instance)

    assert instance.storage.runs.queued(5) == [run]


def test_a_run_that_there_is_not_is_one_sentence(instance: ms.Instance) -> None:
    with pytest.raises(UnknownNameError, match="there is no run 'run-9'"):
        prepare_launched(DEFINITIONS, "run-9", 1, instance)


@pytest.fixture
def failed(instance: ms.Instance) -> Run:
    """A run whose middle step failed."""
    broken.add("double")
    run = carry_out(instance, queued(instance, "prod", config={"ops": {"fetch": {"days": 4}}}))
    broken.clear()
    done.clear()
    return run


def test_a_run_that_executes_another_again_takes_over_what_ended_well(instance: ms.Instance, failed: Run) -> None:
    run = queued(instance, None, parent_run_id=failed.run_id)

    assert (run.mode, run.config, run.parent_run_id) == ("prod", failed.config, failed.run_id)
    assert carry_out(instance, run).status is ms.RunStatus.SUCCESS
    assert done == ["double", "report"]
    assert DEFINITIONS.load_output(run.run_id, "report", instance=instance) == "8 in eu"


def test_a_selection_of_a_run_is_executed_again(instance: ms.Instance, failed: Run) -> None:
    completed = carry_out(instance, queued(instance, None, parent_run_id=failed.run_id))
    done.clear()
    run = queued(instance, None, parent_run_id=completed.run_id, selection="double")

    assert carry_out(instance, run).status is ms.RunStatus.SUCCESS
    assert done == ["double"]
    assert run.selection == ("double",)


def test_a_selection_is_all_that_a_run_executes(instance: ms.Instance) -> None:
    carry_out(instance, queued(instance, selection=["fetch", "double"]))

    assert done == ["fetch", "double"]


@pytest.mark.parametrize(
    ("mode", "options", "error"),
    [
        ("staging", {}, UnknownNameError),
        ("dev", {"selection": "gone"}, SelectionError),
        ("dev", {"config": {"ops": {"fetch": {"days": "many"}}}}, ms.ConfigError),
        ("dev", {"parent_run_id": "run-0"}, UnknownNameError),
    ],
)
def test_what_can_be_refused_is_refused_before_the_run_is_queued(
    instance: ms.Instance, mode: str, options: dict[str, Any], error: type[MainspringError]
) -> None:
    with pytest.raises(error):
        queued(instance, mode, **options)

    assert instance.storage.runs.queued(5) == []


def test_another_jobs_run_is_not_executed_again(instance: ms.Instance, failed: Run) -> None:
    other = evolve(sales, name="other")
    with pytest.raises(MainspringError, match="is of job 'sales', not of 'other'"):
        queue_run(other, None, RunOptions(parent_run_id=failed.run_id), instance=instance)


@pytest.mark.parametrize("token", [ms.EnvVar("SHOP_TOKEN"), {"env": "SHOP_TOKEN"}], ids=["EnvVar", "plain"])
def test_secrets_are_read_by_the_worker_and_stored_nowhere(
    instance: ms.Instance, home: Path, monkeypatch: pytest.MonkeyPatch, token: Any
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "t0p-s3cret")
    seen: list[str] = []

    @ms.op
    def fetch(*, config: Window = ms.config()) -> int:
        seen.append(config.token)
        return config.days

    @ms.job
    def secretive() -> None:
        fetch()

    options = RunOptions(config={"ops": {"fetch": {"token": token}}})
    run = queue_run(secretive, None, options, instance=instance)
    assert run.config == {"ops": {"fetch": {"token": {"env": "SHOP_TOKEN"}}}}
    assert carry_out(instance, run, ms.Definitions(jobs=[secretive])).status is ms.RunStatus.SUCCESS
    instance.close()

    assert seen == ["t0p-s3cret"]
    with sqlite3.connect(home / "mainspring.db") as connection:
        assert "t0p-s3cret" not in "\n".join(connection.iterdump())
    connection.close()
    assert [each for each in home.rglob("*") if each.is_file() and b"t0p-s3cret" in each.read_bytes()] == []
