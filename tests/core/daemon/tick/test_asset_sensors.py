"""Asset sensors: a call for each materialization."""

import mainspring as ms
from mainspring.daemon.tick import tail
from mainspring.storage import TickStatus
from tests.core.daemon.tick.deployed import Deployed
from tests.core.daemon.tick.following import keys, skip, watching


def test_each_of_several_materializations_in_a_moment_gives_a_request(deployed: Deployed) -> None:
    """Scar: D#32853, where only the last of four in five seconds was looked at."""
    deployed.offer(watching())
    deployed.advance(1)
    ids: list[int] = []
    for _ in range(4):
        ids += deployed.write("orders")
        deployed.advance(1.2)

    assert keys(deployed) == [str(each) for each in ids]
    assert deployed.cursor("changed") == str(ids[-1])

    together = deployed.write("orders", "bills", "orders", "orders", "orders")
    deployed.advance(0.2)

    assert keys(deployed)[4:] == [str(each) for number, each in enumerate(together) if number != 1]
    assert deployed.ticks("changed")[-1].requested == 4


def test_it_wakes_at_once(deployed: Deployed) -> None:
    deployed.offer(watching())
    deployed.advance(60)
    assert deployed.client.asked == []
    deployed.write("orders")
    deployed.look()

    assert len(keys(deployed)) == 1

    deployed.write("orders")  # the end of the log is left alone for a moment
    deployed.advance(tail.LOOK_SECONDS)
    assert len(keys(deployed)) == 2


def test_without_a_word_it_is_found_a_second_later(deployed: Deployed) -> None:
    """Wake-ups may be lost."""
    deployed.offer(watching())
    deployed.advance(5)
    deployed.write("orders", tells=False)
    deployed.clock.advance(tail.POLL_SECONDS)
    deployed.look()

    assert len(keys(deployed)) == 1


def test_no_news_leave_no_tick_and_ask_no_code(deployed: Deployed) -> None:
    deployed.offer(watching())
    deployed.advance(1)
    deployed.write("bills")
    deployed.advance(300)

    assert deployed.client.asked == []
    assert deployed.ticks("changed") == []


def test_it_is_told_what_was_written(deployed: Deployed) -> None:
    seen: list[ms.MaterializationEvent] = []
    deployed.offer(watching(lambda context, item: seen.append(item)))
    deployed.advance(1)
    (event_id,) = deployed.write("orders", run_id="r7", partition_key="may", metadata={"rows": 7})
    deployed.advance(1)
    (event,) = deployed.storage.events.read("r7", kinds=["ASSET_MATERIALIZED"])

    assert seen == [
        ms.MaterializationEvent(
            event_id=event_id,
            asset_key=ms.AssetKey("orders"),
            run_id="r7",
            step_key="clean",
            partition_key="may",
            metadata={"rows": 7},
            timestamp=event.timestamp,
        )
    ]
    assert [(each.status, each.count) for each in deployed.ticks("changed")] == [(TickStatus.SKIPPED, 1)]


def test_skips_in_a_row_are_one_record_though_the_cursor_moves(deployed: Deployed) -> None:
    """Scar: the tick table's growth."""
    deployed.offer(watching(skip))
    deployed.advance(1)
    for _ in range(5):
        deployed.write("orders")
        deployed.advance(1)

    assert [(each.reason, each.count) for each in deployed.ticks("changed")] == [("no rows", 5)]


def test_several_assets_are_followed_in_one_order(deployed: Deployed) -> None:
    deployed.offer(watching(asset=["orders", "bills"]))
    deployed.advance(1)
    ids = [*deployed.write("bills", "stock", "orders"), *deployed.write("orders", "bills")]
    deployed.advance(1)

    assert keys(deployed) == [str(each) for each in (ids[0], *ids[2:])]
