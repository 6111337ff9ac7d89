"""Recording how a location stands, and of what it offers only what has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from attrs import evolve

from mainspring.location.spec import LocationSpec
from mainspring.storage import DefinitionRecord, LocationRecord, LocationStatus

if TYPE_CHECKING:
    from mainspring.instance import Instance


class Offering(Protocol):
    """What tells what a location offers: its client, or what stands in for it."""

    def index(self) -> tuple[str, dict[tuple[str, str], str]]:
        """Return the hash of the snapshot, and that of each definition in it, by kind and name."""

    def entries(self, names: Sequence[tuple[str, str]], /) -> Iterator[Mapping[str, str]]:
        """Yield definitions by kind and name."""


def record_status(
    instance: Instance,
    spec: LocationSpec,
    address: str | None,
    status: Mapping[str, Any],
    client: Offering | None,
) -> LocationRecord:
    """Record what a front says of its location.

    Args:
        instance: Where it is recorded.
        spec: The location.
        address: Where its front listens; None where it cannot.
        status: What the front says; of one that says nothing, what is known of it instead.
        client: Where definitions are asked for; None keeps those that are recorded.

    Raises:
        LocationError: The front ended before it had told what it offers.
        StorageError: The database failed.
    """
    before = instance.storage.locations.get(spec.name)
    base = before or LocationRecord(name=spec.name, status=LocationStatus.LOADING)
    record = evolve(
        base,
        status=LocationStatus(status["status"]),
        source=str(spec.source),
        address=address,
        error=status.get("error"),
        traceback=status.get("traceback") or "",
        python=status.get("python") or base.python,
        version=status.get("version") or base.version,
        start=status.get("start") or base.start,
        loaded_at=status.get("loaded_at", base.loaded_at),
        updated_at=instance.clock.time(),
    )
    if client is None or status.get("snapshot") in (None, base.snapshot):
        instance.storage.locations.record(record)
        return record
    snapshot, offered = client.index()
    known = instance.storage.locations.hashes(spec.name)
    removed = [place for place in known if place not in offered]
    wanted = [place for place, each in offered.items() if known.get(place) != each]
    changed = [
        DefinitionRecord(location=spec.name, kind=each["kind"], name=each["name"], hash=each["hash"], body=each["body"])
        for each in client.entries(wanted)
    ]
    record = evolve(record, snapshot=snapshot)
    instance.storage.locations.record(record, changed, removed)
    return record
