"""The local launcher: has the run's code location fork its worker."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from mainspring.definition.setting import above, at_least
from mainspring.errors import LaunchError, MainspringError
from mainspring.execute.worker import liveness
from mainspring.launch.ending import end_worker
from mainspring.launch.launcher import Launch, RunLauncher, WorkerHealth
from mainspring.location.address import address
from mainspring.run import Run

if TYPE_CHECKING:
    from mainspring.location.client import LocationClient


@frozen(eq=False)
class LocalLauncher(RunLauncher):
    """Starts workers on this machine, through the code location that has the run's job.

    Attributes:
        home: The home whose locations are meant.
        grace: Seconds between asking a worker to end and ending it.
        timeout: Seconds that a location may take to answer.
    """

    home: Path = field(default=Path(), converter=Path)
    grace: float = field(default=30.0, validator=at_least(0))
    timeout: float = field(default=30.0, validator=above(0))
    _clients: dict[str, Any] = field(factory=dict, init=False, repr=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)

    def launch(self, launch: Launch) -> None:
        """Have the location start a worker, and wait until that has claimed the run or is about to."""
        run = launch.run
        if run.location is None:
            raise LaunchError(
                run.run_id, f"run {run.run_id} belongs to no code location, so none can start it; launch its job anew"
            )
        request = {"run_id": run.run_id, "attempt": run.attempt}
        try:
            said = self._client(run.location, launch.location_address).launch(request, self.timeout)
        except MainspringError as error:
            raise LaunchError(run.run_id, f"run {run.run_id} could not be started: {error}") from error
        if said["kind"] == "ended":
            raise LaunchError(run.run_id, f"run {run.run_id} could not be started: {said['message']}")

    def terminate(self, run: Run) -> bool:
        """Ask the location, or the worker itself where the location has not started it."""
        if run.location is not None:
            with suppress(MainspringError):
                if self._client(run.location).terminate(run.run_id, run.attempt, self.grace, self.timeout):
                    return True
        return run.worker is not None and end_worker(run.worker, self.grace)

    def check(self, run: Run) -> WorkerHealth:
        """Ask the location; a worker that it has not started is looked for by what is recorded of it."""
        unreachable = ""
        if run.location is not None:
            try:
                found = self._client(run.location).check(run.run_id, run.attempt, self.timeout)
                if found["status"] is not None:
                    return WorkerHealth(found["status"], found["message"])
            except MainspringError as error:
                unreachable = str(error)
        if run.worker is None:
            return WorkerHealth("UNKNOWN", unreachable) if unreachable else WorkerHealth("NOT_FOUND")
        name = f"process {run.worker.pid} on {run.worker.host}"
        match liveness(run.worker):
            case "alive":
                return WorkerHealth("RUNNING")
            case "dead":
                return WorkerHealth("NOT_FOUND", f"{name} is gone")
            case _:
                return WorkerHealth("UNKNOWN", f"{name} can be seen from there only")

    def _client(self, location: str, known: str | None = None) -> LocationClient:
        from mainspring.location.client import LocationClient

        where = known or address(self.home, location)
        with self._lock:
            if where not in self._clients:
                self._clients[where] = LocationClient(location, where)
            client: LocationClient = self._clients[where]
        return client
