"""The local launcher where there is no location to ask, or one that nobody can ask."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from attrs import evolve

import mainspring as ms
from mainspring.errors import LaunchError
from mainspring.execute.worker import liveness
from mainspring.launch.local import LocalLauncher
from mainspring.location.address import address
from mainspring.location.client import LocationClient
from mainspring.testing.contract import launched_jobs as jobs
from mainspring.testing.contract.launch_deployment import (
    LOCATION,
    PATIENCE_SECONDS,
    LaunchDeployment,
    deployed,
    make_home,
)
from tests.core.launch.surroundings import open_location_of

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[LaunchDeployment]:
    with deployed(make_home(tmp_path, {})) as deployment:
        yield deployment


def test_a_location_that_is_not_open_can_be_tried_again(deployment: LaunchDeployment) -> None:
    launcher = LocalLauncher(home=deployment.home)
    launch = deployment.launch_of(deployment.queue(jobs.succeeding))
    with pytest.raises(LaunchError, match="it is open while `mainspring daemon` runs") as raised:
        launcher.launch(launch)

    assert "\n" not in str(raised.value)
    assert launcher.check(launch.run).status == "UNKNOWN"
    assert launcher.terminate(launch.run) is False
    assert deployment.read(launch.run) == launch.run


def test_a_folder_for_sockets_that_cannot_be_used_raises_nothing_else(
    deployment: LaunchDeployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "open to all").mkdir()
    (tmp_path / "open to all").chmod(0o777)
    monkeypatch.setenv("MAINSPRING_RUNTIME_DIR", str(tmp_path / "open to all"))
    launcher = LocalLauncher(home=deployment.home)
    launch = deployment.launch_of(deployment.queue(jobs.succeeding))
    with pytest.raises(LaunchError, match="can be entered by others"):
        launcher.launch(launch)

    assert "can be entered by others" in launcher.check(launch.run).message
    assert launcher.terminate(launch.run) is False


def test_a_run_of_no_location_is_refused(deployment: LaunchDeployment) -> None:
    launch = deployment.launch_of(deployment.queue(jobs.succeeding))
    with pytest.raises(LaunchError, match="belongs to no code location"):
        LocalLauncher(home=deployment.home).launch(evolve(launch, run=evolve(launch.run, location=None)))


def test_a_worker_that_another_one_started_is_found_and_ended(deployment: LaunchDeployment) -> None:
    """Though it does not end when it is asked to, and no location knows of it."""
    launch = deployment.launch_of(deployment.queue(jobs.ignoring_sigterm))
    launcher = LocalLauncher(home=deployment.home, grace=0.2)
    with subprocess.Popen(launch.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        run = deployment.until_executed(launch.run)
        assert run.worker is not None
        assert launcher.check(run).status == "RUNNING"
        assert launcher.terminate(run) is True
        assert process.wait(60) == -9

    assert liveness(run.worker) == "dead"
    assert launcher.check(run).status == "NOT_FOUND"
    assert launcher.terminate(run) is False


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_a_worker_outlives_its_front_and_is_found_by_the_next_one(tmp_path: Path, start: str) -> None:
    """The front is killed, and with it the process that has loaded the code."""
    with deployed(make_home(tmp_path, {"start": start})) as deployment, open_location_of(deployment.home):
        launcher = LocalLauncher(home=deployment.home)
        launch = deployment.launch_of(deployment.queue(jobs.waiting))
        launcher.launch(launch)
        run = deployment.until_executed(launch.run)
        client = LocationClient(LOCATION, address(deployment.home, LOCATION))
        front = psutil.Process(client.hello(PATIENCE_SECONDS)["pid"])
        behind = [each for each in front.children(recursive=True) if run.worker and each.pid != run.worker.pid]
        front.kill()
        psutil.wait_procs([front, *behind], PATIENCE_SECONDS)
        while client.hello(PATIENCE_SECONDS)["pid"] == front.pid:
            pass
        client.close()

        assert not any(each.is_running() for each in behind)
        assert launcher.check(run).status == "RUNNING"
        assert LocalLauncher(home=deployment.home).check(run).status == "RUNNING"
        deployment.open_gate()
        assert deployment.until_over(run).status is ms.RunStatus.SUCCESS
        deployment.until(lambda: launcher.check(run).status == "NOT_FOUND")
        assert deployment.count(run) == 1


@pytest.mark.parametrize(("changes", "said"), [({"grace": -1}, "grace"), ({"timeout": 0}, "timeout")])
def test_settings_that_make_no_sense_are_refused(changes: dict[str, float], said: str) -> None:
    with pytest.raises(ms.DefinitionError, match=said):
        LocalLauncher(**changes)  # type: ignore[arg-type]


def test_it_is_a_plugin_like_any_other(deployment: LaunchDeployment) -> None:
    assert deployment.instance.plugins is not None
    assert deployment.instance.plugins.find("run launcher", "local") is LocalLauncher
    assert issubclass(LocalLauncher, ms.RunLauncher)
