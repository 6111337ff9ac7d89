"""Followers with much to catch up with."""

import tracemalloc
from collections.abc import Mapping
from typing import Any

from mainspring.daemon.tick.page import PAGE_ITEMS
from mainspring.storage import memory_storage
from tests.core.daemon.tick.deployed import Deployed
from tests.core.daemon.tick.following import (
    keys,
    skip,
    watching,
)


def test_a_backlog_is_drained_in_pages_without_waiting(deployed: Deployed) -> None:
    """Scars: D#19224, D#32070."""
    deployed.run_seconds = None
    deployed.offer(watching(every=15))
    deployed.advance(1)
    deployed.client.is_down = True
    ids = [event_id for _ in range(10) for event_id in deployed.write(*["orders"] * 50)]
    deployed.advance(1)
    deployed.client.is_down = False
    deployed.client.asked.clear()
    deployed.advance(2)

    assert sorted(map(int, keys(deployed))) == ids
    assert [len(each["followed"]) for each in deployed.client.asked] == [PAGE_ITEMS] * (500 // PAGE_ITEMS)


def test_memory_stays_flat_while_a_large_backlog_is_drained() -> None:
    """Scars: D#19224, D#32070: ten thousand materializations are never held at once."""
    deployed = Deployed(memory_storage())
    deployed.offer(watching(skip))
    deployed.advance(1)
    deployed.client.is_down = True
    for number in range(100):
        deployed.write(*["orders"] * 100, run_id=f"w{number}", metadata={"said": "x" * 500})
    deployed.client.is_down = False
    largest = 0

    def measure(message: Mapping[str, Any]) -> None:
        nonlocal largest
        largest = max(largest, len(message["followed"]))
        deployed.client.asked.clear()

    deployed.client.before = measure
    tracemalloc.start()
    deployed.advance(5)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert deployed.ticks("changed")[0].count == 10_000 / PAGE_ITEMS
    assert largest == PAGE_ITEMS
    assert peak < 5_000_000


def test_what_says_much_is_given_a_few_at_a_time(deployed: Deployed) -> None:
    deployed.offer(watching())
    deployed.advance(1)
    deployed.write(*["orders"] * 5, metadata={"said": "x" * 400_000})
    deployed.write("orders", metadata={"said": "x" * 2_000_000})
    deployed.advance(1)

    assert [len(each["followed"]) for each in deployed.client.asked] == [2, 2, 1, 1]
    assert len(keys(deployed)) == 6
