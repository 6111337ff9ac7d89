"""A run that waits for a place in a pool says so."""

from collections.abc import Callable

import pytest

import mainspring as ms
from mainspring.event import RunFailed, RunStarted, StepStarted, StepWaiting
from mainspring.execute.recorder import Recorder
from mainspring.execute.worker import own_identity
from mainspring.run import Run
from tests.core.cli.command import Command

RUN_ID = "0192f3aa-0000-7000-8000-000000000000"


@pytest.fixture
def recorder(home: str) -> Recorder:
    """What records a run that this process carries out, which no signal should end."""
    with ms.Instance.open(home) as instance:
        run = Run(
            run_id=RUN_ID,
            job_name="nightly",
            mode="prod",
            status=ms.RunStatus.STARTED,
            worker=own_identity(interruptible=False),
        )
        recorder = Recorder(instance.storage.events, instance.clock, RUN_ID, 1, (), instance.crash_point)
        instance.storage.runs.create(run, [recorder.event(RunStarted())])
        for key, pool in (("load", "warehouse"), ("load_2", "warehouse"), ("fish", "lake")):
            recorder.write([recorder.event(StepWaiting(pool), key, 1)])
        return recorder


@pytest.fixture
def page(mainspring: Command, home: str, recorder: Recorder) -> Callable[[], list[str]]:
    """What the run's page says of waiting."""

    def shown() -> list[str]:
        lines = mainspring("run", "show", RUN_ID, "--home", home).out.splitlines()
        return [line.split(", since")[0].strip() for line in lines if " for a place in pool " in line]

    return shown


def test_a_page_names_the_pools_and_who_waits_first(page: Callable[[], list[str]]) -> None:
    assert page() == [
        "waits    step 'load' (and 1 more step) for a place in pool warehouse",
        "step 'fish' for a place in pool lake",
    ]


def test_json_lists_all_that_wait(mainspring: Command, home: str, recorder: Recorder) -> None:
    document = mainspring("run", "show", RUN_ID, "--home", home, "--json").json

    assert [(each["step_key"], each["attempt"], each["pool"]) for each in document["waiting"]] == [
        ("load", 1, "warehouse"),
        ("load_2", 1, "warehouse"),
        ("fish", 1, "lake"),
    ]
    assert document["waiting"][0]["since"].endswith("Z")


def test_a_step_that_has_begun_waits_no_more(page: Callable[[], list[str]], recorder: Recorder) -> None:
    recorder.write([recorder.event(StepStarted(), key, 1) for key in ("load", "fish")])

    assert page() == ["waits    step 'load_2' for a place in pool warehouse"]


def test_a_run_that_is_over_waits_no_more(page: Callable[[], list[str]], recorder: Recorder) -> None:
    recorder.write([recorder.event(RunFailed("no"))])

    assert page() == []


def test_the_events_tell_of_it(mainspring: Command, home: str, recorder: Recorder) -> None:
    out = mainspring("run", "logs", RUN_ID, "--events", "--home", home).out

    assert "STEP_WAITING        load  waits for a place in pool warehouse\n" in out
