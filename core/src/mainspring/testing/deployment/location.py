"""A code location whose code is loaded in this process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
from attrs import field, frozen

from mainspring.definition.definitions import Definitions
from mainspring.execute.capture import capture
from mainspring.location.evaluator import evaluate
from mainspring.location.interface import dump, load
from mainspring.location.snapshot import Entry, snapshot_hash, take_snapshot
from mainspring.location.spec import LocationSpec
from mainspring.location.sync import record_status

if TYPE_CHECKING:
    from mainspring.instance import Instance


@frozen(eq=False)
class LocationHere:
    """Stands for the client of a location: tells what it offers and evaluates it, as its processes would.

    There is no deadline, for there is nothing around an evaluation that could end it.

    Attributes:
        name: The location's name.
        definitions: What its code defines.
    """

    name: str
    definitions: Definitions
    _entries: dict[tuple[str, str], Entry] = field(init=False)

    @_entries.default
    def _take_entries(self) -> dict[tuple[str, str], Entry]:
        return {(each.kind, each.name): each for each in take_snapshot(self.definitions)}

    def index(self) -> tuple[str, dict[tuple[str, str], str]]:
        """Return the hash of the snapshot, and that of each definition in it, by kind and name."""
        hashes = {place: each.hash for place, each in self._entries.items()}
        return snapshot_hash(hashes), hashes

    def entries(self, names: Sequence[tuple[str, str]]) -> Iterator[Mapping[str, str]]:
        """Yield definitions by kind and name."""
        return (attrs.asdict(self._entries[place]) for place in names)

    def evaluate(self, evaluations: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Evaluate a batch, one after the other; what is replied goes through the form that it travels in."""
        with capture.installed():
            for each in evaluations:
                reply = load(dump(evaluate(each, self.definitions)))
                if (reply["error"] or {}).get("type") == KeyboardInterrupt.__name__:
                    raise KeyboardInterrupt  # whoever waits for this process means all of it
                yield reply

    def record(self, instance: Instance) -> None:
        """Record that it is loaded, and what it offers."""
        snapshot, _ = self.index()
        status = {"status": "LOADED", "snapshot": snapshot, "loaded_at": instance.clock.time()}
        record_status(instance, LocationSpec(name=self.name, module="(this process)"), None, status, self)
