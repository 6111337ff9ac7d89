"""What every run launcher promises."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import attrs
import pytest

import mainspring as ms
from mainspring.errors import LaunchError
from mainspring.execute import cancel_run, settle_dead
from mainspring.execute.worker import liveness
from mainspring.run import Run, WorkerIdentity
from mainspring.testing.contract import launched_jobs as jobs
from mainspring.testing.contract.launch_deployment import LaunchDeployment, deployed, make_home
from mainspring.testing.contract.launch_trial import Surroundings, Trial, afresh, settings_of

ELSEWHERE = WorkerIdentity("elsewhere", "another boot/pid:[1]", 1, 1, interruptible=True)


@pytest.mark.slow
class RunLauncherContract:
    """Derive a test class from this and define the fixture `launcher`, for workers that see the files of this machine.

    ```python
    class TestSubprocesses(RunLauncherContract):
        @pytest.fixture
        def launcher(self, deployment):
            return SubprocessLauncher(home=deployment.home, grace=1.0)
    ```

    Have it give a worker a second or two to end, not more, as one of the jobs does not end when it is asked to.
    """

    location: ClassVar[Mapping[str, str]] = {}
    """What the settings say of the code location, besides its name and module."""

    @pytest.fixture
    def launcher(self, deployment: LaunchDeployment) -> ms.RunLauncher:
        """Give a launcher for the runs of a deployment."""
        raise NotImplementedError("define the fixture launcher")

    @staticmethod
    def surroundings(home: Path) -> AbstractContextManager[object]:
        """Return what has to be there while the launcher launches and is asked, besides the home."""
        return nullcontext()

    @pytest.fixture(scope="class")
    @classmethod
    def deployment(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LaunchDeployment]:
        """Give a home with a code location, whose jobs are the suite's."""
        with deployed(make_home(tmp_path_factory.mktemp("deployment"), cls.location)) as deployment:
            yield deployment

    @pytest.fixture(scope="class")
    @classmethod
    def surrounded(cls, deployment: LaunchDeployment) -> Iterator[Surroundings]:
        """Give what makes the surroundings when a test needs them; the next one finds them made."""
        surrounded = Surroundings(partial(cls.surroundings, deployment.home))
        yield surrounded
        surrounded.leave()

    @pytest.fixture
    def trial(self, launcher: ms.RunLauncher, deployment: LaunchDeployment, surrounded: Surroundings) -> Trial:
        """Launch runs and see what comes of them."""
        surrounded.enter()
        return Trial(launcher, deployment)

    def test_a_launched_run_is_carried_out_once(self, trial: Trial) -> None:
        run = trial.launch(jobs.succeeding)
        ended = trial.deployment.until_over(run)

        assert ended.status is ms.RunStatus.SUCCESS
        assert ended.worker is not None
        assert trial.deployment.count(run) == 1
        assert trial.health_after(run) in ("SUCCEEDED", "NOT_FOUND")

    def test_a_run_that_fails_was_carried_out_by_a_worker_that_did_not(self, trial: Trial) -> None:
        run = trial.launch(jobs.failing)

        assert trial.deployment.until_over(run).status is ms.RunStatus.FAILURE
        assert trial.health_after(run) in ("SUCCEEDED", "NOT_FOUND")

    def test_a_worker_runs_until_it_is_asked_to_end(self, trial: Trial) -> None:
        run = trial.launch(jobs.waiting)
        trial.deployment.until_executed(run)

        assert trial.health(run) == "RUNNING"
        assert trial.terminate(run) is True
        assert trial.deployment.until_over(run).status is ms.RunStatus.CANCELED
        assert trial.deployment.count(run, jobs.TORN_DOWN) == 1
        assert trial.health_after(run) in ("SUCCEEDED", "NOT_FOUND")
        assert trial.terminate(run) is False

    def test_of_a_run_that_was_never_launched_there_is_no_worker(self, trial: Trial) -> None:
        run = trial.deployment.queue(jobs.succeeding)

        assert trial.health(run) == "NOT_FOUND"
        assert trial.terminate(run) is False
        assert trial.deployment.read(run) == run

    def test_of_a_worker_that_nobody_here_can_see_nothing_is_claimed(self, trial: Trial) -> None:
        run = trial.deployment.queue(jobs.succeeding)
        elsewhere = attrs.evolve(run, status=ms.RunStatus.STARTED, worker=ELSEWHERE)

        assert trial.launcher.check(elsewhere).status in ("UNKNOWN", "NOT_FOUND")
        assert trial.launcher.terminate(elsewhere) is False

    def test_asking_after_a_run_raises_nothing(self, trial: Trial) -> None:
        run = trial.deployment.queue(jobs.succeeding)
        changes: tuple[dict[str, Any], ...] = (
            {"location": None},
            {"location": "gone"},
            {"run_id": "../ключ\n"},
            {"attempt": 9_999},
        )
        for each in changes:
            other = attrs.evolve(run, **each)
            assert trial.launcher.check(other).status in ("UNKNOWN", "NOT_FOUND")
            assert trial.launcher.terminate(other) is False

    def test_launching_again_is_as_good_as_once(self, trial: Trial) -> None:
        """Guarantee: launching is idempotent, by one object, several, one after the other or at the same time."""
        launch = trial.deployment.launch_of(trial.deployment.queue(jobs.waiting))
        others = [afresh(trial.launcher) for _ in range(3)]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda launcher: launcher.launch(launch), [trial.launcher, *others]))
        trial.deployment.until_executed(launch.run)
        trial.launcher.launch(launch)
        assert trial.health(launch.run) == "RUNNING"
        trial.deployment.open_gate()

        assert trial.deployment.until_over(launch.run).status is ms.RunStatus.SUCCESS
        with suppress(LaunchError):
            trial.launcher.launch(launch)
        assert trial.health_after(launch.run) != "RUNNING"
        assert trial.deployment.count(launch.run) == 1
        kinds = [each.kind for each in trial.deployment.instance.storage.events.read(launch.run.run_id)]
        assert kinds.count("RUN_STARTED") == 1

    def test_an_attempt_that_is_over_is_not_begun(self, trial: Trial) -> None:
        """Scars: D#16535, D#15325."""
        launch = trial.deployment.launch_of(trial.deployment.queue(jobs.succeeding))
        cancel_run(trial.deployment.instance, launch.run.run_id)
        before = trial.recorded(launch.run)
        with suppress(LaunchError):
            trial.launcher.launch(launch)
        trial.health_after(launch.run)

        assert trial.recorded(launch.run) == before
        assert trial.deployment.count(launch.run) == 0

    def test_a_worker_that_crashes_has_not_succeeded(self, trial: Trial) -> None:
        run = trial.launch(jobs.crashing)

        assert trial.health_after(run, executed=True) in ("FAILED", "NOT_FOUND")
        assert trial.terminate(run) is False
        assert settle_dead(trial.deployment.instance, trial.deployment.read(run)).status is ms.RunStatus.FAILURE

    def test_a_worker_that_does_not_end_is_ended(self, trial: Trial) -> None:
        run = trial.launch(jobs.ignoring_sigterm)
        worker = trial.deployment.until_executed(run).worker
        assert worker is not None

        assert trial.terminate(run) is True
        trial.deployment.until(lambda: liveness(worker) == "dead")
        assert trial.health_after(run) in ("FAILED", "NOT_FOUND")
        assert trial.terminate(run) is False

    def test_a_process_that_is_left_behind_keeps_nobody(self, trial: Trial) -> None:
        """It has forked twice, leads a session of its own, and holds what the worker printed to."""
        run = trial.launch(jobs.leaving_daemon)

        assert trial.deployment.until_over(run).status is ms.RunStatus.SUCCESS
        assert trial.health_after(run) in ("SUCCEEDED", "NOT_FOUND")
        assert trial.terminate(run) is False

    def test_config_stands_on_no_command_line(self, trial: Trial) -> None:
        secret = f"secret-{os.getpid()}-of-the-config"
        run = trial.launch(jobs.waiting, secret)
        trial.deployment.until_executed(run)

        assert [each for each in _command_lines() if secret.encode() in each] == []
        trial.deployment.open_gate()
        trial.deployment.until_over(run)

    def test_a_worker_may_need_much_memory(self, trial: Trial) -> None:
        run = trial.launch(jobs.needing_memory)

        assert trial.deployment.until_over(run).status is ms.RunStatus.SUCCESS

    def test_a_worker_outlives_who_launched_it(
        self, deployment: LaunchDeployment, launcher: ms.RunLauncher, surrounded: Surroundings
    ) -> None:
        """That is killed, with its surroundings; a launcher that is made anew finds the worker, and can end it."""
        surrounded.leave()
        runs = [deployment.queue(jobs.waiting) for _ in range(2)]
        for run in runs:
            self._launch_and_die(launcher, deployment, run)
            deployment.until_executed(run)
        fresh = afresh(launcher)
        gone = [deployment.read(run) for run in runs]

        assert [fresh.check(run).status for run in gone] == ["RUNNING", "RUNNING"]
        assert fresh.terminate(gone[0]) is True
        assert deployment.until_over(gone[0]).status is ms.RunStatus.CANCELED
        assert fresh.check(gone[1]).status == "RUNNING"
        deployment.open_gate()
        assert deployment.until_over(gone[1]).status is ms.RunStatus.SUCCESS
        assert [deployment.count(run) for run in runs] == [1, 1]
        Trial(fresh, deployment).health_after(gone[1])

    def _launch_and_die(self, launcher: ms.RunLauncher, deployment: LaunchDeployment, run: Run) -> None:
        """Launch a run from a process that is killed once it has."""
        told = (type(launcher), settings_of(launcher), self.surroundings, deployment.home, deployment.launch_of(run))
        with subprocess.Popen(
            [sys.executable, "-m", "mainspring.testing.contract.launching"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},  # what is importable here is so there
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            pickle.dump(told, process.stdin)
            process.stdin.close()
            said = process.stdout.readline()
            process.kill()
        assert said == b"launched\n"


def _command_lines() -> Iterator[bytes]:
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            yield each.read_bytes()
