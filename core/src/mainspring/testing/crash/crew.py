"""The crew of a home that is tested: its daemons, and the processes that these have started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import define, field

from mainspring.execute.worker import start_time
from mainspring.testing.crash.doom import met
from mainspring.testing.crash.folder import AT_WORK, DEATHS, DOOM, LOG, VARIABLE
from mainspring.testing.crash.processes import Kind, find_processes

if TYPE_CHECKING:
    from mainspring.instance import Instance

_WORKERS = 500

_DUMP_SECONDS = 1.0
"""How long a daemon that does not end may take to write where it stands."""


@define(eq=False)
class Crew:
    """Starts daemons, and finds and signals what belongs to the home.

    Attributes:
        home: The home.
        folder: The folder of its crash test.
        instance: Its instance, which says what is a worker.
        daemons: The daemons that were started and not ended on purpose.
    """

    home: Path
    folder: Path
    instance: Instance
    daemons: list[subprocess.Popen[bytes]] = field(factory=list)

    def prepare(self) -> None:
        """Make the folder ready; what was witnessed before stays."""
        (self.folder / AT_WORK).mkdir(parents=True, exist_ok=True)
        for name in (DOOM, DEATHS):
            (self.folder / name).unlink(missing_ok=True)

    def start_daemon(self) -> None:
        """Start one more daemon."""
        command = [sys.executable, "-m", "mainspring.testing.crash.daemon", str(self.home)]
        environment = {**os.environ, VARIABLE: str(self.folder)}
        with (self.folder / LOG).open("ab") as log:
            self.daemons.append(subprocess.Popen(command, env=environment, stderr=log, stdin=subprocess.DEVNULL))

    def find(self) -> dict[Kind, list[int]]:
        """Return the processes of the home by what they are."""
        active = self.instance.storage.runs.active(_WORKERS)
        return find_processes(self.folder, {run.worker.pid for run in active if run.worker is not None})

    def send(self, pid: int, number: signal.Signals) -> bool:
        """Send a signal to a process of the home; False where it has just ended."""
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return False
        return True

    def bury(self, pid: int) -> bool:
        """Take note of the end of a process that was killed; return whether it was a daemon."""
        for each in self.daemons:
            if each.pid == pid:
                each.wait()
                self.daemons.remove(each)
                return True
        return False

    def is_gone(self, pid: int) -> bool:
        """Whether a process has ended."""
        return start_time(pid) is None

    def ended_alone(self) -> str | None:
        """Say which daemon has ended that nobody has ended, if one has."""
        doomed = {pid for pid, _ in met(self.folder)}
        for each in self.daemons:
            code = each.poll()
            if code is not None and each.pid not in doomed:
                return f"daemon {each.pid} has ended by itself with code {code}; its log is {self.folder / LOG}"
        return None

    def terminate(self, seconds: float) -> list[int]:
        """Have all daemons end, and return those that have not in time."""
        for each in self.daemons:
            each.terminate()
        late: list[int] = []
        for each in self.daemons:
            try:
                each.wait(seconds)
            except subprocess.TimeoutExpired:
                late.append(each.pid)
                each.send_signal(signal.SIGUSR1)  # it writes into its log where it stands
                with suppress(subprocess.TimeoutExpired):
                    each.wait(_DUMP_SECONDS)
        self.daemons = [each for each in self.daemons if each.pid in late]
        return late

    def end_all(self) -> None:
        """Kill all that is left of the home's processes."""
        for each in self.daemons:
            with suppress(ProcessLookupError):
                each.kill()
            each.wait()
        self.daemons = []
        while pids := [pid for found in find_processes(self.folder).values() for pid in found]:
            for pid in pids:
                self.send(pid, signal.SIGKILL)
