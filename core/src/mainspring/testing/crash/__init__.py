"""Crash tests of a home: its real daemons, locations and workers are killed, and then its books are checked.

What runs in production knows nothing of this but for its named crash points, each an empty call. Linux only, as processes
are found in /proc. It ends no process but those that a driver has started, and what they have started.
"""

from mainspring.testing.crash.driver import CrashDriver as CrashDriver
from mainspring.testing.crash.history import Blow as Blow
from mainspring.testing.crash.points import POINTS as POINTS
from mainspring.testing.crash.processes import Kind as Kind
from mainspring.testing.crash.report import CrashTestError as CrashTestError
from mainspring.testing.crash.report import Report as Report
from mainspring.testing.crash.witness import witness as witness
