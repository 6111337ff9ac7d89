"""Kill -9 at every named point of a step's life: the log tells the truth, and a retry finishes the work."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

import mainspring as ms
from mainspring.event import fold
from mainspring.execute import retry_run, settle_dead
from mainspring.run import Run
from mainspring.storage import RunQuery

pytestmark = [pytest.mark.slow, pytest.mark.integration]

SCRIPT = Path(__file__).with_name("doomed_run.py")
STEP_POINTS = ["step.start", "step.input", "step.output", "step.end"]
RUN_POINTS = ["events.flush", "events.flushed"]


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("doomed_run", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


doomed: ms.Job = load_script().doomed


class Wreck:
    """A home in which a run was killed."""

    def __init__(self, folder: Path, settings: str) -> None:
        self.home = folder / "home"
        self.home.mkdir()
        (self.home / "mainspring.toml").write_text(settings)
        self.witness = folder / "witness"

    def kill(self, mode: str, point: str, hit: int, victim: str) -> int:
        arguments = [sys.executable, str(SCRIPT), str(self.home), mode, point, str(hit), victim]
        ended = subprocess.run(arguments, env=os.environ | {"WITNESS": str(self.witness)}, check=False, timeout=120)
        assert (self.home / "hits").stat().st_size >= hit, "the point was never reached"
        return ended.returncode

    def executed(self) -> Counter[str]:
        return Counter(self.witness.read_text().splitlines()) if self.witness.exists() else Counter()

    def check_log(self, instance: ms.Instance, run: Run) -> None:
        """The rows say what the events say, each value that an event points to is whole, and no attempt ran twice."""
        state = fold(instance.storage.events.read(run.run_id))
        assert state.status == run.status
        rows = instance.storage.events.steps(run.run_id)
        assert state.steps == {row.step_key: row.status for row in rows}
        for stored in state.outputs.values():
            path = Path(stored.fact.metadata["path"])
            assert path.stat().st_size == stored.fact.metadata["size_bytes"]
        executed = self.executed()
        assert all(count == 1 for count in executed.values()), f"executed twice: {executed}"
        claimed = {(row.step_key, row.attempt) for row in rows}
        assert {tuple(json.loads(line)) for line in executed} <= claimed, "nothing runs that is not claimed"

    def recover(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WITNESS", str(self.witness))
        with ms.Instance.open(self.home) as instance:
            (run,) = instance.storage.runs.find(RunQuery())
            self.check_log(instance, run)
            run = settle_dead(instance, run)
            self.check_log(instance, run)
            if run.status is not ms.RunStatus.SUCCESS:
                result = retry_run(doomed, run, instance=instance)
                assert result.output("total") == 6
                run = result.run
                assert run.attempt == 2
            assert run.status is ms.RunStatus.SUCCESS
            self.check_log(instance, run)
            assert instance.storage.assets.latest("crash/total") is not None


@pytest.fixture
def wreck(tmp_path: Path, storage_url: str) -> Wreck:
    """Give a home on each of the databases."""
    return Wreck(tmp_path, f'[instance]\nstorage = "{storage_url}"\n')


@pytest.mark.parametrize("hit", [1, 3])
@pytest.mark.parametrize("point", [*RUN_POINTS, *STEP_POINTS])
def test_the_process_of_a_run_in_process(wreck: Wreck, monkeypatch: pytest.MonkeyPatch, point: str, hit: int) -> None:
    assert wreck.kill("in_process", point, hit, "run") == -signal.SIGKILL
    wreck.recover(monkeypatch)


@pytest.mark.parametrize("hit", [1, 2, 4])
@pytest.mark.parametrize("point", RUN_POINTS)
def test_the_process_of_a_run_whose_steps_are_processes(
    wreck: Wreck, monkeypatch: pytest.MonkeyPatch, point: str, hit: int
) -> None:
    assert wreck.kill("fork", point, hit, "run") == -signal.SIGKILL
    wreck.recover(monkeypatch)


@pytest.mark.parametrize("hit", [1, 3])
@pytest.mark.parametrize("point", STEP_POINTS)
def test_the_process_of_a_step(wreck: Wreck, monkeypatch: pytest.MonkeyPatch, point: str, hit: int) -> None:
    assert wreck.kill("fork", point, hit, "child") == 0, "the run goes on, and tells of the step's end"
    with ms.Instance.open(wreck.home) as instance:
        (run,) = instance.storage.runs.find(RunQuery())
        assert run.status is ms.RunStatus.FAILURE
        assert "killed by SIGKILL (signal 9)" in (run.reason or "")
    wreck.recover(monkeypatch)


@pytest.mark.parametrize("point", ["step.input", "step.end"])
def test_the_process_of_a_spawned_step(wreck: Wreck, monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    assert wreck.kill("spawn", point, 2, "child") == 0
    wreck.recover(monkeypatch)
