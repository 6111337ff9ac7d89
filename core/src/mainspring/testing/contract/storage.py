"""What every storage promises: its runs, its events and steps, its assets, its locations, its audit log, its retention, its followers, and that these agree."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping

import pytest

from mainspring.errors import SupersededError, TransitionError
from mainspring.event import (
    AssetMaterialized,
    ErrorInfo,
    Event,
    Fact,
    StepCanceled,
    StepFailed,
    StepOutput,
    StepRetried,
    StepSkipped,
    StepStarted,
    StepSucceeded,
    fold,
)
from mainspring.run import RunStatus
from mainspring.storage import Storage
from mainspring.testing.contract.audit_log import AuditLogContract
from mainspring.testing.contract.automation_store import AutomationStoreContract
from mainspring.testing.contract.duty_store import DutyStoreContract
from mainspring.testing.contract.event_log import EventLogContract
from mainspring.testing.contract.followed_log import FollowedLogContract
from mainspring.testing.contract.location_store import LocationStoreContract
from mainspring.testing.contract.pool_places import PoolPlacesContract
from mainspring.testing.contract.retention_store import RetentionStoreContract
from mainspring.testing.contract.run_store import RunStoreContract
from mainspring.testing.contract.stored_runs import STATUS_FACTS, event, given_run, record, step_event
from mainspring.testing.contract.tick_retention import TickRetentionContract

_STEP_FACTS: list[Fact] = [
    StepStarted(),
    StepStarted(),
    StepStarted(),
    StepOutput("result"),
    AssetMaterialized("orders"),
    StepSucceeded(),
    StepSucceeded(),
    StepFailed(ErrorInfo("ValueError", "")),
    StepRetried(ErrorInfo("ValueError", "")),
    StepSkipped(),
    StepCanceled(),
]


class StorageContract(
    RunStoreContract,
    EventLogContract,
    PoolPlacesContract,
    LocationStoreContract,
    AutomationStoreContract,
    DutyStoreContract,
    AuditLogContract,
    RetentionStoreContract,
    TickRetentionContract,
    FollowedLogContract,
):
    """Derive a test class from this and define the fixture `storage`: an empty one."""

    @pytest.fixture
    def storage(self) -> Storage:
        """Give an empty storage."""
        raise NotImplementedError("define the fixture storage")

    @pytest.mark.parametrize("seed", range(20))
    def test_folding_the_events_gives_what_the_rows_say(self, storage: Storage, seed: int) -> None:
        """Write at random, most of it refused; whatever was stored must agree."""
        dice = random.Random(seed)
        attempts = dict.fromkeys("abc", 1)
        given_run(storage)
        for _ in range(60):
            chosen = _any_event(dice, attempts)
            try:
                record(storage, [chosen])
            except (SupersededError, TransitionError):
                continue
            if isinstance(chosen.fact, StepRetried):
                attempts[chosen.step_key or ""] += 1
        run = storage.runs.get("run-1")
        rows = storage.events.steps("run-1")
        state = fold(storage.events.read("run-1"))

        assert run is not None
        assert (state.status, state.reason) == (run.status, run.reason)
        assert {row.step_key: row.status for row in sorted(rows, key=lambda row: row.attempt)} == state.steps
        assert Counter(row.step_key for row in rows) == state.attempts

    def test_the_latest_materialization_is_found(self, storage: Storage) -> None:
        self.materialize(storage, "run-1", AssetMaterialized("orders", metadata={"rows": 1}))
        self.materialize(storage, "run-2", AssetMaterialized("orders", metadata={"rows": 2}))
        self.materialize(storage, "run-3", AssetMaterialized("orders_2", metadata={"rows": 3}))
        found = storage.assets.latest("orders")

        assert found is not None
        assert (found.run_id, found.fact) == ("run-2", AssetMaterialized("orders", metadata={"rows": 2}))
        assert found in storage.events.read("run-2")
        assert storage.assets.latest("order") is None
        assert storage.assets.keys() == ["orders", "orders_2"]

    def test_partitions_are_kept_apart(self, storage: Storage) -> None:
        self.materialize(storage, "run-1", AssetMaterialized("orders", "january"))
        self.materialize(storage, "run-2", AssetMaterialized("orders", "february"), AssetMaterialized("orders", "may"))
        self.materialize(storage, "run-3", AssetMaterialized("orders"))
        self.materialize(storage, "run-4", AssetMaterialized("orders", "january"))

        def writer(partition_key: str | None) -> str | None:
            found = storage.assets.latest("orders", partition_key)
            return None if found is None else found.run_id

        assert writer("january") == "run-4"
        assert writer("february") == "run-2"
        assert writer("june") is None
        assert writer(None) == "run-4"

    def materialize(self, storage: Storage, run_id: str, *facts: AssetMaterialized) -> None:
        """Have a run write assets."""
        given_run(storage, run_id=run_id)
        written: list[Fact] = [StepStarted(), *facts, StepSucceeded()]
        record(storage, [step_event(each, run_id=run_id) for each in written], run_id=run_id)


def _any_event(dice: random.Random, attempts: Mapping[str, int]) -> Event:
    """Return some event of the current attempt of one of a few steps, now and then one of the run."""
    if dice.random() < 0.02:
        return event(STATUS_FACTS[dice.choice(list(RunStatus))])
    key = dice.choice(sorted(attempts))
    fact: Fact = dice.choice(_STEP_FACTS)
    return step_event(fact, key, attempts[key])
