"""The fixtures that Mainspring brings to pytest."""

import subprocess
import sys
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.testing import VirtualClock


@ms.op
def one() -> int:
    return 1


@ms.job
def count() -> None:
    one()


def test_the_instance_keeps_what_runs_in_a_temporary_home(mainspring_instance: ms.Instance, tmp_path: Path) -> None:
    result = count.execute(instance=mainspring_instance)

    assert mainspring_instance.home == tmp_path / "mainspring"
    assert list((tmp_path / "mainspring" / "values").rglob("one.*"))
    assert ms.Definitions(jobs=[count]).load_output(result.run_id, "one", instance=mainspring_instance) == 1


def test_its_time_is_the_clocks(mainspring_instance: ms.Instance, mainspring_clock: VirtualClock) -> None:
    mainspring_clock.advance(3600)
    result = count.execute(instance=mainspring_instance)

    assert result.run.created_at == mainspring_clock.time()


FORGETFUL = """
import pytest, mainspring as ms
from mainspring.testing import IOManagerContract

class Forgetful(ms.IOManager):
    def handle_output(self, context, obj): pass
    def load_input(self, context): return "nothing"

class TestForgetful(IOManagerContract):
    @pytest.fixture
    def io_manager(self): return Forgetful()
    @pytest.fixture
    def samples(self): return ["a", "b"]
"""


@pytest.mark.slow
def test_asserts_in_the_contract_suites_explain_themselves(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_forgetful.py").write_text(FORGETFUL)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "where False = is_same('nothing', 'a')" in done.stdout
    assert "passed" not in done.stdout, "each promise is broken"
