"""Code locations on the command line; those that open one for real are marked."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import mainspring as ms
from mainspring.run import RunStatus
from tests.core.cli.command import SALES, Command, Write
from tests.core.cli.processes import start

TWO = """
[[location]]
name = "sales"
file = "sales.py"

[[location]]
name = "broken"
file = "broken.py"
"""
PATIENCE_SECONDS = 60.0


@pytest.fixture
def two(write: Write, tmp_path: Path) -> Path:
    """A home with a location that loads and one that does not."""
    write("mainspring.toml", TWO)
    write("sales.py", SALES)
    write("broken.py", "def f():\n    raise ValueError('halfway')\n\nf()\n")
    return tmp_path


def test_locations_are_listed_before_anybody_has_opened_them(mainspring: Command, two: Path) -> None:
    outcome = mainspring("location", "list", "--json")

    assert outcome.code == 0
    assert [(each["name"], each["status"], each["jobs"]) for each in outcome.json] == [
        ("broken", "LOADING", 0),
        ("sales", "LOADING", 0),
    ]
    assert "nobody has opened it yet" in outcome.json[0]["error"]
    assert not (two / "mainspring.db").exists()


def test_a_home_without_locations_says_where_to_put_one(mainspring: Command, write: Write) -> None:
    write("mainspring.toml", "")
    outcome = mainspring("location", "list")

    assert (outcome.code, outcome.out) == (0, "")
    assert "put a [[location]] table into mainspring.toml" in outcome.err
    assert mainspring("location", "list", "--json").json == []


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["location", "show", "sale"], "there is no location 'sale'; did you mean 'sales'?"),
        (["location", "check", "sale"], "there is no location 'sale'; did you mean 'sales'?"),
        (["location", "reload", "sale"], "there is no location 'sale'; did you mean 'sales'?"),
        (["location", "reload", "sales"], "location 'sales' is not open, so there is nothing to load anew"),
        (["job", "launch", "ingest"], "there is nothing in home"),
    ],
)
@pytest.mark.usefixtures("two")
def test_what_is_not_there_is_one_sentence(mainspring: Command, words: list[str], complaint: str) -> None:
    outcome = mainspring(*words)

    assert outcome.code == 1
    assert complaint in outcome.complaint


def test_settings_that_are_wrong_are_told_by_every_command(mainspring: Command, write: Write) -> None:
    write("mainspring.toml", '[[location]]\nname = "sales"\nmodul = "sales"\n')
    for words in (["location", "list"], ["location", "check"], ["location", "reload"], ["daemon"]):
        outcome = mainspring(*words)
        assert outcome.code == 1
        assert "location[0]: unknown key 'modul'; did you mean 'module'?" in outcome.complaint


@pytest.mark.integration
@pytest.mark.slow
def test_checking_loads_the_code_and_says_how_that_went(mainspring: Command, two: Path) -> None:
    one, both = mainspring("location", "check", "sales"), mainspring("location", "check", "--json")

    assert (one.code, one.out) == (0, "sales: LOADED\n")
    assert both.code == 1
    assert [(each["name"], each["status"]) for each in both.json] == [("sales", "LOADED"), ("broken", "FAILED")]
    assert "broken.py:2 cannot be loaded: ValueError: halfway" in both.json[1]["error"]
    assert "in f" in both.json[1]["traceback"]
    assert not (two / "mainspring.db").exists()


class Deployed:
    """A home with a daemon at work."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.process = start(home, "daemon")
        self.instance: ms.Instance | None = None

    def until(self, name: str, status: str) -> None:
        for _ in range(int(PATIENCE_SECONDS / 0.05)):
            if (self.home / "mainspring.db").exists():
                self.instance = self.instance or ms.Instance.open(self.home)
                found = self.instance.storage.locations.get(name)
                if found is not None and found.status == status:
                    return
            assert self.process.poll() is None, self.process.communicate()
            _pause()
        raise AssertionError(f"{name} never became {status}")

    def ended(self, run_id: str) -> ms.RunStatus:
        assert self.instance is not None
        for _ in range(int(PATIENCE_SECONDS / 0.05)):
            run = self.instance.storage.runs.get(run_id)
            assert run is not None
            if run.status.is_final:
                return run.status
            _pause()
        raise AssertionError(f"{run_id} never ended")

    def close(self) -> tuple[int, str]:
        if self.instance is not None:
            self.instance.close()
        self.process.terminate()
        _, err = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, err


