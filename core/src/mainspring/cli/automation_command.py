"""What `mainspring schedule` and `mainspring sensor` do alike: listing, showing, switching, and reading ticks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from mainspring.cli.automation_reference import FoundAutomation, Kind, all_automations, find_automation
from mainspring.cli.complaint import note, warn
from mainspring.cli.home import NothingThereYetError, opened
from mainspring.cli.show import echo, echo_json
from mainspring.errors import MainspringError
from mainspring.execute.recorded_job import say_unready
from mainspring.storage import TickQuery, TickStatus, Topic

if TYPE_CHECKING:
    from mainspring.daemon.tick.offered import Offered
    from mainspring.instance import Instance


def list_all(kind: Kind, home: str | None, limit: int | None, *, as_json: bool) -> None:
    """List the automations of a kind."""
    from mainspring.cli.automation_document import automation_rows
    from mainspring.cli.automation_page import echo_automations

    rows: list[dict[str, Any]] = []
    unready = ""
    try:
        with opened(home) as instance:
            found = all_automations(instance.storage, kind)
            rows = automation_rows(instance.storage, found[:limit], instance.clock.time())
            unready = say_unready(instance.storage, "")
    except NothingThereYetError as error:
        unready = f": {error}"
    if as_json:
        echo_json(rows)
    elif rows:
        echo_automations(rows)
    else:
        note(f"no code location offers a {kind}{unready or '; `mainspring location list` shows how they stand'}")


def show_one(kind: Kind, reference: str, home: str | None, *, as_json: bool) -> None:
    """Show all that is known of an automation."""
    from mainspring.cli.automation_document import automation_document
    from mainspring.cli.automation_page import echo_automation

    with found_in(home, kind, reference) as (instance, found):
        document = automation_document(instance.storage, found, instance.clock.time())
    if as_json:
        echo_json(document)
    else:
        echo_automation(document)


def switch(kind: Kind, names: Sequence[str], home: str | None, *, to: str, are_all: bool, as_json: bool) -> None:
    """Switch automations on or off, and say of each whether that has changed anything."""
    if bool(names) == are_all:
        said = "give either names or --all, not both" if names else f"name a {kind}, or give --all"
        raise click.UsageError(said, click.get_current_context())
    with opened(home) as instance:
        storage = instance.storage
        if are_all:
            chosen = [each for each in all_automations(storage, kind) if each.offered is not None or each.problem]
            for each in chosen:
                if each.problem is not None:
                    warn(f"{each.reference} is left as it is: {each.problem}")
            offers = [each.offered for each in chosen if each.offered is not None]
        else:
            offers = [find_automation(storage, kind, name).offer() for name in names]
        try:
            rows = [_switch_one(instance, offered, to) for offered in offers]
        finally:
            storage.wakeups.tell(Topic.AUTOMATIONS)
    if as_json:
        echo_json(rows)
    elif not rows:
        note(f"no code location offers a {kind}, so there is none to switch")
    else:
        for row in rows:
            echo(f"{kind} {row['location']}:{row['name']} is {to}{'' if row['is_changed'] else ' already'}")


def _switch_one(instance: Instance, offered: Offered, to: str) -> dict[str, Any]:
    from mainspring.cli.act import note_act
    from mainspring.daemon.tick.switch import start, stop

    verb, change = ("start", start) if to == "running" else ("stop", stop)
    is_changed = change(offered, instance.storage, instance.clock.time())
    if is_changed:
        note_act(instance, f"{offered.kind} {verb}", f"{offered.kind}:{offered.location}:{offered.name}")
    return {"name": offered.name, "location": offered.location, "status": to, "is_changed": is_changed}


def list_ticks(
    kind: Kind,
    reference: str,
    home: str | None,
    *,
    tick_id: int | None,
    statuses: Sequence[str],
    before: int | None,
    limit: int,
    as_json: bool,
) -> None:
    """List the ticks of an automation, the newest first, or show one whole."""
    from mainspring.cli.automation_document import tick_document
    from mainspring.cli.tick_page import echo_tick, echo_tick_table

    with found_in(home, kind, reference) as (instance, found):
        if tick_id is not None:
            tick = instance.storage.automations.ticks_by_id([tick_id]).get(tick_id)
            if tick is None or (tick.location, tick.automation) != found.key:
                raise MainspringError(
                    f"there is no tick {tick_id} of {kind} {found.reference}; `mainspring {kind} ticks {found.reference}` "
                    "lists those that there are"
                )
            ticks = [tick]
        else:
            query = TickQuery(
                location=found.location,
                automation=found.name,
                statuses=tuple(map(TickStatus, statuses)),
                before=before,
                limit=limit + 1,
            )
            ticks = instance.storage.automations.ticks(query)
    documents = [tick_document(each) for each in ticks]
    shown = documents[:limit]
    if as_json:
        echo_json(documents[0] if tick_id is not None else shown)
    elif tick_id is not None:
        echo_tick(documents[0])
    elif not documents:
        note(f"{kind} {found.reference} has no such tick")
    else:
        echo_tick_table(shown)
        if len(documents) > limit:
            note(f"there are more; the next page begins with --before {shown[-1]['tick_id']}")


@contextmanager
def found_in(home: str | None, kind: Kind, reference: str) -> Iterator[tuple[Instance, FoundAutomation]]:
    """Open an instance, and give it with the automation that a person means.

    Raises:
        MainspringError: There is none of that name, or there are several.
    """
    with opened(home) as instance:
        yield instance, find_automation(instance.storage, kind, reference)
