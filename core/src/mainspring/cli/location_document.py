"""Code locations as plain data: what `--json` prints and pages are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from mainspring.cli.home import NothingThereYetError, located, opened
from mainspring.errors import UnknownNameError
from mainspring.location.address import is_listening, socket_path
from mainspring.location.spec import LocationSpec, location_specs
from mainspring.storage import DefinitionQuery, LocationRecord, LocationStatus, Storage, memory_storage


def location_rows(home: str | None) -> list[dict[str, Any]]:
    """Return the locations of a home as a list shows them: those of its settings, and how each stood last.

    Raises:
        ConfigError: A location of the settings is not valid.
    """
    folder, specs = _specs(home)
    with _storage(home) as storage:
        known = {each.name: each for each in storage.locations.all()}
        rows = []
        for name in sorted({*specs, *known}):
            record = known.get(name) or _unseen(specs[name])
            counts = Counter(kind for kind, _ in storage.locations.hashes(name))
            rows.append(
                {
                    **attrs.asdict(record),
                    "is_open": is_listening(socket_path(folder, name)),
                    "jobs": counts["job"],
                    "schedules": counts["schedule"],
                    "sensors": counts["sensor"],
                }
            )
    return rows


def location_document(home: str | None, name: str, limit: int) -> dict[str, Any]:
    """Return all that is known of a location.

    Raises:
        UnknownNameError: There is none of that name.
        ConfigError: A location of the settings is not valid.
    """
    folder, specs = _specs(home)
    with _storage(home) as storage:
        record = storage.locations.get(name)
        if record is None and name not in specs:
            known = {*specs, *(each.name for each in storage.locations.all())}
            raise UnknownNameError("location", name, known)
        found = storage.locations.definitions(DefinitionQuery(location=name, limit=limit))
    return {
        **attrs.asdict(record or _unseen(specs[name])),
        "is_open": is_listening(socket_path(folder, name)),
        "definitions": [{"kind": each.kind, "name": each.name, "hash": each.hash} for each in found],
    }


def _specs(home: str | None) -> tuple[Path, dict[str, LocationSpec]]:
    folder, settings = located(home)
    return folder, location_specs(settings, folder)


@contextmanager
def _storage(home: str | None) -> Iterator[Storage]:
    """Give a home's storage; an empty one for a home that has none yet."""
    try:
        with opened(home) as instance:
            yield instance.storage
    except NothingThereYetError:
        yield memory_storage()


def _unseen(spec: LocationSpec) -> LocationRecord:
    """Return the record of a location that nobody has opened yet."""
    said = "nobody has opened it yet; `mainspring daemon` does, and `mainspring location check` tries it"
    return LocationRecord(name=spec.name, status=LocationStatus.LOADING, source=str(spec.source), error=said)
