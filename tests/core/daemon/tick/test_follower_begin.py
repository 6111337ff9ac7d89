"""Where followers begin: at the end of the log, and never before."""

import mainspring as ms
from tests.core.daemon.tick.deployed import Deployed
from tests.core.daemon.tick.following import keys, report, watching


def test_a_new_one_begins_at_the_end_of_the_log(deployed: Deployed) -> None:
    deployed.write("orders", "orders")
    deployed.offer(watching())
    deployed.advance(1)
    (event_id,) = deployed.write("orders")
    deployed.advance(1)

    assert keys(deployed) == [str(event_id)]


def test_what_happens_while_it_is_off_is_never_looked_at(deployed: Deployed) -> None:
    deployed.offer(watching())
    deployed.advance(1)
    (first,) = deployed.write("orders")
    deployed.advance(1)
    deployed.switch("changed", "stopped")
    deployed.advance(1)
    deployed.write("orders")
    deployed.advance(20)
    assert deployed.cursor("changed") is None
    deployed.switch("changed", "running")
    deployed.advance(1)
    (last,) = deployed.write("orders")
    deployed.advance(1)

    assert keys(deployed) == [str(first), str(last)]


def test_what_happens_while_no_daemon_runs_is_looked_at(deployed: Deployed) -> None:
    deployed.offer(watching())
    deployed.advance(1)
    ids = [*deployed.write("orders"), *deployed.write("orders")]
    deployed.start_daemon()
    deployed.advance(1)

    assert keys(deployed) == [str(each) for each in ids]


def test_one_that_is_offered_no_more_begins_again_later(deployed: Deployed) -> None:
    deployed.offer(watching())
    deployed.advance(1)
    deployed.offer(ms.Definitions(jobs=[report]))
    deployed.advance(1)
    deployed.write("orders")
    deployed.advance(1)
    assert deployed.storage.automations.follower_cursors() == []
    deployed.offer(watching())
    deployed.advance(1)
    (last,) = deployed.write("orders")
    deployed.advance(1)

    assert keys(deployed) == [str(last)]


def test_another_asset_replays_nothing_of_its_past_and_forgets_nothing_of_the_first(deployed: Deployed) -> None:
    deployed.offer(watching())
    deployed.advance(1)
    deployed.client.is_down = True
    deployed.write("bills", "bills")
    orders = deployed.write("orders", "orders")
    deployed.write("bills")
    deployed.advance(3)
    deployed.offer(watching(asset=["orders", "bills"]))
    deployed.client.is_down = False
    deployed.advance(3)
    assert keys(deployed) == [str(each) for each in orders]

    (bill,) = deployed.write("bills")
    deployed.advance(1)
    assert keys(deployed)[2:] == [str(bill)]


def test_what_was_another_kind_of_automation_begins_at_the_end(deployed: Deployed) -> None:
    deployed.write("orders")
    schedule = ms.Schedule(name="changed", job=report, every=3600, default_status="running")
    looking = ms.Sensor(name="changed", job=report, default_status="running", function=lambda: None)
    for other in (ms.Definitions(schedules=[schedule]), ms.Definitions(sensors=[looking])):
        deployed.offer(other)
        deployed.advance(20)
        deployed.offer(watching())
        deployed.advance(1)
        (last,) = deployed.write("orders")
        deployed.advance(1)
        assert keys(deployed)[-1] == str(last)
    deployed.offer(ms.Definitions(schedules=[schedule]))
    deployed.advance(7300)

    assert len(keys(deployed)) == 2
    assert [each.scheduled_time is not None for each in deployed.ticks("changed")][-2:] == [True, True]
