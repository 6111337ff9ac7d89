"""The driver of a crash test: runs the real processes of a home, kills them, and has the books checked at the end."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from mainspring.audit import Finding
from mainspring.clock import Clock, SystemClock
from mainspring.errors import MainspringError
from mainspring.instance import Instance
from mainspring.testing.crash.bookkeeping import report_of
from mainspring.testing.crash.crew import Crew
from mainspring.testing.crash.doom import arm, met
from mainspring.testing.crash.folder import DOOM, LOG, crash_folder
from mainspring.testing.crash.history import WEIGHTS, Blow, How, Intent, intents, victim_of
from mainspring.testing.crash.points import POINTS
from mainspring.testing.crash.processes import Kind
from mainspring.testing.crash.readiness import deaf_sockets, failed_to_load, refuse_strangers, waiting_to_load
from mainspring.testing.crash.report import CrashTestError, Report
from mainspring.testing.crash.settling import unsettled

END_SECONDS = 20.0
"""How long daemons may take to end that were told to."""

_VICTIM_SECONDS = 1.0
"""How long a process of the chosen kind is waited for, until another one is killed in its place."""

_LATE_SECONDS = 4.0
"""How long any process is waited for that is soon there again, until a daemon is killed in its place."""

_PROVOKE_SECONDS = 3.0
"""How long a point is waited for until what has it reached is done again."""

_POLL_SECONDS = 0.02


class CrashDriver:
    """Runs a home's daemons with all behind them, and ends any of these processes at any moment.

    It is for homes that are made for tests: whatever the home's automations do, they do. Leaving it kills what is left.

    Args:
        home: The home.
        daemons: How many daemons are at work at a time; one that was killed is replaced.
        seed: Where the dice begin; drawn and told unless given.
        patience_seconds: How long it may take until something happens that must.
        tell: Called with what is to be read: the seed at first, the tally at the end. On stderr unless given.
    """

    def __init__(
        self,
        home: str | os.PathLike[str],
        daemons: int = 1,
        seed: int | None = None,
        *,
        patience_seconds: float = 90.0,
        tell: Callable[[str], object] = lambda text: sys.stderr.write(f"{text}\n"),
    ) -> None:
        self.home = Path(home).absolute()
        self.seed = random.SystemRandom().randrange(2**32) if seed is None else seed
        self.blows: list[Blow] = []
        self.instance = Instance.open(self.home)
        self._number = daemons
        self._patience_seconds = patience_seconds
        self._tell = tell
        self._folder = crash_folder(self.home)
        self._crew = Crew(self.home, self._folder, self.instance)
        self._clock: Clock = SystemClock()
        self._began_at = self._clock.monotonic()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)  # or the daemons would outlive it
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._crew.end_all()
        self.instance.close()

    def start(self) -> None:
        """Start the daemons, and wait until they have loaded all locations.

        Raises:
            MainspringError: Another daemon is at work on this home.
            CrashTestError: A location cannot be loaded.
        """
        refuse_strangers(self.instance)
        self._crew.prepare()
        self._tell(f"crash test of {self.home}: seed {self.seed}, daemons: {self._number}")
        for _ in range(self._number):
            self._crew.start_daemon()
        self._wait(
            lambda: not waiting_to_load(self.instance),
            lambda: failed_to_load(self.instance) or waiting_to_load(self.instance) or "",
        )

    def pause(self, seconds: float) -> None:
        """Let the processes work for a while."""
        self._clock.wait(threading.Event(), seconds)

    def processes(self, kind: Kind) -> list[int]:
        """Return the numbers of the processes of one kind."""
        return self._crew.find()[kind]

    def kill(self, victim: Kind | int) -> Blow:
        """Kill a process with SIGKILL; a daemon is replaced.

        Args:
            victim: Its number, or its kind: the first of these as soon as there is one.
        """
        return self._send(victim, signal.SIGKILL, "killed")

    def kill_one(self, kind: Kind) -> Blow | None:
        """Kill the first process of a kind, if there is one now."""
        return self._try_to_send(kind, signal.SIGKILL, "killed")

    def stop_and_continue(self, victim: Kind | int, seconds: float) -> Blow:
        """Stop a process with SIGSTOP and let it go on later, as one that was paged out, or a machine that was suspended.

        Args:
            victim: Its number, or its kind.
            seconds: For how long; a daemon's lease is taken over after 5.
        """
        blow = self._send(victim, signal.SIGSTOP, "stopped")
        self._continue(blow, seconds)
        return blow

    def at_point(
        self, point: str, provoke: Callable[[], object] = lambda: None, stop_seconds: float | None = None
    ) -> Blow:
        """Have the next process killed that reaches a named point, and wait until it was.

        Args:
            point: The point's name, one of `POINTS`.
            provoke: Has the point reached, where it is not anyway: a file that arrives, a run that is queued. It is called
                every few seconds until that has come about, and must not wait for it.
            stop_seconds: For how long it is stopped there with SIGSTOP, rather than killed.

        Raises:
            CrashTestError: The point was not reached in time.
        """
        known = {name: kind for kind, names in POINTS.items() for name in names}
        if point not in known:
            raise MainspringError(f"there is no crash point {point!r}; the points are {', '.join(known)}")
        before = len(met(self._folder))
        arm("kill" if stop_seconds is None else "stop", point, self._folder)
        self._wait(lambda: len(met(self._folder)) > before, lambda: f"{point} was never reached", provoke)
        pid, _ = met(self._folder)[-1]
        is_daemon = any(each.pid == pid for each in self._crew.daemons)
        kind = Kind.DAEMON if is_daemon else known[point]
        if stop_seconds is None:
            self._wait(lambda: self._crew.is_gone(pid), lambda: f"process {pid} did not die")
            return self._note("killed", kind, pid, point)
        blow = self._note("stopped", kind, pid, point)
        self._continue(blow, stop_seconds)
        return blow

    def at_random(
        self,
        kills: int,
        between: Callable[[random.Random], object] = lambda dice: None,
        weights: Mapping[Kind, int] = WEIGHTS,
    ) -> None:
        """Kill processes at random moments.

        Args:
            kills: How many.
            between: Called before each with dice of the test's own, to give the home something to do.
            weights: How often a process of each kind is chosen.
        """
        dice = random.Random(self.seed)
        for intent in intents(self.seed, kills, weights):
            between(dice)
            self.pause(intent.wait_seconds)
            late_at = self._clock.monotonic() + _LATE_SECONDS
            self._wait(partial(self._strike, intent, late_at), lambda: "there is nothing to kill")

    def settle(self, until: Callable[[], bool] = lambda: True) -> None:
        """Wait until all runs are over that are there by now.

        Args:
            until: What is waited for before: that everything which is to ask for runs has done so.

        Raises:
            CrashTestError: For as long as its patience lasts nothing came to its end.
        """
        self._wait(until, lambda: "what the test waits for has not come")
        now = self._clock.time()
        while left := unsettled(self.instance.storage, now):
            said = f"it does not settle: {min(left)} is not done, nor are {len(left) - 1} others"
            self._wait(lambda left=left: unsettled(self.instance.storage, now) != left, lambda said=said: said)  # type: ignore[misc]

    def end(self) -> Report:
        """End the daemons and check the books; tell the tally.

        Raises:
            CrashTestError: Something does not add up.
        """
        self._wait(lambda: not deaf_sockets(self.home), lambda: f"{deaf_sockets(self.home)} are not opened anew")
        late = self._crew.terminate(END_SECONDS)
        if late:
            raise self._failure(
                f"daemon {late[0]} did not end within {END_SECONDS:g} s; its log is {self._folder / LOG}"
            )
        until = self._clock.monotonic() + self._patience_seconds
        while any(self._crew.find().values()) and self._clock.monotonic() < until:
            self.pause(_POLL_SECONDS)
        report = report_of(self.instance, self.home, self.seed, self.blows, self._crew.find())
        self._tell(str(report))
        report.check()
        return report

    def _send(self, victim: Kind | int, number: signal.Signals, how: How) -> Blow:
        sent: list[Blow] = []

        def send() -> bool:
            blow = self._try_to_send(victim, number, how)
            sent.extend(() if blow is None else (blow,))
            return blow is not None

        self._wait(send, lambda: f"there is no process {victim} to be found")
        return sent[0]

    def _try_to_send(self, victim: Kind | int, number: signal.Signals, how: How) -> Blow | None:
        """Send a signal to a process of the home, if it is there."""
        for kind, pids in self._crew.find().items():
            for pid in pids:
                if victim in (kind, pid) and self._crew.send(pid, number):
                    return self._note(how, kind, pid)
        return None

    def _continue(self, blow: Blow, seconds: float) -> None:
        self.pause(seconds)
        self._crew.send(blow.pid, signal.SIGCONT)

    def _strike(self, intent: Intent, late_at: float) -> bool:
        """Kill what is meant, or what there is in its place; return whether something was killed."""
        until = self._clock.monotonic() + _VICTIM_SECONDS
        found = self._crew.find()
        while not found[intent.kind] and self._clock.monotonic() < until:
            self.pause(_POLL_SECONDS)
            found = self._crew.find()
        victim = victim_of(intent, found, is_late=self._clock.monotonic() >= late_at)
        if victim is None or not self._crew.send(victim[1], signal.SIGKILL):
            return False
        self._note("killed", *victim)
        return True

    def _note(self, how: How, kind: Kind, pid: int, point: str | None = None) -> Blow:
        blow = Blow(self._clock.monotonic() - self._began_at, how, kind, pid, point)
        self.blows.append(blow)
        if how == "killed" and self._crew.bury(pid):
            self._crew.start_daemon()
        return blow

    def _wait(
        self, is_so: Callable[[], bool], said: Callable[[], str], provoke: Callable[[], object] = lambda: None
    ) -> None:
        began_at = provoked_at = self._clock.monotonic()
        provoke()
        while not is_so():
            now = self._clock.monotonic()
            alone = self._crew.ended_alone()
            if alone is not None or now - began_at >= self._patience_seconds:
                (self._folder / DOOM).unlink(missing_ok=True)
                raise self._failure(alone or f"{said()}, though {self._patience_seconds:g} s have passed")
            if now - provoked_at >= _PROVOKE_SECONDS:
                provoked_at = now
                provoke()
            self.pause(_POLL_SECONDS)

    def _failure(self, said: str) -> CrashTestError:
        return CrashTestError(Report(self.seed, tuple(self.blows), (Finding("progress", str(self.home), said),)))
