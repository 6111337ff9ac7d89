import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainspring.errors import InstanceError
from mainspring.location.address import address, socket_path
from mainspring.runtime import RUNTIME_VARIABLE, runtime_folder


@pytest.fixture(autouse=True)
def base(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as short:
        folder = Path(short) / "run"
        monkeypatch.setenv(RUNTIME_VARIABLE, str(folder))
        yield folder


def test_each_location_of_each_home_has_a_socket_of_its_own(tmp_path: Path, base: Path) -> None:
    paths = [socket_path(tmp_path / home, name) for home in "ab" for name in ("sales", "Sales", "../x")]

    assert len(set(paths)) == len(paths)
    assert all(path.parent.parent == base for path in paths)
    assert address(tmp_path / "a", "sales") == f"unix:{paths[0]}"


def test_a_long_home_does_not_make_a_long_path(tmp_path: Path) -> None:
    assert len(os.fsencode(socket_path(tmp_path / ("x" * 200), "y" * 100).name)) < 30


def test_only_its_owner_may_enter(tmp_path: Path) -> None:
    folder = runtime_folder(tmp_path)

    assert folder.stat().st_mode & 0o777 == 0o700
    assert folder.parent.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path, base: Path) -> None:
    base.mkdir(mode=0o755)
    with pytest.raises(InstanceError, match="can be entered by others; remove it"):
        runtime_folder(tmp_path)


def test_a_link_in_its_place_is_refused(tmp_path: Path, base: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    base.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InstanceError, match="can be entered by others"):
        runtime_folder(tmp_path)


def test_a_file_in_its_place_is_refused(tmp_path: Path, base: Path) -> None:
    base.touch()
    with pytest.raises(InstanceError, match="cannot be made"):
        runtime_folder(tmp_path)


def test_a_path_too_long_for_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("x" * 120)
    monkeypatch.setenv(RUNTIME_VARIABLE, str(long))
    with pytest.raises(InstanceError, match="name a shorter folder"):
        socket_path(tmp_path, "sales")
