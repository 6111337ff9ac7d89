"""What a change of definitions is described by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from attrs import field, frozen

from mainspring.storage import AutomationState, DefinitionRecord

KEYS_COUNTED = 1000
"""Up to how many run keys of an automation are counted."""

What: TypeAlias = Literal["new", "adopts", "changed", "gone"]


@frozen(kw_only=True)
class Standing:
    """How a location stands before the change.

    Attributes:
        definitions: What it offers, by kind and name.
        states: How its automations stand, by name; those that it does not offer any more among them.
        keys: How many run keys each automation has in the ledger, by name, up to `KEYS_COUNTED` and one.
        live: How many runs of each job wait or are under way.
    """

    definitions: Mapping[tuple[str, str], DefinitionRecord] = field(factory=dict)
    states: Mapping[str, AutomationState] = field(factory=dict)
    keys: Mapping[str, int] = field(factory=dict)
    live: Mapping[str, int] = field(factory=dict)


@frozen
class Change:
    """One definition that the change touches.

    Attributes:
        kind: `job`, `schedule` or `sensor`.
        name: Its name.
        what: What becomes of it.
        said: What follows from that, in sentences.
    """

    kind: str
    name: str
    what: What
    said: tuple[str, ...] = ()


@frozen
class Outlook:
    """What a schedule starts in the time to come.

    Attributes:
        name: The schedule.
        count: How many times it is due.
        first: The first of them, seconds since the epoch; None for none.
        has_function: Whether a function may still decide against a run.
    """

    name: str
    count: int
    first: float | None
    has_function: bool


@frozen
class LocationPlan:
    """What a change makes of a location.

    Attributes:
        name: The location.
        error: Why its code does not load; None where it does.
        changes: What is touched, by kind and name; all else stays as it is.
        unchanged: How many definitions stay as they are.
        outlook: What its schedules start in the time to come, those that are due first at the top.
    """

    name: str
    error: str | None = None
    changes: tuple[Change, ...] = ()
    unchanged: int = 0
    outlook: tuple[Outlook, ...] = ()
