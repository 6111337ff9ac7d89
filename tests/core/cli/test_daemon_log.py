"""What a daemon says while it works."""

import json
import logging
from typing import Any

import pytest

from mainspring.cli.daemon_log import OWN, said_on_stderr

PLUGINS = logging.getLogger("mainspring.plugin")
LOCATIONS = logging.getLogger("mainspring.location.keeper")


def fail() -> None:
    raise ValueError("halfway")


def says() -> None:
    OWN.info("it is %s", "at work")
    LOCATIONS.info("a detail")
    LOCATIONS.warning("look \x1b[31mout")
    try:
        fail()
    except ValueError:
        LOCATIONS.exception("it failed")


def test_text_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    with said_on_stderr("text"):
        says()

    assert capsys.readouterr().err.splitlines() == [
        "note: it is at work",
        "warning: look \\x1b[31mout",
        "warning: it failed",
    ]


def test_json_is_an_object_a_line_with_all_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with said_on_stderr("json"):
        says()
        PLUGINS.warning("a plugin is odd")
    said = capsys.readouterr().err

    assert "\x1b" not in said
    found: list[dict[str, Any]] = [json.loads(line) for line in said.splitlines()]
    assert [(each["level"], each["logger"], each["message"]) for each in found] == [
        ("info", "mainspring.cli.daemon", "it is at work"),
        ("info", "mainspring.location.keeper", "a detail"),
        ("warning", "mainspring.location.keeper", "look \x1b[31mout"),
        ("error", "mainspring.location.keeper", "it failed"),
        ("warning", "mainspring.plugin", "a plugin is odd"),
    ]
    assert all(each["time"].endswith("Z") for each in found)
    assert "ValueError: halfway" in found[3]["exception"]


def test_loggers_are_left_as_they_were(capsys: pytest.CaptureFixture[str]) -> None:
    ours = logging.getLogger("mainspring")
    before = ours.level, list(ours.handlers), OWN.level, list(PLUGINS.handlers), PLUGINS.propagate
    for log_format in ("text", "json"):
        with said_on_stderr("text" if log_format == "text" else "json"):
            assert ours.handlers

    assert (ours.level, list(ours.handlers), OWN.level, list(PLUGINS.handlers), PLUGINS.propagate) == before
