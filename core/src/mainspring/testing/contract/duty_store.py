"""What every store promises of leases and heartbeats."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from attrs import evolve

from mainspring.storage import Heartbeat, Lease, Storage


class DutyStoreContract:
    """The part of `StorageContract` about leases and heartbeats."""

    def test_a_lease_is_taken_as_it_was_read_or_not_at_all(self, storage: Storage) -> None:
        first = Lease("sales", "one", 1, '{"pid": 1}')
        assert storage.duties.take_lease(first, None)
        assert not storage.duties.take_lease(Lease("sales", "two", 1), None)
        renewed = evolve(first, version=2)
        assert storage.duties.take_lease(renewed, first)
        assert not storage.duties.take_lease(Lease("sales", "two", 2), first)
        assert storage.duties.leases() == [renewed]
        assert storage.duties.take_lease(Lease("sales", "two", 3), renewed)
        assert not storage.duties.take_lease(evolve(renewed, version=3), renewed)

    def test_only_its_holder_gives_a_lease_up(self, storage: Storage) -> None:
        lease = Lease("sales", "one", 1)
        storage.duties.take_lease(lease, None)
        storage.duties.release_lease("sales", "two")
        assert storage.duties.leases() == [lease]
        storage.duties.release_lease("sales", "one")
        assert storage.duties.leases() == []
        assert not storage.duties.take_lease(evolve(lease, version=2), lease)

    def test_one_of_many_takes_a_lease(self, storage: Storage) -> None:
        number = 6
        gate = threading.Barrier(number)

        def take(each: int) -> bool:
            gate.wait()
            return storage.duties.take_lease(Lease("sales", f"daemon {each}", 1), None)

        with ThreadPoolExecutor(number) as pool:
            won = list(pool.map(take, range(number)))

        assert won.count(True) == 1
        assert [each.holder for each in storage.duties.leases()] == [f"daemon {won.index(True)}"]

    def test_a_heartbeat_takes_the_place_of_the_last_one(self, storage: Storage) -> None:
        storage.duties.beat(Heartbeat("b", 1, 5.0, {"lag_seconds": 0.1}))
        storage.duties.beat(Heartbeat("a", 1, 6.0, {}))
        storage.duties.beat(Heartbeat("b", 2, 7.0, {"lag_seconds": 0.2}))

        assert storage.duties.heartbeats() == [
            Heartbeat("a", 1, 6.0, {}),
            Heartbeat("b", 2, 7.0, {"lag_seconds": 0.2}),
        ]
        storage.duties.forget_heartbeat("a")
        assert [each.daemon_id for each in storage.duties.heartbeats()] == ["b"]
