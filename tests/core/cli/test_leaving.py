"""A process whose work is done ends, whatever hangs in it."""

import subprocess
import sys

CODE = """
import threading
from mainspring.cli.leaving import leave_behind
threading.Thread(target=threading.Event().wait).start()
print("done")
leave_behind()
"""


def test_threads_that_hang_keep_no_process_alive() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=30, check=False)

    assert (done.returncode, done.stdout) == (0, "done\n")
