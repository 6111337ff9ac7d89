"""Whether a home is ready for a crash test: nobody else works on it, and its locations are loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from mainspring.errors import MainspringError
from mainspring.execute.worker import liveness
from mainspring.location.address import is_listening
from mainspring.run import WorkerIdentity
from mainspring.runtime import runtime_folder
from mainspring.storage import LocationStatus

if TYPE_CHECKING:
    from mainspring.instance import Instance


def refuse_strangers(instance: Instance) -> None:
    """Raise if a daemon is at work on an instance's storage.

    Raises:
        MainspringError: One is.
    """
    for lease in instance.storage.duties.leases():
        if liveness(WorkerIdentity(**json.loads(lease.identity))) != "dead":
            raise MainspringError(f"a daemon is at work on {instance.home} already: {lease.holder}; end it first")


def deaf_sockets(home: Path) -> list[str]:
    """Return the sockets of fronts that were killed and are not opened anew yet: only who opens them can clear them away."""
    return [str(path) for path in sorted(runtime_folder(home).glob("*.sock")) if not is_listening(path)]


def failed_to_load(instance: Instance) -> str | None:
    """Say which location cannot be loaded, if one cannot."""
    for each in instance.storage.locations.all():
        if each.status is LocationStatus.FAILED:
            return f"location {each.name!r} cannot be loaded: {each.error}"
    return None


def waiting_to_load(instance: Instance) -> str | None:
    """Say which location is not loaded yet, if one is not."""
    assert instance.settings is not None  # noqa: S101 - it was opened
    known = {each.name: each for each in instance.storage.locations.all()}
    for table in instance.settings.locations:
        record = known.get(str(table.get("name")))
        if record is None or record.status is not LocationStatus.LOADED:
            return f"location {table.get('name')!r} is not loaded"
    return None
