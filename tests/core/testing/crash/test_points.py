"""The catalogue of crash points, and dying at one."""

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from mainspring.testing.crash import POINTS
from mainspring.testing.crash.doom import arm, meet, met
from mainspring.testing.crash.folder import VARIABLE

SOURCE = Path(__file__).parents[4] / "core" / "src" / "mainspring"
CALL = re.compile(r'crash_point\("([a-z.]+)"\)')
TRY = "import sys; from mainspring.testing.crash.doom import point; point(sys.argv[1]); print('alive')"


def test_the_catalogue_holds_just_what_the_source_passes() -> None:
    passed = {name for path in SOURCE.rglob("*.py") for name in CALL.findall(path.read_text("utf-8"))}
    names = Counter(name for names in POINTS.values() for name in names)

    assert set(names) == passed
    assert max(names.values()) == 1


def pass_point(folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    told = {**os.environ, VARIABLE: str(folder)}
    return subprocess.run([sys.executable, "-c", TRY, name], env=told, capture_output=True, text=True, check=False)


def test_the_first_process_to_reach_the_point_dies(tmp_path: Path) -> None:
    arm("kill", "tick.commit", tmp_path)

    assert pass_point(tmp_path, "tick.committed").stdout == "alive\n"
    assert pass_point(tmp_path, "tick.commit").returncode == -signal.SIGKILL
    assert pass_point(tmp_path, "tick.commit").stdout == "alive\n"
    assert [name for _, name in met(tmp_path)] == ["tick.commit"]


def test_nobody_dies_where_no_point_is_named(tmp_path: Path) -> None:
    meet("tick.commit", tmp_path)

    assert met(tmp_path) == []
