"""Reading what is new for one follower: a page of the log, so that a backlog is never read at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, assert_never

from attrs import frozen

from mainspring.daemon.tick.interest import FollowedAssets, FollowedRuns, Follows
from mainspring.location.followed import plain_change, plain_materialization
from mainspring.storage import Storage

PAGE_ITEMS = 50
"""How many facts one evaluation is given: as many requests as a tick queues by itself."""

PAGE_CHARACTERS = 1_000_000
"""How much they may say together, about; one is always given."""

PASSED_FACTS = 1000
"""How many changes of runs are looked through for those that concern a sensor."""


@frozen
class Page:
    """What is new for a follower.

    Attributes:
        items: The facts, as an evaluator is given them.
        read_to: Up to which event there is no other one.
    """

    items: tuple[Mapping[str, Any], ...]
    read_to: int


def read_page(storage: Storage, follows: Follows, after: int, location: str, sensor: str) -> Page:
    """Read what is new for a follower.

    Args:
        storage: Where the log is.
        follows: What it follows.
        after: The event behind which it goes on.
        location: Its location.
        sensor: Its name.
    """
    match follows:
        case FollowedAssets(assets=assets):
            found = [plain_materialization(each) for each in storage.assets.after(after, assets, PAGE_ITEMS)]
            return _page(found, after)
        case FollowedRuns():
            facts = storage.events.run_facts_after(after, follows.kinds, PASSED_FACTS)
            concerned = [each.event for each in facts if follows.concerns(each, location, sensor)]
            runs = ((each, storage.runs.get(each.run_id)) for each in concerned[:PAGE_ITEMS])
            page = _page((plain_change(each, run) for each, run in runs if run is not None), after)
            return Page((), facts[-1].event.event_id or after) if facts and not page.items else page
        case _:
            assert_never(follows)


def _page(items: Iterable[Mapping[str, Any]], after: int) -> Page:
    found = tuple(_cut(items))
    return Page(found, found[-1]["event_id"] if found else after)


def _cut(items: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield items until they say too much together."""
    size = 0
    for each in items:
        size += len(repr(each))
        if size > PAGE_CHARACTERS and size > len(repr(each)):
            return
        yield each
