"""What the documentation says of the code and the tests is so."""

import re

import pytest

from mainspring.run.status import TRANSITIONS
from tests.architecture.repository import ROOT

CONCEPTS = ROOT / "docs" / "concepts"
NAMED_TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
ROW = re.compile(r"^\| (\(new\)|`[A-Z]+`) \| ?([^|]*) ?\|$", re.MULTILINE)


def named_tests() -> list[tuple[str, str]]:
    return NAMED_TEST.findall((CONCEPTS / "guarantees.md").read_text("utf-8"))


def test_each_guarantee_has_tests() -> None:
    page = (CONCEPTS / "guarantees.md").read_text("utf-8")
    promises = re.split(r"^\*\*", page.partition("## Not there yet")[0], flags=re.MULTILINE)[1:]

    assert [promise.partition("\n")[0] for promise in promises if not NAMED_TEST.search(promise)] == []


@pytest.mark.parametrize(("file", "name"), named_tests())
def test_a_test_that_the_guarantees_name_exists(file: str, name: str) -> None:
    assert re.search(rf"^ *def {name}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE)


def test_the_transition_table_in_the_documentation_is_the_one_in_the_code() -> None:
    rows = ROW.findall((CONCEPTS / "runs.md").read_text("utf-8"))
    written = {old.strip("`"): set(re.findall(r"`([A-Z]+)`", new)) for old, new in rows}

    assert written == {
        "(new)" if old is None else old.value: {new.value for new in news} for old, news in TRANSITIONS.items()
    }


def test_whatever_the_status_page_names_exists() -> None:
    page = (ROOT / "docs" / "status.md").read_text("utf-8")
    named = re.findall(r"`([\w.-]+/[\w/.-]+)`", page)

    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
