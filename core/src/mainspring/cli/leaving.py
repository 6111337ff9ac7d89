"""Ending a process whose work is done, whatever hangs in it."""

from __future__ import annotations

import os
import sys
import threading

JOIN_SECONDS = 1.0
"""How long threads are waited for that have nothing left to do."""


def leave_behind() -> None:
    """End the process at once where threads are left that wait for something that hangs; all that counts is stored."""
    left = [each for each in threading.enumerate() if each is not threading.current_thread() and not each.daemon]
    for each in left:
        each.join(JOIN_SECONDS / len(left))
    if any(each.is_alive() for each in left):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
