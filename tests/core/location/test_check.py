"""Trying a location's code where that cannot be tried."""

import tempfile
from pathlib import Path

import pytest

from mainspring.errors import InstanceError
from mainspring.location.check import check_location
from mainspring.location.spec import LocationSpec


def test_a_folder_that_is_too_long_for_sockets_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / ("x" * 100)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with pytest.raises(InstanceError, match="too long for this system; name a shorter folder with TMPDIR"):
        check_location(LocationSpec(name="sales", file="defs.py"), tmp_path)
