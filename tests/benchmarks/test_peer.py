import sys
from pathlib import Path

import pytest

from tests.benchmarks.peer import PEERS, PeerUnavailableError, prepare
from tests.benchmarks.row import HERE


def installed(folder: Path, name: str, requirements: str) -> Path:
    (folder / name).mkdir()
    (folder / name / "requirements.txt").write_text(requirements)
    return folder


def test_an_environment_with_these_requirements_is_taken_as_it_is(tmp_path: Path) -> None:
    said: list[str] = []
    pins = (HERE / "peers" / "requirements-luigi.txt").read_text()

    system = prepare("luigi", said.append, environments=installed(tmp_path, "luigi", pins))

    assert system.python == tmp_path / "luigi" / "bin" / "python"
    assert system.environment == PEERS["luigi"]
    assert said == []


def test_without_uv_a_peer_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    said: list[str] = []

    with pytest.raises(PeerUnavailableError, match="luigi: uv, which would install it, is not found"):
        prepare("luigi", said.append, environments=installed(tmp_path, "luigi", "luigi==1.0.0\n"))


def test_an_installation_that_fails_makes_a_peer_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\necho 'no such version' >&2\nexit 1\n")
    uv.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    said: list[str] = []

    with pytest.raises(PeerUnavailableError, match="luigi: venv --quiet failed: no such version"):
        prepare("luigi", said.append, environments=tmp_path)

    assert said == [f"luigi: making an environment in {tmp_path / 'luigi'}"]
