"""Launching runs, and asking after them, as the suite of run launchers does."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import attrs

import mainspring as ms
from mainspring.run import Run
from mainspring.testing.contract.launch_deployment import LaunchDeployment


class Surroundings:
    """Makes the surroundings and takes them away, as often as need be."""

    def __init__(self, make: Callable[[], AbstractContextManager[object]]) -> None:
        self._make = make
        self._stack: ExitStack | None = None

    def enter(self) -> None:
        """Make them, unless they are there."""
        if self._stack is None:
            stack = ExitStack()
            stack.enter_context(self._make())
            self._stack = stack

    def leave(self) -> None:
        """Take them away, if they are there."""
        stack, self._stack = self._stack, None
        if stack is not None:
            stack.close()


@attrs.frozen(eq=False)
class Trial:
    """Launches runs and asks after them."""

    launcher: ms.RunLauncher
    deployment: LaunchDeployment

    def launch(self, job: ms.Job, note: str = "") -> Run:
        """Queue a run of a job and launch it."""
        launch = self.deployment.launch_of(self.deployment.queue(job, note))
        self.launcher.launch(launch)
        return launch.run

    def health(self, run: Run) -> str:
        """Return how the worker of a run does, by the run as it now stands."""
        return self.launcher.check(self.deployment.read(run)).status

    def health_after(self, run: Run, *, executed: bool = False) -> str:
        """Wait until the worker of a run does not run any more, and return how it does then.

        Args:
            run: The run.
            executed: Whether it is waited for its op first.
        """
        if executed:
            self.deployment.until_executed(run)
        self.deployment.until(lambda: self.health(run) != "RUNNING")
        return self.health(run)

    def terminate(self, run: Run) -> bool:
        """Have the worker of a run end."""
        return self.launcher.terminate(self.deployment.read(run))

    def recorded(self, run: Run) -> tuple[Run, list[ms.Event]]:
        """Return all that is recorded of a run."""
        return self.deployment.read(run), self.deployment.instance.storage.events.read(run.run_id)


def settings_of(launcher: ms.RunLauncher) -> dict[str, Any]:
    """Return the settings of a launcher, by their names."""
    cls: Any = type(launcher)
    return {each.alias: getattr(launcher, each.name) for each in attrs.fields(cls) if each.init}


def afresh(launcher: ms.RunLauncher) -> ms.RunLauncher:
    """Return another launcher of the same settings, which knows of nothing."""
    return type(launcher)(**settings_of(launcher))
