"""`instance prune`: what goes, what is only told of, and that it is noted."""

from pathlib import Path
from typing import Any

import pytest

import mainspring as ms
from mainspring.cli.instance_prune import swept
from mainspring.daemon.expiry import RunRule
from mainspring.run import RunStatus
from mainspring.testing import VirtualClock
from tests.core.cli.command import Command, Write


@pytest.fixture
def ran(mainspring: Command, sales: str, home: str) -> list[str]:
    """The ids of runs in a home: two that wrote an asset, one that failed after it wrote the same."""
    return [
        mainspring("job", "run", job, "-f", sales, "--home", home, "--json", "--mode", "dev").json["run_id"]
        for job in ("ingest", "ingest")
    ] + [mainspring("job", "run", "broken", "-f", sales, "--home", home, "--json").json["run_id"]]


def left(mainspring: Command, home: str) -> set[str]:
    return {each["run_id"] for each in mainspring("run", "list", "--home", home, "--json").json}


def counts(document: Any) -> dict[str, int]:
    return {f"{each['what']} {each['status']}": each["count"] for each in document["deleted"]}


def test_what_is_older_goes_with_its_logs_and_that_is_noted(mainspring: Command, home: str, ran: list[str]) -> None:
    assert (Path(home) / "logs" / ran[0]).is_dir()
    tried = mainspring("instance", "prune", "--older-than", "0.001s", "--dry-run", "--home", home, "--json").json

    assert tried["dry_run"] is True
    assert left(mainspring, home) == set(ran)
    assert mainspring("instance", "audit", "--home", home, "--json").json == []

    done = mainspring("instance", "prune", "--older-than", "0.001s", "--home", home, "--json").json
    assert done["dry_run"] is False
    assert counts(done) == counts(tried) == {"runs SUCCESS": 1, "runs CANCELED": 0, "runs FAILURE": 0, "ticks None": 0}
    assert left(mainspring, home) == set(ran[1:])  # the last two hold the newest value of the asset in their modes
    assert not (Path(home) / "logs" / ran[0]).exists()
    assert (Path(home) / "logs" / ran[1]).is_dir()
    (entry,) = mainspring("instance", "audit", "--home", home, "--json").json
    assert (entry["action"], entry["subject"]) == ("instance prune", f"instance:{home}")
    assert {"what": "runs", "status": "SUCCESS", "count": 1} in entry["detail"]["deleted"]


def test_what_is_younger_stays(mainspring: Command, home: str, ran: list[str]) -> None:
    outcome = mainspring("instance", "prune", "--older-than", "1d", "--home", home)

    assert outcome.out.startswith("runs that ended SUCCESS before ")
    assert outcome.out.count(": 0 deleted\n") == 4
    assert left(mainspring, home) == set(ran)


def test_without_an_age_the_settings_say(mainspring: Command, write: Write, home: str, ran: list[str]) -> None:
    outcome = mainspring("instance", "prune", "--home", home)
    assert outcome.out.startswith("ticks of sensors that were SKIPPED before ")
    assert "the settings keep runs for ever; name an age with --older-than" in outcome.err

    write("home/mainspring.toml", '[instance.retention]\nruns = 0.001\nskipped_ticks = "forever"\n')
    assert counts(mainspring("instance", "prune", "--home", home, "--json").json) == {
        "runs SUCCESS": 1,
        "runs CANCELED": 0,
        "runs FAILURE": 0,
    }
    assert left(mainspring, home) == set(ran[1:])


@pytest.mark.parametrize("age", ["", "soon", "-3d", "90 days", "1e9d", "9" * 50, "90"])
def test_an_age_that_is_none_is_refused(mainspring: Command, home: str, ran: list[str], age: str) -> None:
    outcome = mainspring("instance", "prune", f"--older-than={age}", "--home", home)

    assert outcome.code == 2
    assert "is no length of time; write a number and s, m, h, d or w, as in 90d" in outcome.complaint
    assert left(mainspring, home) == set(ran)


def test_what_takes_long_tells_how_far_it_has_come(
    home: str, ran: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    class Slow(VirtualClock):
        def monotonic(self) -> float:
            self.advance(0.7)
            return super().monotonic()

    with ms.Instance.open(home, clock=Slow()) as instance:
        rules = [RunRule(each, 0.0) for each in (RunStatus.SUCCESS, RunStatus.FAILURE)]
        numbers = swept(instance, rules, 4e9, is_trial=True)

    assert len(ran) == 3
    assert [numbers[each] for each in rules] == [1, 0]
    assert capsys.readouterr().err == "note: 1 row found so far\n"


def test_an_age_of_nothing_is_refused(mainspring: Command, home: str, ran: list[str]) -> None:
    outcome = mainspring("instance", "prune", "--older-than=0d", "--home", home)

    assert outcome.code == 2
    assert "0 would keep nothing" in outcome.complaint
    assert left(mainspring, home) == set(ran)
