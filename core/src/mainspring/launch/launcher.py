"""The run launcher's interface."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

from attrs import frozen

from mainspring.run import Run

HealthStatus = Literal["RUNNING", "SUCCEEDED", "FAILED", "NOT_FOUND", "UNKNOWN"]


@frozen
class WorkerHealth:
    """How the worker of a run does, as far as its launcher can tell; what is recorded of the run says how the run does.

    Attributes:
        status: RUNNING; SUCCEEDED or FAILED for a process that ended well or badly; NOT_FOUND where there is none (any
            more); UNKNOWN where that cannot be told now.
        message: Why, in a sentence.
    """

    status: HealthStatus
    message: str = ""


@frozen
class Launch:
    """An attempt of a run that is to be started.

    Attributes:
        run: The run as it was read.
        command: The command line of its worker, which any host with the location's environment and the home can execute.
            It exits with 0 once it has carried the attempt out, however that ended, and with 3 where it may not begin it.
        location_address: Where the front of its code location listens; None where it has none, or none that is open.
    """

    run: Run
    command: tuple[str, ...]
    location_address: str | None = None


class RunLauncher(ABC):
    """Starts the workers of runs: derive an attrs class from it, its fields are its settings.

    A worker is known by its run's id and attempt. It claims its attempt by itself, so a second one for the same attempt does
    no harm, and ends.
    """

    @abstractmethod
    def launch(self, launch: Launch) -> None:
        """Start a worker for an attempt of a run; where there is one already, that is as good.

        Raises:
            LaunchError: None was started; it may be tried again.
        """

    @abstractmethod
    def terminate(self, run: Run) -> bool:
        """Ask the worker of a run's attempt to end, and see to it that it does; return whether there is one.

        A SIGTERM makes a worker cancel its run, tear-downs and all; what does not end then is to be ended.
        """

    @abstractmethod
    def check(self, run: Run) -> WorkerHealth:
        """Return how the worker of a run's attempt does; raises nothing, for UNKNOWN says that it cannot be told."""
