"""A run under way on a terminal: a line that lives at the bottom, and above it a line for each step that ended."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from attrs import define
from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from mainspring.cli.event_text import say
from mainspring.cli.progress import Display
from mainspring.event import Event, facts
from mainspring.execute.tally import Tally
from mainspring.text import cut, visible

WORKING_SHOWN = 3
"""Steps at work that the line at the bottom names."""

REFRESHES_PER_SECOND = 10
"""How often the screen is drawn, at most, by each of its two causes: events, and time that passes."""

_MARKS: dict[type, tuple[str, str]] = {
    facts.StepSucceeded: ("✓", "green"),
    facts.StepFailed: ("✗", "red"),
    facts.StepRetried: ("↻", "yellow"),
    facts.StepSkipped: ("-", "dim"),
    facts.StepCanceled: ("-", "yellow"),
    facts.StepWaiting: ("…", "dim"),
    facts.HookFailed: ("!", "yellow"),
}


class LiveDisplay(Display):
    """Draws at once while events are few, and several of them at a time where they are many.

    A thread draws what time changes, but not where steps run in processes of their own: those can only be forked from
    a process of one thread.
    """

    def __init__(self, tally: Tally, stream: TextIO) -> None:
        super().__init__(tally, stream)
        console = Console(file=stream, highlight=False, markup=False, emoji=False)
        self._progress = Progress(
            SpinnerColumn(),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[working]}", markup=False),
            console=console,
            auto_refresh=False,
        )
        self._task = self._progress.add_task("", total=self.tally.total, working="")
        self._lines: list[Text] = []
        executor = tally.plan.mode.executor
        self._live = _Screen(
            self._progress, console, has_thread=executor is None or executor.shares_memory, take_lines=self._take_lines
        )
        self._budget = _Budget()

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, event: Event, took_seconds: float | None) -> None:
        mark, style = _MARKS.get(type(event.fact), ("", ""))
        if mark:
            said = visible(f"{event.step_key or 'run'}  {say(event, took_seconds)}")
            self._lines.append(Text(f"{mark} ", style=style).append(said, style="default"))
        self._progress.update(
            self._task, total=self.tally.total, completed=self.tally.done, working=self._say_working()
        )
        is_seen = bool(mark) or isinstance(event.fact, facts.StepStarted)
        if is_seen and self._budget.allows(event.timestamp):
            self._live.refresh()

    def _say_working(self) -> str:
        working = list(self.tally.working)
        more = f" and {len(working) - WORKING_SHOWN} more" if len(working) > WORKING_SHOWN else ""
        return ", ".join(cut(visible(each), 40) for each in working[:WORKING_SHOWN]) + more

    def _take_lines(self) -> list[Text]:
        lines, self._lines = self._lines, []
        return lines


class _Screen(Live):
    """The line at the bottom; whenever it is drawn, what happened since goes above it."""

    def __init__(
        self, progress: Progress, console: Console, *, has_thread: bool, take_lines: Callable[[], list[Text]]
    ) -> None:
        self._take_lines = take_lines
        super().__init__(
            progress,
            console=console,
            auto_refresh=has_thread,
            refresh_per_second=REFRESHES_PER_SECOND,
            transient=True,
        )

    def refresh(self) -> None:
        with self._lock:
            lines = self._take_lines()
            if lines:
                self.console.print(Text("\n").join(lines), soft_wrap=True)
            else:
                super().refresh()


@define
class _Budget:
    """Allows so many drawings a second on average, and that many at once after a quiet second."""

    left: float = REFRESHES_PER_SECOND
    checked_at: float = 0.0

    def allows(self, now: float) -> bool:
        """Take one drawing from what is left, if there is one; `now` is in seconds, on any clock."""
        earned = max(now - self.checked_at, 0) * REFRESHES_PER_SECOND
        self.left = min(self.left + earned, REFRESHES_PER_SECOND)
        self.checked_at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True
