"""Finding the schedules and sensors that a person means, as their locations offered them and as they stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from attrs import frozen

from mainspring.daemon.tick.offered import Offered, read_offered
from mainspring.definition.names import is_storable
from mainspring.errors import MainspringError, UnknownNameError, shorten
from mainspring.execute.recorded_job import say_unready
from mainspring.storage import AutomationState, DefinitionQuery, DefinitionRecord, Storage

Kind = Literal["schedule", "sensor"]


@frozen(kw_only=True)
class FoundAutomation:
    """A schedule or a sensor.

    Attributes:
        location: Its code location.
        name: Its name.
        kind: Which of both it is.
        offered: What its location says of it; None where it does not offer it any more, or where that cannot be read here.
        problem: Why it cannot be read here.
        state: How it stands; None where no daemon has seen it yet.
    """

    location: str
    name: str
    kind: Kind
    offered: Offered | None = None
    problem: str | None = None
    state: AutomationState | None = None

    @property
    def reference(self) -> str:
        """What names it among all."""
        return f"{self.location}:{self.name}"

    @property
    def key(self) -> tuple[str, str]:
        """Its location and its name."""
        return self.location, self.name

    def offer(self) -> Offered:
        """Return what its location says of it.

        Raises:
            MainspringError: That is not known.
        """
        if self.offered is not None:
            return self.offered
        raise MainspringError(
            self.problem
            or f"location {self.location!r} does not offer {self.kind} {self.name!r} any more; put it back into its "
            "definitions, or leave it at what it was"
        )


def all_automations(storage: Storage, kind: Kind) -> list[FoundAutomation]:
    """Return the automations of a kind, by location and name; those that are not offered any more come last."""
    states = {state.key: state for state in storage.automations.states()}
    found = [
        _found(record, kind, states.pop((record.location, record.name), None)) for record in _records(storage, kind)
    ]
    left = [_left(state, kind) for state in states.values() if state.kind == kind and not _is_offered(storage, state)]
    return [*found, *left]


def find_automation(storage: Storage, kind: Kind, reference: str) -> FoundAutomation:
    """Return an automation by its name, or by `location:name` where several locations have one of that name.

    Raises:
        UnknownNameError: There is none.
        MainspringError: There are several.
    """
    location, _, name = reference.rpartition(":")
    if not is_storable(reference):
        raise UnknownNameError(kind, reference, {each.name for each in _records(storage, kind)})
    records = storage.locations.definitions(DefinitionQuery(location=location or None, kind=kind, name=name))
    found = [_found(each, kind, storage.automations.get(each.location, name)) for each in records]
    if not found:
        states = storage.automations.states(location or None)
        found = [_left(each, kind) for each in states if (each.name, each.kind) == (name, kind)]
    if len(found) > 1:
        listed = ", ".join(each.reference for each in found)
        raise MainspringError(f"several code locations have a {kind} {shorten(name)!r}; name one of {listed}")
    if not found:
        raise _unknown(storage, kind, location, name)
    return found[0]


def _unknown(storage: Storage, kind: Kind, location: str, name: str) -> MainspringError:
    other: Kind = "sensor" if kind == "schedule" else "schedule"
    if storage.locations.definitions(DefinitionQuery(location=location or None, kind=other, name=name)):
        return MainspringError(f"{name!r} is a {other}; use `mainspring {other}`")
    known = {each.name for each in _records(storage, kind, location or None)}
    place = f"location {shorten(location)!r}" if location else "any code location"
    return UnknownNameError(kind, name, known, place=place + say_unready(storage, location))


def _records(storage: Storage, kind: Kind, location: str | None = None) -> Iterator[DefinitionRecord]:
    after: tuple[str, str, str] | None = None
    while page := storage.locations.definitions(DefinitionQuery(location=location, kind=kind, after=after)):
        yield from page
        after = (page[-1].location, kind, page[-1].name)


def _found(record: DefinitionRecord, kind: Kind, state: AutomationState | None) -> FoundAutomation:
    offered, problem = None, None
    try:
        offered = read_offered(record)
    except MainspringError as error:
        problem = str(error)
    return FoundAutomation(
        location=record.location, name=record.name, kind=kind, offered=offered, problem=problem, state=state
    )


def _left(state: AutomationState, kind: Kind) -> FoundAutomation:
    return FoundAutomation(location=state.location, name=state.name, kind=kind, state=state)


def _is_offered(storage: Storage, state: AutomationState) -> bool:
    """Return whether what had this name as one kind is offered as the other one now."""
    query = DefinitionQuery(location=state.location, name=state.name)
    return any(each.kind != "job" for each in storage.locations.definitions(query))
