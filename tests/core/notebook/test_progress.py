"""The line below a cell, drawn without a kernel on a clock that goes when it is told to."""

import threading

import pytest

import mainspring as ms
from mainspring.errors import ConfigError
from mainspring.event import Event
from mainspring.execute import RunOptions, execute_job
from mainspring.notebook import kernel
from mainspring.notebook.markup import Markup
from mainspring.notebook.progress import ProgressDisplay, is_on, watching
from mainspring.testing import VirtualClock
from tests.core.notebook.page import Page


@ms.op
def number() -> int:
    return 1


@ms.op
def double(value: int) -> int:
    return value * 2


@ms.op
def fail(value: int) -> int:
    raise ValueError(value)


@ms.job
def doubled() -> None:
    double(number())


@ms.job
def failing() -> None:
    double(fail(number()))


class Screen:
    """Keeps what is drawn."""

    def __init__(self) -> None:
        self.pages: list[Page] = []

    def __call__(self, markup: Markup) -> None:
        self.pages.append(Page(markup))
        assert self.pages[-1].is_harmless

    @property
    def texts(self) -> list[str]:
        return [page.text for page in self.pages]


def run(job: ms.Job, display: ProgressDisplay, clock: VirtualClock, **options: str) -> ms.RunResult:
    """Run a job whose every event takes a second, and draw after each."""

    def follow(event: Event) -> None:
        display.follow(event)
        display.draw()
        clock.advance(1)

    return execute_job(
        job,
        None,
        RunOptions(**options),  # type: ignore[arg-type]
        instance=ms.Instance.ephemeral(clock=clock),
        raise_on_error=False,
        on_event=follow,
        on_plan=display.begin,
    )


def test_it_says_what_is_done_and_what_is_at_work() -> None:
    clock, screen = VirtualClock(), Screen()
    run(doubled, ProgressDisplay(clock, screen), clock)

    assert "STARTED job doubled · 0 of 2 steps" in screen.texts[0]
    assert any("1 of 2 steps" in each and "at work: double 0.0 ms" in each for each in screen.texts)
    assert "SUCCESS job doubled · 2 of 2 steps" in screen.texts[-1]
    assert "at work" not in screen.texts[-1]


def test_it_says_how_a_run_failed() -> None:
    clock, screen = VirtualClock(), Screen()
    run(failing, ProgressDisplay(clock, screen), clock)

    assert "FAILURE job failing · 2 of 3 steps (1 failed)" in screen.texts[-1]


def test_what_a_run_takes_over_is_not_to_be_done_again() -> None:
    instance, screen = ms.Instance.ephemeral(), Screen()
    parent = failing.execute(instance=instance, raise_on_error=False)
    display = ProgressDisplay(VirtualClock(), screen)
    execute_job(
        failing,
        None,
        RunOptions(parent_run_id=parent.run_id),
        instance=instance,
        raise_on_error=False,
        on_event=display.follow,
        on_plan=display.begin,
    )
    display.draw()

    assert "1 of 2 steps (1 failed)" in screen.texts[-1]


def test_nothing_is_drawn_before_the_run_begins() -> None:
    screen = Screen()
    ProgressDisplay(VirtualClock(), screen).draw()

    assert screen.pages == []


class EndingClock(VirtualClock):
    """Ends whatever waits once ten seconds have passed."""

    def wait(self, signal: threading.Event, timeout_seconds: float) -> bool:
        if self.monotonic() >= 10:
            signal.set()
        return super().wait(signal, timeout_seconds)


def test_it_draws_for_times_sake_once_a_second() -> None:
    clock, screen = EndingClock(), Screen()
    display = ProgressDisplay(clock, screen)
    execute_job(
        doubled,
        None,
        RunOptions(),
        instance=ms.Instance.ephemeral(clock=clock),
        on_event=display.follow,
        on_plan=display.begin,
    )
    display.keep_drawing(threading.Event())

    assert 8 <= len(screen.pages) <= 11


def test_a_display_that_breaks_is_given_up_and_the_run_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    clock, calls = VirtualClock(), []

    def draw(markup: Markup) -> None:
        calls.append(markup)
        raise OSError("the front end has gone")

    result = run(doubled, ProgressDisplay(clock, draw), clock)

    assert result.success
    assert len(calls) == 1
    assert "can no longer be shown" in caplog.text


def test_outside_a_kernel_nothing_is_shown() -> None:
    assert not kernel.in_kernel()
    with watching(VirtualClock()) as display:
        assert display is None


def test_many_steps_at_work_are_counted() -> None:
    clock, screen = VirtualClock(), Screen()
    display = ProgressDisplay(clock, screen)

    @ms.job
    def wide() -> None:
        for _ in range(5):
            number()

    events: list[Event] = []
    execute_job(
        wide, None, RunOptions(), instance=ms.Instance.ephemeral(), on_event=events.append, on_plan=display.begin
    )
    for event in events:
        if event.kind in ("RUN_STARTED", "STEP_STARTED"):
            display.follow(event)
    display.draw()

    assert "and 2 more" in screen.texts[-1]


def test_the_variable_that_turns_it_off_is_on_or_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAINSPRING_NOTEBOOK_PROGRESS", "sometimes")

    with pytest.raises(ConfigError, match="must be on or off, not 'sometimes'"):
        is_on()
