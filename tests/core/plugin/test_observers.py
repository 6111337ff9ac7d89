"""Plugins that observe events."""

import sys

import pytest

import mainspring as ms
from tests.core.plugin.site import Site

OBSERVER = """
import mainspring as ms
seen = []

@ms.hookimpl
def mainspring_event(event):
    seen.append(event.kind)
"""


@ms.op
def one() -> int:
    return 1


@ms.job
def count() -> None:
    one()


def run_with(site: Site) -> ms.RunResult:
    from attrs import evolve

    instance = evolve(ms.Instance.ephemeral(), observers=site.load().observers)
    return count.execute(instance=instance)


def test_an_observer_sees_each_event_once_and_in_order(site: Site) -> None:
    site.install("watcher", OBSERVER)
    result = run_with(site)

    assert sys.modules["watcher_module"].seen == [event.kind for event in result.events]


@pytest.mark.parametrize("raised", ["ValueError('full')", "SystemExit(1)", "GeneratorExit()"])
def test_an_observer_that_raises_is_silenced_once_and_stops_nothing(
    site: Site, raised: str, caplog: pytest.LogCaptureFixture
) -> None:
    site.install("good", OBSERVER)
    site.install("bad", f"{OBSERVER}    raise {raised}")
    result = run_with(site)

    assert result.success
    assert sys.modules["bad_module"].seen == ["RUN_STARTED"]
    assert len(sys.modules["good_module"].seen) == len(result.events)
    assert caplog.text.count("plugin bad observes no more events: ") == 1


def test_an_observer_need_not_take_the_event(site: Site) -> None:
    site.install("counter", "import mainspring as ms\nseen = []\n@ms.hookimpl\ndef mainspring_event(): seen.append(1)")
    result = run_with(site)

    assert len(sys.modules["counter_module"].seen) == len(result.events)


def test_without_observers_there_is_nothing_to_call(site: Site) -> None:
    site.install("idle", "")

    assert site.load().observers == ()
