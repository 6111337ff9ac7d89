"""Holding a location open, whatever becomes of what is told of it."""

import queue
import threading
from pathlib import Path

import psutil
import pytest

import mainspring as ms
from mainspring.errors import StorageError
from mainspring.location.address import is_listening, socket_path
from mainspring.location.keeper import LocationKeeper
from mainspring.location.spec import LocationSpec
from mainspring.runtime import RUNTIME_VARIABLE
from mainspring.storage import LocationStatus
from tests.core.location.fronts import GOOD, PATIENCE_SECONDS

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def test_a_storage_that_fails_while_it_is_told_how_a_location_stands_closes_nothing(tmp_path: Path) -> None:
    (tmp_path / "defs.py").write_text(GOOD, encoding="utf-8")
    seen: queue.Queue[LocationStatus] = queue.Queue()
    failures = 3

    with ms.Instance.open(tmp_path) as instance:

        def tell() -> None:
            nonlocal failures
            found = instance.storage.locations.get("sales")
            assert found is not None
            seen.put(found.status)
            failures -= 1
            if failures >= 0:
                raise StorageError("the database is away for a moment")

        with LocationKeeper(LocationSpec(name="sales", file="defs.py"), tmp_path, instance, tell):
            assert seen.get(timeout=PATIENCE_SECONDS) is LocationStatus.LOADING
            assert seen.get(timeout=PATIENCE_SECONDS) is LocationStatus.LOADED


def test_a_location_that_can_have_no_socket_is_shown_as_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "open to all").mkdir(mode=0o755)
    monkeypatch.setenv(RUNTIME_VARIABLE, str(tmp_path / "open to all"))
    changed = threading.Event()
    with ms.Instance.open(tmp_path) as instance:
        with LocationKeeper(LocationSpec(name="sales", file="defs.py"), tmp_path, instance, changed.set):
            assert changed.wait(PATIENCE_SECONDS)
        found = instance.storage.locations.get("sales")

    assert found is not None
    assert (found.status, found.address) == (LocationStatus.FAILED, None)
    assert "can be entered by others; remove it" in (found.error or "")


def test_a_location_whose_socket_is_gone_is_opened_anew(tmp_path: Path) -> None:
    (tmp_path / "defs.py").write_text(GOOD, encoding="utf-8")
    loaded: queue.Queue[float] = queue.Queue()
    with ms.Instance.open(tmp_path) as instance:

        def tell() -> None:
            found = instance.storage.locations.get("sales")
            if found is not None and found.status is LocationStatus.LOADED and found.loaded_at is not None:
                loaded.put(found.loaded_at)

        with LocationKeeper(LocationSpec(name="sales", file="defs.py"), tmp_path, instance, tell) as keeper:
            first = loaded.get(timeout=PATIENCE_SECONDS)
            keeper.look()
            socket_path(tmp_path, "sales").unlink()
            keeper.look()
            while (second := loaded.get(timeout=PATIENCE_SECONDS)) == first:
                pass
            assert second > first
            assert is_listening(socket_path(tmp_path, "sales"))


def test_a_front_that_hangs_at_its_end_is_named_and_buried_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "defs.py").write_text(GOOD, encoding="utf-8")
    changed = threading.Event()
    with ms.Instance.open(tmp_path) as instance:
        with LocationKeeper(LocationSpec(name="sales", file="defs.py"), tmp_path, instance, changed.set) as keeper:
            assert changed.wait(PATIENCE_SECONDS)
            assert keeper.client is not None
            stopped = psutil.Process(keeper.client.hello(PATIENCE_SECONDS)["pid"])
            stopped.suspend()
        try:
            assert f"the front of location sales still runs, as process {stopped.pid}" in caplog.text
        finally:
            stopped.resume()
        (burial,) = [each for each in threading.enumerate() if each.name == "end of sales"]
        burial.join(PATIENCE_SECONDS)

    assert not stopped.is_running()  # as a zombie would be
