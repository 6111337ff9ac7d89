"""Followers whose functions fail, or whose location is down."""

from collections.abc import Mapping
from typing import Any

import mainspring as ms
from mainspring.daemon.tick.page import PAGE_ITEMS
from tests.core.daemon.tick.deployed import Deployed
from tests.core.daemon.tick.following import each_one, keys, watching


def test_a_failure_is_tried_again_with_the_same_and_later_ones_wait(deployed: Deployed) -> None:
    tries: list[int] = []

    def fail(context: ms.SensorContext, item: ms.MaterializationEvent) -> ms.RunRequest:
        tries.append(item.event_id)
        if len(tries) < 3:
            raise ValueError("not yet")
        return each_one(context, item)

    deployed.offer(watching(fail, every=10))
    deployed.advance(1)
    (first,) = deployed.write("orders")
    deployed.advance(5)
    (second,) = deployed.write("orders")
    deployed.advance(60)

    assert tries == [first, first, first, second]
    assert deployed.statuses("changed") == ["FAILED", "FAILED", "REQUESTED"]
    assert keys(deployed) == [str(first), str(second)]


def test_what_came_before_a_failure_may_stand(deployed: Deployed) -> None:
    broken: set[int] = set()

    def fail(context: ms.SensorContext, item: ms.MaterializationEvent) -> ms.RunRequest:
        if item.event_id in broken:
            raise ValueError("not this one")
        return each_one(context, item)

    deployed.offer(watching(fail, partial="commit", every=10))
    deployed.advance(1)
    ids = deployed.write("orders", "orders", "orders")
    broken.add(ids[1])
    deployed.advance(5)
    assert deployed.cursor("changed") == str(ids[0])
    broken.clear()
    deployed.advance(60)

    assert keys(deployed) == [str(each) for each in ids]


def test_a_location_that_is_down_is_asked_again(deployed: Deployed) -> None:
    deployed.offer(watching())
    deployed.advance(1)
    deployed.client.is_down = True
    (event_id,) = deployed.write("orders")
    deployed.advance(10)
    assert deployed.ticks("changed") == []
    deployed.client.is_down = False
    deployed.advance(2)

    assert keys(deployed) == [str(event_id)]


def test_one_that_is_switched_off_while_it_is_evaluated_ends_then(deployed: Deployed) -> None:
    deployed.offer(watching())
    deployed.advance(1)

    def switch_off(message: Mapping[str, Any]) -> None:
        deployed.client.before = lambda message: None
        deployed.switch("changed", "stopped")

    deployed.client.before = switch_off
    deployed.write(*["orders"] * 2 * PAGE_ITEMS)
    deployed.advance(5)

    assert len(deployed.client.asked) == 1
    assert deployed.cursor("changed") is None
