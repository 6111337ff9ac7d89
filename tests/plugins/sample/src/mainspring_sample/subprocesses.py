"""Workers as programs of this machine."""

import os
import signal
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

from attrs import field, frozen, validators

import mainspring as ms


@frozen(eq=False)
class SubprocessLauncher(ms.RunLauncher):
    """Starts each worker as a program that lives on when this process ends.

    What it has started itself it knows by its process; any other one by what is recorded of it.

    Attributes:
        logs: The folder for what workers print before they have a file of their own.
        grace: Seconds between asking a worker to end and ending it.
    """

    logs: Path = field(default=Path("launches"), converter=Path)
    grace: float = field(default=30.0, validator=validators.ge(0))
    _started: dict[tuple[str, int], subprocess.Popen[bytes]] = field(factory=dict, init=False, repr=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)

    def launch(self, launch: ms.Launch) -> None:
        """Start the worker's command line, unless it runs already; a second worker would find that and end."""
        run = launch.run
        with self._lock:
            if self._is_running(run):
                return
            try:
                self._started[run.run_id, run.attempt] = self._start(launch)
            except OSError as error:
                raise ms.LaunchError(run.run_id, f"run {run.run_id} could not be started: {error}") from error

    def terminate(self, run: ms.Run) -> bool:
        """Ask the worker to end, and have a thread end it if it does not."""
        if not self._send(run, signal.SIGTERM):
            return False
        timer = threading.Timer(self.grace, self._send, (run, signal.SIGKILL))
        timer.daemon = True
        timer.start()
        return True

    def check(self, run: ms.Run) -> ms.WorkerHealth:
        """Look at the process that was started, or that is recorded."""
        process = self._started.get((run.run_id, run.attempt))
        code = None if process is None else process.poll()
        if process is not None and code is None:
            return ms.WorkerHealth("RUNNING")
        found = None if run.worker is None else ms.liveness(run.worker)
        if found == "alive":
            return ms.WorkerHealth("RUNNING")
        if code is not None:
            return ms.WorkerHealth("FAILED" if code else "SUCCEEDED", f"its process exited with code {code}")
        if found == "elsewhere":
            return ms.WorkerHealth("UNKNOWN", "its process is on another machine")
        return ms.WorkerHealth("NOT_FOUND")

    def _start(self, launch: ms.Launch) -> subprocess.Popen[bytes]:
        self.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{launch.run.run_id}.{launch.run.attempt}.txt"
        log = os.open(self.logs / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            process = subprocess.Popen(
                launch.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        finally:
            os.close(log)
        threading.Thread(target=process.wait, daemon=True).start()  # buries it when it ends
        return process

    def _is_running(self, run: ms.Run) -> bool:
        return self.check(run).status == "RUNNING"

    def _send(self, run: ms.Run, number: signal.Signals) -> bool:
        """Send the worker a signal, if it lives; return whether it does."""
        process = self._started.get((run.run_id, run.attempt))
        if process is not None and process.poll() is None:
            process.send_signal(number)
            return True
        if run.worker is None or ms.liveness(run.worker) != "alive":
            return False
        with suppress(ProcessLookupError):
            os.kill(run.worker.pid, number)
        return True