def _pause() -> None:
    threading.Event().wait(0.05)


@pytest.fixture
def deployed(two: Path) -> Iterator[Deployed]:
    deployed = Deployed(two)
    deployed.until("sales", "LOADED")
    deployed.until("broken", "FAILED")
    yield deployed
    if deployed.process.poll() is None:
        deployed.close()


@pytest.mark.integration
@pytest.mark.slow
def test_a_daemon_opens_them_and_starts_what_is_queued(mainspring: Command, deployed: Deployed) -> None:
    rows = {each["name"]: each for each in mainspring("location", "list", "--json").json}
    assert (rows["sales"]["status"], rows["sales"]["jobs"], rows["sales"]["start"]) == ("LOADED", 3, "fork")
    assert rows["sales"]["is_open"] is True
    assert rows["broken"]["status"] == "FAILED"
    shown = mainspring("location", "show", "broken")
    assert "ValueError: halfway" in shown.out
    assert "in f" in shown.out

    run = mainspring("job", "launch", "ingest", "--config", "ops.fetch.days = 3", "--tag", "a=b", "--json").json
    assert (run["status"], run["location"], run["tags"]) == ("QUEUED", "sales", {"team": "data", "a": "b"})
    followed = mainspring("run", "logs", "-f", run["run_id"])
    assert "fetch | fetching" in followed.out
    assert deployed.ended(run["run_id"]) is RunStatus.SUCCESS
    failing = mainspring("job", "launch", "sales:broken", "--json").json
    assert deployed.ended(failing["run_id"]) is RunStatus.FAILURE

    (deployed.home / "broken.py").write_text(SALES)  # mended, and nobody has restarted anything
    deployed.until("broken", "LOADED")
    assert "several code locations have a job 'ingest'; name one of" in mainspring("job", "launch", "ingest").complaint
    assert mainspring("location", "reload", "sales").out == "sales: LOADED\n"
    acts = mainspring("instance", "audit", "--limit", "2", "--json").json
    assert [(each["action"], each["subject"]) for each in acts] == [
        ("location reload", "location:sales"),
        ("job launch", f"run:{failing['run_id']}"),
    ]
    code, said = deployed.close()
    assert code == 0
    assert "runs that were started go on" in said
    assert {each["is_open"] for each in mainspring("location", "list", "--json").json} == {False}
    queued = mainspring("job", "launch", "sales:ingest", "--mode", "prod", "--json").json  # while all is down
    assert (queued["status"], queued["mode"]) == ("QUEUED", "prod")


@pytest.mark.integration
@pytest.mark.slow
@pytest.mark.usefixtures("deployed")
def test_what_a_job_cannot_take_is_refused_before_it_is_queued(mainspring: Command) -> None:
    refusals: dict[str, list[str]] = {
        "there is no job 'inges' in any code location (broken is FAILED); did you mean 'ingest'?": ["inges"],
        "there is no job 'ingest' in location 'sale'": ["sale:ingest"],
        "there is no mode 'staging' in job 'ingest'; there is: dev, prod": ["ingest", "--mode", "staging"],
        "ops: there is no op 'fetsch'; did you mean 'fetch'?": ["ingest", "--config", "ops.fetsch.days = 1"],
        "unknown key 'op'; did you mean 'ops'?": ["ingest", "--config", "op.fetch.days = 1"],
        "it is not TOML": ["ingest", "--config", "days"],
    }
    for complaint, words in refusals.items():
        outcome = mainspring("job", "launch", *words)
        assert outcome.code == 1
        assert complaint in outcome.complaint
    assert mainspring("run", "list", "--json").json == []


@pytest.mark.integration
def test_the_daemon_without_a_location_says_so(mainspring: Command, write: Write, tmp_path: Path) -> None:
    write("mainspring.toml", "")
    process: Any = start(tmp_path, "daemon")
    line = process.stderr.readline()
    process.terminate()
    _, rest = process.communicate(timeout=PATIENCE_SECONDS)

    assert "the settings name no location, so no run can be started" in line
    assert process.returncode == 0
    assert "Traceback" not in rest
