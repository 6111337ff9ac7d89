"""What becomes of each definition when a location offers others than before. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from mainspring.daemon.change.plan import KEYS_COUNTED, Change, Standing, What
from mainspring.daemon.tick.due import backlog_size
from mainspring.daemon.tick.offered import Offered, OfferedSchedule, read_offered, read_timing
from mainspring.definition.timing import next_time
from mainspring.storage import AutomationState, DefinitionRecord
from mainspring.text import count, utc

Definitions = Mapping[tuple[str, str], DefinitionRecord]

_TOLD_APART = frozenset({"default_status", "jobs"})
"""Fields whose change is told in a sentence of its own."""


def compare(standing: Standing, new: Definitions, now: float) -> tuple[Change, ...]:
    """Return what becomes of the definitions that are new, changed or gone, by kind and name.

    Args:
        standing: How the location stands.
        new: What it will offer.
        now: Seconds since the epoch.

    Raises:
        DefinitionError: A definition cannot be read here.
    """
    return tuple(_changes(standing, new, now))


def _changes(standing: Standing, new: Definitions, now: float) -> Iterator[Change]:
    old = standing.definitions
    adopted = {offered.adopts: offered.name for offered in _automations(new) if _adopts(offered, standing, new)}
    for kind, name in sorted(old.keys() | new.keys()):
        before, after = old.get((kind, name)), new.get((kind, name))
        if after is None:
            yield Change(kind, name, "gone", tuple(_gone(standing, new, kind, name, adopted)))
        elif before is None and kind == "job":
            yield Change(kind, name, "new")
        elif before is None:
            offered = read_offered(after)
            what: What = "adopts" if _adopts(offered, standing, new) else "new"
            yield Change(kind, name, what, tuple(_new(offered, standing, new, now)))
        elif before.hash != after.hash:
            said = () if kind == "job" else tuple(_changed(read_offered(before), read_offered(after), standing))
            yield Change(kind, name, "changed", (*said, *_fields(before, after, kind)))


def _automations(definitions: Definitions) -> list[Offered]:
    return [read_offered(each) for (kind, _), each in definitions.items() if kind != "job"]


def _adopts(offered: Offered, standing: Standing, new: Definitions) -> bool:
    """Return whether an automation takes over the state of another one, as it does once it is first seen."""
    old = offered.adopts
    names = {name for kind, name in new if kind != "job"}
    return old is not None and offered.name not in standing.states and old in standing.states and old not in names


def _new(offered: Offered, standing: Standing, new: Definitions, now: float) -> Iterator[str]:
    if _adopts(offered, standing, new):
        old = offered.adopts or ""
        yield f"it takes over the state and the {_keys(standing, old)} of {old!r}"
        before = [
            read_offered(each) for (kind, name), each in standing.definitions.items() if name == old and kind != "job"
        ]
        if any(_sort(each) != _sort(offered) for each in before):
            yield f"it is of another sort than {old!r}, and finds that one's cursor"
    elif offered.adopts is not None and offered.name in standing.states:
        yield f"it does not take over {offered.adopts!r}, as it was seen before under its own name"
    elif offered.adopts is not None:
        yield f"it does not take over {offered.adopts!r}, which was never seen"
    if offered.name in standing.states:
        yield f"it was there before: its {_keys(standing, offered.name)} count, and what fell due meanwhile does not run"
    state = standing.states.get(offered.adopts or "") if _adopts(offered, standing, new) else None
    state = state or standing.states.get(offered.name)
    if not offered.is_on(None if state is None else state.switch):
        yield f"it is stopped until `mainspring {offered.kind} start {offered.location}:{offered.name}`"
    elif isinstance(offered, OfferedSchedule):
        yield f"it is running, and due first at {utc(next_time(offered.timing, now), precise=False) or 'no time'}"
    else:
        yield f"it is running, every {offered.every_seconds:g} s"


def _gone(
    standing: Standing, new: Definitions, kind: str, name: str, adopted: Mapping[str | None, str]
) -> Iterator[str]:
    if kind == "job":
        live = standing.live.get(name, 0)
        if live:
            yield f"{count(live, 'run')} of it not over yet; those that have not begun will fail"
        return
    if name in adopted:
        yield f"{adopted[name]!r} takes over its state and its {_keys(standing, name)}"
        return
    state = standing.states.get(name)
    missed = _missed(state)
    if missed:
        yield f"{count(missed, 'missed time')} of it will not run"
    if standing.keys.get(name):
        yield f"its {_keys(standing, name)} are kept, for this name only"
        heirs = [] if any(other == name for _, other in new) else _heirs(standing, new, kind, name)
        for heir in heirs:
            yield f"if {heir!r} is this {kind} by another name, give it adopts={name!r}, or what has those keys runs again"


def _heirs(standing: Standing, new: Definitions, kind: str, name: str) -> list[str]:
    """Return the automations of the same sort that may be one that is gone, by another name."""
    sort = _sort(read_offered(standing.definitions[kind, name]))
    return [
        each.name
        for each in _automations(new)
        if _sort(each) == sort and each.name not in standing.states and each.adopts is None
    ]


def _sort(offered: Offered) -> tuple[str, bool]:
    """Return what an automation's cursor and mark mean: those of a schedule, of a sensor, or of one that follows the log."""
    return offered.kind, getattr(offered, "follows", None) is not None


def _changed(before: Offered, after: Offered, standing: Standing) -> Iterator[str]:
    state = standing.states.get(after.name)
    switch = None if state is None else state.switch
    if before.is_running_by_default != after.is_running_by_default:
        on = "running" if after.is_running_by_default else "stopped"
        if switch is None:
            yield f"it comes to be {on}, by its default_status"
        else:
            yield f"its default_status is {on}; it stays {switch}, as somebody has switched it"
    added, removed = set(after.jobs) - set(before.jobs), set(before.jobs) - set(after.jobs)
    if removed:
        yield f"it asks for runs of {_listed(removed)} no more"
    if added:
        yield f"it may ask for runs of {_listed(added)}; run keys count for each job by itself"
    if isinstance(before, OfferedSchedule) and isinstance(after, OfferedSchedule) and before.timing != after.timing:
        missed = _missed(state)
        dropped = f"; {count(missed, 'missed time')} of before will not run" if missed else ""
        yield f"its times change; nothing of the past runs by the new ones{dropped}"


def _fields(before: DefinitionRecord, after: DefinitionRecord, kind: str) -> tuple[str, ...]:
    """Return which fields differ, but for those that are told of already."""
    old, new = json.loads(before.body), json.loads(after.body)
    told = frozenset() if kind == "job" else _TOLD_APART
    names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name) and name not in told)
    return (f"changes {', '.join(names)}",) if names else ()


def _missed(state: AutomationState | None) -> int:
    if state is None or state.timing is None or not state.backlog:
        return 0
    return backlog_size(read_timing(state.timing), state.backlog)


def _keys(standing: Standing, name: str) -> str:
    number = standing.keys.get(name, 0)
    return f"more than {KEYS_COUNTED:,} run keys" if number > KEYS_COUNTED else count(number, "run key")


def _listed(names: set[str]) -> str:
    return ", ".join(repr(name) for name in sorted(names))
