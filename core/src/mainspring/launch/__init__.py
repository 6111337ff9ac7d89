"""Launchers: where the worker of a run is started, and how it is asked after and ended.

The interface that plugins implement, and the local launcher, which has a code location fork the worker. Starts workers and
looks after them; does not decide which run may start, and carries out none.
"""

from mainspring.launch.command import worker_command
from mainspring.launch.launcher import Launch, RunLauncher, WorkerHealth

__all__ = ["Launch", "RunLauncher", "WorkerHealth", "worker_command"]
