"""A run under way in a notebook: one line below the cell, drawn anew while the run goes on."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import TYPE_CHECKING

from mainspring.errors import ConfigError, shorten
from mainspring.event import Event, RunCanceled, RunFailed, RunState, RunSucceeded
from mainspring.execute.tally import Tally
from mainspring.notebook.elements import OTHER_COLOR, code, color_of, muted, status_mark, view
from mainspring.notebook.kernel import Draw, in_kernel, new_display
from mainspring.notebook.markup import Markup, element
from mainspring.run import RunStatus
from mainspring.text import count, cut, duration

if TYPE_CHECKING:
    from mainspring.clock import Clock
    from mainspring.plan import Plan

_LOGGER = logging.getLogger("mainspring.notebook")

VARIABLE = "MAINSPRING_NOTEBOOK_PROGRESS"
"""The environment variable that turns the display off for a whole kernel."""

LOOK_SECONDS = 0.2
"""How often the display is drawn, at most; and when first, so that a run of a blink flickers nothing."""

TICK_SECONDS = 1.0
"""How often it is drawn for the time's sake alone, while a step is at work."""

WORKING_SHOWN = 3
_ENDS = {
    RunSucceeded: RunStatus.SUCCESS,
    RunFailed: RunStatus.FAILURE,
    RunCanceled: RunStatus.CANCELED,
}


class ProgressDisplay:
    """Follows a run and draws how far it is.

    Following only counts; a thread draws, so that the run waits for no front end.

    Args:
        clock: The time.
        draw: Where to draw.
    """

    def __init__(self, clock: Clock, draw: Draw) -> None:
        self._clock = clock
        self._draw = draw
        self._tally: Tally | None = None
        self._begun = clock.time()
        self._run_id = ""
        self._status = RunStatus.STARTED
        self._lock = threading.Lock()
        self._is_changed = False
        self._has_failed = False
        self._drawn_at = clock.monotonic()

    def begin(self, plan: Plan, taken_over: RunState) -> None:
        """Take the run's steps, and what it need not do again."""
        self._tally = Tally(plan, taken_over)

    def follow(self, event: Event) -> None:
        """Count an event."""
        with self._lock:
            self._run_id = event.run_id
            self._status = _ENDS.get(type(event.fact), self._status)
            if self._tally is not None:
                self._tally.count(event)
            self._is_changed = True

    def keep_drawing(self, is_over: threading.Event) -> None:
        """Draw what changes, and once a second what time changes, until the run is over."""
        while not self._clock.wait(is_over, LOOK_SECONDS):
            if self._is_changed or self._clock.monotonic() - self._drawn_at >= TICK_SECONDS:
                self.draw()

    def draw(self) -> None:
        """Draw how far the run is; nothing before it has begun."""
        with self._lock:
            self._is_changed = False
            self._drawn_at = self._clock.monotonic()
            markup = None if self._tally is None or not self._run_id else self._markup(self._tally)
        if markup is None or self._has_failed:
            return
        try:
            self._draw(markup)
        except Exception:  # who shows a run does not decide how it ends
            self._has_failed = True
            _LOGGER.warning("run %s can no longer be shown", self._run_id, exc_info=True)

    def _markup(self, tally: Tally) -> Markup:
        took = duration(self._clock.time() - self._begun)
        ended = ", ".join(f"{number:,} {how}" for how, number in tally.ended.items() if how != "succeeded")
        return view(
            element(
                "div",
                status_mark(self._status),
                " job ",
                element("b", tally.plan.job_name),
                f" · {tally.done:,} of {count(tally.total, 'step')}",
                f" ({ended})" if ended else "",
                f" · {took}",
                muted(" · run ", code(self._run_id)),
            ),
            _bar(tally, self._status),
            "" if self._status.is_final else muted(*self._working(tally)),
        )

    def _working(self, tally: Tally) -> list[object]:
        now = self._clock.time()
        parts: list[object] = []
        for key, since in list(tally.working.items())[:WORKING_SHOWN]:
            parts += [", " if parts else "at work: ", code(cut(key, 60)), f" {duration(now - since)}"]
        left = len(tally.working) - WORKING_SHOWN
        return [*parts, f" and {left:,} more"] if left > 0 else parts


@contextmanager
def watching(clock: Clock) -> Iterator[ProgressDisplay | None]:
    """Show a run below the cell at hand while inside; give None where there is no kernel, or where it is turned off.

    Raises:
        ConfigError: The variable that turns it off says neither `on` nor `off`.
    """
    if not in_kernel() or not is_on():
        yield None
        return
    display = ProgressDisplay(clock, new_display())
    is_over = threading.Event()
    drawing = threading.Thread(
        target=copy_context().run, args=(display.keep_drawing, is_over), name="mainspring-progress", daemon=True
    )
    drawing.start()
    try:
        yield display
    finally:
        is_over.set()
        drawing.join()
        display.draw()


def is_on() -> bool:
    """Whether the environment leaves the display on.

    Raises:
        ConfigError: Its variable says neither `on` nor `off`.
    """
    text = os.environ.get(VARIABLE, "on")
    if text not in ("on", "off"):
        raise ConfigError("the environment", [(VARIABLE, f"must be on or off, not {shorten(repr(text))}")])
    return text == "on"


def _bar(tally: Tally, status: RunStatus) -> Markup:
    share = 1.0 if tally.total == 0 else min(tally.done / tally.total, 1.0)
    outer = f"background:{OTHER_COLOR}55;border-radius:3px;height:6px;max-width:480px;margin:4px 0"
    inner = f"background:{color_of(status)};border-radius:3px;height:6px;width:{share:.1%}"
    return element("div", element("div", style=inner), style=outer)
