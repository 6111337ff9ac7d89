"""A deployment that is put on trial: its daemon dies at named points, again and again, and its books are checked.

The reconcilers, the storage and the evaluations are real. Time is virtual, a death is an exception that nothing catches,
and workers do what real ones do: claim, begin, write, end; some come twice, some write after they were superseded.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import mainspring as ms
from mainspring.audit import Horizon, examine
from mainspring.daemon.tick.automations import Automations
from mainspring.errors import SupersededError, TransitionError
from mainspring.event import (
    ErrorInfo,
    Event,
    Fact,
    RunCanceled,
    RunCanceling,
    RunFailed,
    RunQueued,
    RunStarted,
    RunSucceeded,
    StepCanceled,
    StepFailed,
    StepStarted,
    StepSucceeded,
)
from mainspring.run import Run, RunStatus
from mainspring.run.queue import QueueRules
from mainspring.storage import ExpiredRuns, RunQuery, Storage
from mainspring.testing import VirtualClock
from tests.core.daemon.tick.deployed import WORKER, Deployed

LIMIT = 2
DEATHS = 0.2
"""The share of the points at which the daemon dies."""

MOST_POINTS = 2_000
"""How many points a history may reach; a tenth of that would do."""

RUN_SECONDS = 10.0
LOST = ErrorInfo("WorkerLost", "its worker is gone")


class Killed(BaseException):
    """The daemon has died."""


class InCirclesError(BaseException):
    """The daemon reaches points without end while no time passes."""


class Trial(Deployed):
    """A deployment whose daemon dies at some of the points that it reaches.

    Args:
        storage: Its storage, on SQLite.
        seed: Decides at which of the points that it reaches the daemon dies.
        database: Where the database is.

    Attributes:
        deaths: Where it has died.
        witness: What ran, outside the database: each run's id and attempt, and what it was for.
    """

    def __init__(self, storage: Storage, seed: int, database: Path) -> None:
        self.database = database
        self._dice = random.Random(seed)
        self._reached = 0
        self.is_doomed = False
        self.deaths: list[str] = []
        self.witness: list[tuple[str, int, str]] = []
        self.files: list[str] = []
        self.rows = 0
        self._at_work: set[str] = set()
        self._most_at_work = 0
        self._begun = 0
        self._due: list[float] = []
        super().__init__(
            storage, rules=QueueRules(max_concurrent_runs=LIMIT), crash_point=self.point, clock=VirtualClock()
        )
        self.began_at = self.clock.time()

    def point(self, name: str) -> None:
        """Die here, if it is time to; at a point that comes with a fault, when it is reached first."""
        if not self.is_doomed:
            return
        self._reached += 1
        if self._reached > MOST_POINTS:
            raise InCirclesError(name)
        if self._dice.random() < DEATHS or (name.startswith("fault.") and name not in self.deaths):
            self.deaths.append(name)
            raise Killed(name)

    def run_history(self) -> list[str]:
        """Let things happen, and return what does not add up afterwards, a sentence each."""
        try:
            found = self._happen()
        except InCirclesError as error:
            found = [f"stuck: the daemon goes in circles at {error}"]
        return list(dict.fromkeys([*found, *self._check_witness()]))

    def _happen(self) -> list[str]:
        """Let things happen, and return what the bookkeeper finds, before old runs are deleted and afterwards."""
        self.offer(self._definitions())
        self.is_doomed = True
        for files, rows in ((2, 2), (0, 1), (7, 8), (1, 0)):
            self.files += [f"file-{len(self.files) + number}" for number in range(files)]
            self.rows += rows
            self.advance(90)
        self.clock.advance(200)  # nobody decides meanwhile
        self.advance(120)
        self._settle()
        before_deletion = [f"{each.rule}: {each.said}" for each in examine(self.storage).findings]
        expired = ExpiredRuns(status=RunStatus.SUCCESS, before=self.clock.time())
        self.storage.retention.delete_runs(expired)
        deleted_at = self.clock.time()
        self.advance(60)
        self._settle()
        horizon = Horizon(deleted_at, deleted_at)
        return [
            *before_deletion,
            *(f"{each.rule}: {each.said}" for each in examine(self.storage, lambda: horizon).findings),
        ]

    def look(self) -> None:
        """Do what is to be done now, with a new daemon where one has died."""
        while True:
            try:
                super().look()
            except Killed:
                self.start_daemon()
            else:
                return

    def start_daemon(self) -> Automations:
        """Begin with nothing known; what a daemon before has not launched goes back into the queue."""
        for run in self.storage.runs.find(RunQuery(statuses=(RunStatus.STARTING,), limit=1000)):
            self.record(run, RunQueued("it was to be started and was not"))
        return super().start_daemon()

    def end(self, run: Run) -> None:
        """Have a worker come to its end: well, canceled, or lost and followed by another one while it still writes."""
        self._ends.pop(run.run_id, None)
        self._at_work.discard(run.run_id)
        self._begun += 1
        match self._begun % 7:
            case 3:
                self._write(run, 1, RunCanceling())
                self._write(run, 1, RunCanceled(), StepCanceled())
                with suppress(SupersededError, TransitionError):
                    self._write(run, 1, RunSucceeded())  # it had not heard of that
            case 5:
                self._write(run, 1, RunFailed("lost", LOST), StepFailed(LOST))
                started = Event(run_id=run.run_id, run_attempt=2, fact=RunStarted(), timestamp=self.clock.time())
                self.storage.runs.begin_attempt(run.run_id, 1, WORKER, [started])
                self._write(run, 2, StepStarted())
                with suppress(SupersededError, TransitionError):
                    self._write(run, 1, StepSucceeded())  # it was not lost at all
                self._write(run, 2, RunSucceeded(), StepSucceeded())
            case _:
                self._write(run, 1, RunSucceeded(), StepSucceeded())
        self.automations.runs_changed()

    def _definitions(self) -> ms.Definitions:
        @ms.op
        def one() -> int:
            return 1

        @ms.job
        def job() -> None:
            one()

        @ms.sensor(job=job, every=20, default_status="running")
        def files() -> Iterator[ms.RunRequest]:
            for name in self.files:
                yield ms.RunRequest(name)

        @ms.sensor(job=job, every=20, default_status="running")
        def rows(context: ms.SensorContext) -> Iterator[ms.RunRequest]:
            for number in range(int(context.cursor or "0"), self.rows):
                yield ms.RunRequest(tags={"row": str(number)})
            context.set_cursor(str(self.rows))

        each_minute = ms.Schedule(name="each_minute", job=job, every=60, catch_up="all", default_status="running")
        return ms.Definitions(jobs=[job], schedules=[each_minute], sensors=[files, rows])

    def _launch(self, started: Sequence[Run]) -> None:
        for run in started:
            self._work(run)
            if len(self.witness) % 5 == 0:
                self._work(run)  # a second worker for the same attempt, as after a launch that nobody has acknowledged
            self._ends[run.run_id] = self.clock.time() + RUN_SECONDS

    def _work(self, run: Run) -> None:
        """Begin as a worker does; one that comes too late goes away."""
        started = Event(run_id=run.run_id, run_attempt=run.attempt, fact=RunStarted(), timestamp=self.clock.time())
        with suppress(SupersededError, TransitionError):
            self.storage.runs.claim(run.run_id, run.attempt, WORKER, [started])
            what = run.run_key or run.tags.get("row") or f"due {run.scheduled_time}"
            self.witness.append((run.run_id, run.attempt, what))
            self._at_work.add(run.run_id)
            self._most_at_work = max(self._most_at_work, len(self._at_work))
            for _ in range(2):  # a step's second claimant is refused
                self._write(run, 1, StepStarted())

    def _write(self, run: Run, attempt: int, *facts: Fact) -> None:
        """Write as the worker of an attempt: facts of the run's one step, behind which come those of the run."""
        of_step = [each for each in facts if isinstance(each, StepStarted | StepSucceeded | StepFailed | StepCanceled)]
        events = [
            Event(
                run_id=run.run_id,
                run_attempt=attempt,
                fact=each,
                timestamp=self.clock.time(),
                step_key="one" if each in of_step else None,
                step_attempt=attempt if each in of_step else None,
            )
            for each in (*of_step, *(each for each in facts if each not in of_step))
        ]
        self.storage.events.record(run.run_id, attempt, events)

    def _settle(self) -> None:
        """Let time pass until nothing waits that was asked for, if that comes about."""
        for _ in range(60):
            if not self.storage.runs.queued(1) and not self._at_work:
                return
            self.advance(20)

    def _check_witness(self) -> Iterator[str]:
        """Yield what cannot be: by what ran, and by what was to run."""
        for (run_id, attempt, _), times in Counter(self.witness).items():
            if times > 1:
                yield f"witness: attempt {attempt} of run {run_id} was executed {times} times"
        yield from self._check_requests()
        if self._most_at_work > LIMIT:
            yield f"limit: {self._most_at_work} runs were at work at a time, and {LIMIT} may be"
        if waiting := len(self.storage.runs.queued(1000)):
            yield f"slot: {waiting} runs wait for good, while {len(self._at_work)} of {LIMIT} places are taken"

    def _check_requests(self) -> Iterator[str]:
        """Yield what was asked for and has not run, or has run several times."""
        runs: defaultdict[str, set[str]] = defaultdict(set)
        for run_id, _, what in self.witness:
            runs[what].add(run_id)
        for what in [*self.files, *map(str, range(self.rows))]:
            if len(runs[what]) != 1:
                yield f"witness: what was asked for as {what!r} has run {len(runs[what])} times"
        for what, run_ids in runs.items():
            if what.startswith("due ") and len(run_ids) > 1:
                yield f"witness: the time {what} has run {len(run_ids)} times"
            if what.startswith("due ") and float(what[4:]) < self.began_at:
                yield f"witness: the time {what} ran, which is from before the schedule was switched on"
