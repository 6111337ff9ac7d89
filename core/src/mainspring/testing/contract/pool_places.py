"""What every event log promises of pools: no more steps at a time than there are places, and no place that stays taken."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from mainspring.errors import PoolFullError, SupersededError
from mainspring.event import (
    ErrorInfo,
    Fact,
    RunStarted,
    StepCanceled,
    StepFailed,
    StepRetried,
    StepSkipped,
    StepStarted,
    StepSucceeded,
)
from mainspring.run import PoolPlace, RunStatus
from mainspring.storage import Storage
from mainspring.testing.contract.stored_runs import STATUS_FACTS, event, given_run, record, step_event

_ERROR = ErrorInfo("ValueError", "no")
_ENDS: list[Fact] = [StepSucceeded(), StepFailed(_ERROR), StepRetried(_ERROR, 1.5), StepCanceled()]


class PoolPlacesContract:
    """The part of `StorageContract` about pools."""

    def test_a_step_is_claimed_while_its_pool_has_a_place(self, storage: Storage) -> None:
        self.given_runs(storage, 3)
        assert [self.claims(storage, run_id, limit=2) for run_id in ("run-1", "run-2", "run-3")] == [True, True, False]
        assert storage.events.places_taken("warehouse") == 2
        assert [row.pool for row in storage.events.steps("run-1")] == ["warehouse"]

    def test_what_is_refused_says_so_and_leaves_nothing(self, storage: Storage) -> None:
        self.given_runs(storage, 2)
        assert self.claims(storage, "run-1")
        record(storage, [step_event(StepStarted(), "before", run_id="run-2")], run_id="run-2")
        stored = storage.events.read("run-2")
        batch = [step_event(StepSucceeded(), "before", run_id="run-2"), step_event(StepStarted(), run_id="run-2")]
        with pytest.raises(
            PoolFullError, match="step 'clean' finds no place in pool 'warehouse', which has 1;"
        ) as raised:
            record(storage, batch, run_id="run-2", places={"clean": PoolPlace("warehouse", 1)})

        assert (raised.value.step_key, raised.value.pool, raised.value.limit) == ("clean", "warehouse", 1)
        assert storage.events.read("run-2") == stored
        assert [(row.step_key, row.status) for row in storage.events.steps("run-2")] == [("before", "STARTED")]

    def test_pools_do_not_count_for_each_other(self, storage: Storage) -> None:
        self.given_runs(storage, 2)
        assert self.claims(storage, "run-1")
        assert self.claims(storage, "run-2", "lake", pool="lake")
        record(storage, [step_event(StepStarted(), "free", run_id="run-2")], run_id="run-2")

        assert [storage.events.places_taken(pool) for pool in ("warehouse", "lake", "other")] == [1, 1, 0]
        assert [row.pool for row in storage.events.steps("run-2")] == ["lake", None]

    def test_a_pool_without_a_limit_is_counted_all_the_same(self, storage: Storage) -> None:
        """So that a limit holds from the moment that the settings name one."""
        self.given_runs(storage, 3)
        assert self.claims(storage, "run-1", limit=None)
        assert self.claims(storage, "run-2", limit=None)
        assert not self.claims(storage, "run-3", limit=2)

    @pytest.mark.parametrize("end", _ENDS, ids=lambda fact: fact.kind)
    def test_a_step_that_ends_gives_its_place_back(self, storage: Storage, end: Fact) -> None:
        self.given_runs(storage, 2)
        assert self.claims(storage, "run-1")
        assert not self.claims(storage, "run-2")
        record(storage, [step_event(end)])

        assert storage.events.places_taken("warehouse") == 0
        assert self.claims(storage, "run-2")
        assert [row.pool for row in storage.events.steps("run-1")] == ["warehouse"]

    def test_a_batch_may_give_a_place_back_and_take_it_up(self, storage: Storage) -> None:
        given_run(storage)
        assert self.claims(storage, "run-1", "first")
        batch = [step_event(StepSucceeded(), "first"), step_event(StepSkipped(), "second"), step_event(StepStarted())]
        record(storage, batch, places={"clean": PoolPlace("warehouse", 1)})

        assert [(row.step_key, row.pool) for row in storage.events.steps("run-1")] == [
            ("first", "warehouse"),
            ("second", None),
            ("clean", "warehouse"),
        ]

    def test_a_batch_takes_up_no_more_places_than_there_are(self, storage: Storage) -> None:
        given_run(storage)
        places = {key: PoolPlace("warehouse", 1) for key in ("a", "b")}
        with pytest.raises(PoolFullError):
            record(storage, [step_event(StepStarted(), key) for key in places], places=places)

        assert storage.events.steps("run-1") == []

    @pytest.mark.parametrize("status", [RunStatus.SUCCESS, RunStatus.FAILURE, RunStatus.CANCELED])
    def test_a_run_that_is_over_holds_no_place(self, storage: Storage, status: RunStatus) -> None:
        """Scars: D#28456, P#8566, P#17415. Its steps were under way, and nobody recorded their end."""
        self.given_runs(storage, 2)
        assert self.claims(storage, "run-1")
        record(storage, [event(STATUS_FACTS[status])])

        assert [row.status for row in storage.events.steps("run-1")] == ["STARTED"]
        assert storage.events.places_taken("warehouse") == 0
        assert self.claims(storage, "run-2")

    def test_a_run_that_was_asked_to_end_holds_its_place_until_it_has(self, storage: Storage) -> None:
        self.given_runs(storage, 2)
        assert self.claims(storage, "run-1")
        record(storage, [event(STATUS_FACTS[RunStatus.CANCELING])])
        assert not self.claims(storage, "run-2")

        record(storage, [event(STATUS_FACTS[RunStatus.CANCELED])])
        assert self.claims(storage, "run-2")

    def test_an_attempt_of_a_run_that_another_one_follows_holds_no_place(self, storage: Storage) -> None:
        self.given_runs(storage, 2)
        assert self.claims(storage, "run-1")
        record(storage, [event(STATUS_FACTS[RunStatus.FAILURE])])
        storage.runs.begin_attempt("run-1", 1, None, [event(RunStarted(), run_attempt=2)])

        assert storage.events.places_taken("warehouse") == 0
        assert self.claims(storage, "run-2")

    def test_a_second_claim_is_refused_as_such_though_the_pool_is_full(self, storage: Storage) -> None:
        """Who does not know whether a claim was stored learns it from that."""
        given_run(storage)
        assert self.claims(storage, "run-1")
        with pytest.raises(SupersededError, match="is claimed already"):
            self.claims(storage, "run-1")

    def test_of_many_who_want_the_last_place_one_gets_it(self, storage: Storage) -> None:
        number = 8
        self.given_runs(storage, number)
        assert self.claims(storage, "run-1", limit=2)
        barrier = Barrier(number)

        def claim(run_id: str) -> bool:
            barrier.wait()
            return self.claims(storage, run_id, "other", limit=2)

        with ThreadPoolExecutor(number) as threads:
            won = list(threads.map(claim, [f"run-{each}" for each in range(1, number + 1)]))

        assert won.count(True) == 1
        assert storage.events.places_taken("warehouse") == 2

    def given_runs(self, storage: Storage, number: int) -> None:
        """Store runs that are at work: run-1, run-2 and so on."""
        for each in range(1, number + 1):
            given_run(storage, run_id=f"run-{each}")

    def claims(
        self, storage: Storage, run_id: str, step_key: str = "clean", *, pool: str = "warehouse", limit: int | None = 1
    ) -> bool:
        """Claim a step of a pool and return whether there was a place."""
        claim = step_event(StepStarted(), step_key, run_id=run_id)
        try:
            record(storage, [claim], run_id=run_id, places={step_key: PoolPlace(pool, limit)})
        except PoolFullError:
            return False
        return True
