"""What people do on the command line is in the audit log, with who and when."""

import getpass
import pwd
import socket
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.storage import DefinitionRecord, LocationRecord, LocationStatus
from mainspring.who import this_person
from tests.core.cli.command import Command, Write


@pytest.fixture
def failed(mainspring: Command, sales: str, home: str) -> str:
    """The id of a run that failed, in a home."""
    run_id = mainspring("job", "run", "broken", "-f", sales, "--home", home, "--json").json["run_id"]
    assert isinstance(run_id, str)
    return run_id


def test_a_retry_is_noted_with_who_did_it_and_when(mainspring: Command, sales: str, home: str, failed: str) -> None:
    mainspring("run", "retry", failed, "-f", sales, "--home", home)
    (entry,) = mainspring("instance", "audit", "--home", home, "--json").json

    assert (entry["action"], entry["subject"], entry["who"]) == ("run retry", f"run:{failed}", this_person())
    assert entry["detail"] == {"job": "broken", "attempt": 2}
    assert entry["at"].endswith("Z")


def test_what_is_refused_is_not_noted(mainspring: Command, home: str, failed: str) -> None:
    outcome = mainspring("run", "cancel", failed, "--home", home)

    assert outcome.code == 1
    assert mainspring("instance", "audit", "--home", home, "--json").json == []


def test_launching_and_canceling_are_found_by_subject_and_by_action(mainspring: Command, home: str) -> None:
    mainspring("instance", "migrate", "--home", home)
    with ms.Instance.open(home) as instance:
        location = LocationRecord(name="sales", status=LocationStatus.LOADED)
        body = '{"modes": [{"name": "dev"}], "tags": {}, "ops": []}'
        job = DefinitionRecord(location="sales", kind="job", name="ingest", hash="1", body=body)
        instance.storage.locations.record(location, [job])
    launched = mainspring("job", "launch", "ingest", "--home", home, "--json").json["run_id"]
    mainspring("run", "cancel", launched, "--home", home)

    def found(*words: str) -> list[str]:
        return [each["action"] for each in mainspring("instance", "audit", *words, "--home", home, "--json").json]

    assert found() == ["run cancel", "job launch"]
    assert found("--subject", f"run:{launched}", "--limit", "1") == ["run cancel"]
    assert found("--action", "job launch") == ["job launch"]
    assert found("--subject", "run:another") == []
    page = mainspring("instance", "audit", "--limit", "1", "--home", home)
    assert f"run:{launched}" in page.out
    assert "the next page begins with --before 2" in page.err
    assert found("--before", "2") == ["job launch"]


def test_where_nothing_was_done_that_is_said(mainspring: Command, write: Write, home: str, tmp_path: Path) -> None:
    mainspring("instance", "migrate", "--home", home)
    assert "nothing of that kind was done" in mainspring("instance", "audit", "--home", home).err

    write("mainspring.toml", "")
    outcome = mainspring("instance", "audit", "--json")
    assert (outcome.code, outcome.json) == (0, [])
    assert not (tmp_path / "mainspring.db").exists()


def test_a_person_is_whom_the_system_knows_not_whom_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "somebody else")
    assert getpass.getuser() == "somebody else"
    assert this_person().endswith(f"@{socket.gethostname()}")
    assert "somebody else" not in this_person()


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(number: int) -> pwd.struct_passwd:
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert this_person().startswith("uid ")
