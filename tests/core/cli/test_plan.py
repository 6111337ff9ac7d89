"""`mainspring plan`: the code as it is now, or will be, against what is recorded; nothing is recorded by it."""

from pathlib import Path

import pytest

from tests.core.cli.automations import ORDERS, Orders
from tests.core.cli.command import Command, Write

pytestmark = [pytest.mark.slow, pytest.mark.integration]


def test_code_as_it_is_recorded_changes_nothing(mainspring: Command, orders: Orders) -> None:
    outcome = mainspring("plan")

    assert outcome.code == 0
    assert "nothing changes" in outcome.out
    assert "hourly" in outcome.out.partition("DUE IN 7 DAYS")[2]
    (document,) = mainspring("plan", "--json").json
    assert (document["name"], document["status"], document["changes"]) == ("sales", "LOADED", [])
    assert [(each["name"], each["count"]) for each in document["outlook"]] == [("hourly", 168)]


def test_other_code_is_compared_and_not_recorded(mainspring: Command, orders: Orders, write: Write) -> None:
    other = write(
        "checkout/orders.py",
        ORDERS.replace("every=3600", "every=1800").replace("def quiet", "def still").replace("quiet]", "still]"),
    )
    outcome = mainspring("plan", "sales", "-f", other)

    assert outcome.code == 0
    assert "~ schedule hourly: changed\n    its times change; nothing of the past runs by the new ones" in outcome.out
    assert "- sensor quiet: gone" in outcome.out
    assert "+ sensor still: new" in outcome.out
    assert mainspring("plan", "--json").json[0]["changes"] == []
    assert {each["name"] for each in mainspring("sensor", "list", "--json").json} == {"quiet", "uploads"}


def test_code_that_does_not_load_ends_with_1(mainspring: Command, orders: Orders, write: Write) -> None:
    broken = write("broken.py", "1 / 0")
    outcome = mainspring("plan", "-f", broken)

    assert outcome.code == 1
    assert "ZeroDivisionError" in outcome.err
    (document,) = mainspring("plan", "-f", broken, "--json").json
    assert document["status"] == "FAILED"


def test_a_home_in_which_nothing_was_run(mainspring: Command, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Path(write("fresh/mainspring.toml", '[[location]]\nname = "sales"\nfile = "orders.py"\n')).parent
    write("fresh/orders.py", ORDERS)
    monkeypatch.chdir(home)
    outcome = mainspring("plan")

    assert outcome.code == 0
    assert "+ job ingest: new" in outcome.out
    assert not (home / "mainspring.db").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["seles"], 1, "there is no location 'seles'; did you mean 'sales'?"),
        (["-f", "a.py", "-m", "a"], 2, "--file and --module both name the code; leave one out"),
        (["--days", "-1"], 2, "-1"),
    ],
)
def test_bad_words(mainspring: Command, orders: Orders, words: list[str], code: int, said: str) -> None:
    outcome = mainspring("plan", *words)

    assert outcome.code == code
    assert said in outcome.complaint
