"""Which processes are behind a front, and which of those that it adopts are not its own to end."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.integration

SCENE = """
import os, signal, subprocess, sys
from mainspring.location import apart
from mainspring.location.front.descendants import descendants, end_descendants

apart.adopt_orphans()
LEAVING = "import subprocess, sys; p = subprocess.Popen(['sleep', '60'], stdout=2); print(p.pid, flush=True)"
PARENT = (
    f"import subprocess, sys; said = subprocess.run([sys.executable, '-c', {LEAVING!r}], stdout=subprocess.PIPE).stdout;"
    "sys.stdout.buffer.write(said); sys.stdout.flush(); sys.stdin.read()"
)

def start():
    started = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    return started, int(started.stdout.readline())

worker, left_by_worker = start()
other, left_by_other = start()
found = descendants(os.getpid(), {worker.pid})
end_descendants(os.getpid(), {worker.pid})
print(
    sorted(found) == sorted([other.pid, left_by_other]),
    other.wait() == -signal.SIGKILL,
    worker.poll(),
    os.waitpid(left_by_worker, os.WNOHANG),
)
os.killpg(worker.pid, signal.SIGKILL)
"""


def test_what_a_spared_process_leaves_behind_is_spared_with_its_group() -> None:
    done = subprocess.run([sys.executable, "-c", SCENE], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.split("\n")[0] == "True True None (0, 0)"
