"""What the local launcher needs to be there: the home's code location, held open as the daemon holds it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mainspring as ms
from mainspring.location.keeper import LocationKeeper
from mainspring.location.spec import location_specs
from mainspring.settings import read_settings

PATIENCE_SECONDS = 60.0


@contextmanager
def open_location_of(home: Path) -> Iterator[None]:
    """Hold the one location of a home open, and wait until its code is loaded."""
    (spec,) = location_specs(read_settings(home / "mainspring.toml"), home).values()
    with ms.Instance.open(home) as instance:
        changed = threading.Event()
        with LocationKeeper(spec, home, instance, changed.set):
            while True:
                assert changed.wait(PATIENCE_SECONDS), "the location does not settle"
                changed.clear()
                found = instance.storage.locations.get(spec.name)
                if found is not None and found.status == "LOADED":
                    break
                assert found is None or not found.traceback, found  # one whose front is just ending is opened anew
            yield
