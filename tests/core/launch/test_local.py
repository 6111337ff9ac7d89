"""The local launcher where there is no location to ask, or one that nobody can ask."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

import mainspring as ms
from mainspring.errors import LaunchError
from mainspring.execute.worker import liveness
from mainspring.launch.local import LocalLauncher
from mainspring.testing.contract import launched_jobs as jobs
from mainspring.testing.contract.deployment import Deployment, deployed, make_home

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    with deployed(make_home(tmp_path, {})) as deployment:
        yield deployment


def test_a_location_that_is_not_open_can_be_tried_again(deployment: Deployment) -> None:
    launcher = LocalLauncher(home=deployment.home)
    launch = deployment.launch_of(deployment.queue(jobs.succeeding))
    with pytest.raises(LaunchError, match="it is open while `mainspring daemon` runs") as raised:
        launcher.launch(launch)

    assert "\n" not in str(raised.value)
    assert launcher.check(launch.run).status == "UNKNOWN"
    assert launcher.terminate(launch.run) is False
    assert deployment.read(launch.run) == launch.run


def test_a_folder_for_sockets_that_cannot_be_used_raises_nothing_else(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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


def test_a_run_of_no_location_is_refused(deployment: Deployment) -> None:
    launch = deployment.launch_of(deployment.queue(jobs.succeeding))
    with pytest.raises(LaunchError, match="belongs to no code location"):
        LocalLauncher(home=deployment.home).launch(evolve(launch, run=evolve(launch.run, location=None)))


def test_a_worker_that_another_one_started_is_found_and_ended(deployment: Deployment) -> None:
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


@pytest.mark.parametrize(("changes", "said"), [({"grace": -1}, "grace"), ({"timeout": 0}, "timeout")])
def test_settings_that_make_no_sense_are_refused(changes: dict[str, float], said: str) -> None:
    with pytest.raises(ms.DefinitionError, match=said):
        LocalLauncher(**changes)  # type: ignore[arg-type]


def test_it_is_a_plugin_like_any_other(deployment: Deployment) -> None:
    assert deployment.instance.plugins is not None
    assert deployment.instance.plugins.find("run launcher", "local") is LocalLauncher
    assert issubclass(LocalLauncher, ms.RunLauncher)
