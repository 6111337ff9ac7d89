"""The deployment that a test drives."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from mainspring.daemon.tick.offered import Offered, read_offered
from mainspring.daemon.tick.switch import start, stop
from mainspring.definition.definitions import Definitions
from mainspring.errors import DefinitionError
from mainspring.event import Event
from mainspring.execute.launched import queue_run
from mainspring.execute.options import RunOptions
from mainspring.execute.recall import find_run
from mainspring.run import Run
from mainspring.storage import DefinitionQuery, RunQuery, Tick, TickQuery, Topic
from mainspring.testing.clock import VirtualClock
from mainspring.testing.deployment.duration import Duration, MomentError, seconds_at, seconds_in
from mainspring.testing.deployment.instance import known_mode, repeatable_instance
from mainspring.testing.deployment.lengths import Lengths
from mainspring.testing.deployment.location import LocationHere
from mainspring.testing.deployment.loop import Loop
from mainspring.testing.deployment.workers import Workers

LOCATION = "testing"
"""What the one code location of a deployment is called."""

_ALL = 1_000_000_000


class Deployment:
    """A daemon, a code location and an instance in memory, on a clock that goes when it is told to.

    The daemon's own code decides ticks, starts runs and watches them; schedule and sensor functions and ops are called in
    this process and thread. Time passes from one moment at which something is due to the next, and nobody waits for it.

    Args:
        definitions: What is deployed.
        start: The first moment; aware.
        mode: The mode of automations that name none, as `[instance] mode = "…"` sets it.
        queue: How many runs may be under way, as `[instance.queue]` sets it.
        runs_take: How long a run takes, of all jobs or by job. Its ops are executed at its end, so what they do is not seen
            before; with no time at all, they are executed when it starts.
        stub_runs: Whether runs succeed with nothing executed.

    Attributes:
        instance: Where all of it is recorded.

    Raises:
        UnknownNameError: No job has the mode, or there is no such job.
        MomentError: The start has no time zone, or a length of time cannot be read.
        ConfigError: The queue's settings are not valid.
    """

    def __init__(
        self,
        definitions: Definitions,
        *,
        start: datetime = datetime(2026, 1, 1, tzinfo=UTC),
        mode: str | None = None,
        queue: Mapping[str, Any] | None = None,
        runs_take: Duration | Mapping[str, Duration] = 0.0,
        stub_runs: bool = False,
    ) -> None:
        if not isinstance(definitions, Definitions):
            raise DefinitionError(
                f"a deployment is made of Definitions, not of {type(definitions).__name__}; write ms.Definitions(jobs=[…])"
            )
        seconds_at(start)
        self._definitions = definitions
        self._mode = known_mode(definitions, mode)
        self._clock = VirtualClock(start)
        self.instance = repeatable_instance(self._clock, mode, queue or {})
        here = LocationHere(LOCATION, definitions)
        here.record(self.instance)
        taken = None if stub_runs else {LOCATION: definitions}
        lengths = Lengths(definitions, runs_take)
        self._loop = Loop(self.instance, self._clock, {LOCATION: here}, Workers(self.instance, taken, lengths.of))
        self._open = ExitStack()
        self._open.enter_context(self._loop.listening())
        self._loop.settle()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.close()
        self.instance.close()

    def __repr__(self) -> str:
        return f"<Deployment at {self.now.isoformat()}>"

    @property
    def now(self) -> datetime:
        """The time; in UTC."""
        return self._clock.now()

    @property
    def rounds(self) -> int:
        """How often the daemon's reconcilers have looked."""
        return self._loop.rounds

    @property
    def wakeups(self) -> int:
        """At how many moments they did, not counting the first one."""
        return self._loop.wakeups

    def advance(self, by: Duration | datetime) -> None:
        """Let time pass, and do all that falls due on the way, when it does.

        Args:
            by: How long, as `"3 days"`, a timedelta or seconds; or up to when, an aware datetime. What falls due at the
                last moment is done, too. A day is 24 hours, whatever clocks are set to.

        Raises:
            MomentError: It cannot be read, or is in the past.
            EndlessError: Runs call for each other without end, all at one moment.
        """
        self._loop.advance_to(self._until(by))

    def outage(self, by: Duration | datetime) -> None:
        """Let time pass while no daemon is up, and then have one come up, which finds what it has missed.

        Args:
            by: How long, or up to when, as in `advance`. Runs that are under way go on meanwhile.

        Raises:
            MomentError: It cannot be read, or is in the past.
        """
        self._loop.pass_by(self._until(by))

    def start(self, *names: str) -> None:
        """Switch schedules and sensors on, all of them unless some are named.

        Raises:
            UnknownNameError: There is none of a name.
        """
        for offered in self._offered(names):
            start(offered, self.instance.storage, self._clock.time())
        self._switched()

    def stop(self, *names: str) -> None:
        """Switch schedules and sensors off, all of them unless some are named.

        Raises:
            UnknownNameError: There is none of a name.
        """
        for offered in self._offered(names):
            stop(offered, self.instance.storage, self._clock.time())
        self._switched()

    def launch(
        self,
        job: str,
        *,
        mode: str | None = None,
        config: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Run:
        """Queue a run of a job, as a person does, and return it as it stands once all that follows from it now is done.

        Raises:
            UnknownNameError: There is no such job.
            MainspringError: Mode or config do not fit the job.
        """
        found = self._definitions.job(job)
        chosen = self._mode if mode is None and self._mode in found.modes else mode
        options = RunOptions(config=config, tags=tags or {})
        run = queue_run(found, chosen, options, instance=self.instance, location=LOCATION)
        self._loop.settle()
        return find_run(self.instance, run.run_id)

    def ticks(self, name: str) -> list[Tick]:
        """Return what was decided of a schedule or a sensor, the newest last; skips of a sensor in a row are one.

        Raises:
            UnknownNameError: There is none of that name.
        """
        automation = self._definitions.automation(name)
        query = TickQuery(location=LOCATION, automation=automation.name, limit=_ALL)
        return self.instance.storage.automations.ticks(query)[::-1]

    def runs(self, job: str | None = None, *, automation: str | None = None) -> list[Run]:
        """Return runs as they stand, the newest last.

        Args:
            job: Of this job only.
            automation: That this schedule or sensor has asked for only.

        Raises:
            UnknownNameError: There is no such job, schedule or sensor.
        """
        job_name = None if job is None else self._definitions.job(job).name
        asked_by = None if automation is None else self._definitions.automation(automation).name
        query = RunQuery(job_name=job_name, automation=asked_by, limit=_ALL)
        return self.instance.storage.runs.find(query)[::-1]

    def events(self, run: Run | str) -> list[Event]:
        """Return the events of a run, or of the run of an id, in order.

        Raises:
            UnknownNameError: There is no such run.
        """
        run_id = run.run_id if isinstance(run, Run) else run
        return self.instance.storage.events.read(find_run(self.instance, run_id).run_id)

    def _until(self, by: Duration | datetime) -> float:
        now = self._clock.time()
        if not isinstance(by, datetime):
            return now + seconds_in(by)
        until = seconds_at(by)
        if until < now:
            raise MomentError(
                by.isoformat(), f"is before {self.now.isoformat()}, which it is now; time goes forward only"
            )
        return until

    def _offered(self, names: tuple[str, ...]) -> list[Offered]:
        wanted = {self._definitions.automation(name).name for name in names}
        found = self.instance.storage.locations.definitions(DefinitionQuery(location=LOCATION, limit=_ALL))
        return [read_offered(each) for each in found if each.kind != "job" and (not wanted or each.name in wanted)]

    def _switched(self) -> None:
        self._loop.tell(Topic.AUTOMATIONS)
        self._loop.settle()
