"""Proof of the proof: faults are planted one at a time, and the bookkeeper and the witness must find each.

Without one, the same history must leave books that balance, however often the daemon dies.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mainspring.storage import Storage, open_storage
from mainspring.storage.sql import commit, outbox
from tests.crash.planted import faults
from tests.crash.planted.trial import Trial

pytestmark = pytest.mark.slow


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    """Give a database in which few requests are many already."""
    monkeypatch.setattr(commit, "DIRECT_LIMIT", 5)
    monkeypatch.setattr(outbox, "CHUNK", 3)
    found = open_storage("sqlite:///mainspring.db", tmp_path)
    yield found
    found.close()


@pytest.mark.parametrize("seed", range(4))
def test_without_a_fault_the_books_balance(storage: Storage, tmp_path: Path, seed: int) -> None:
    trial = Trial(storage, seed, tmp_path / "mainspring.db")

    assert trial.run_history() == []
    assert set(trial.deaths) >= {"tick.commit", "tick.committed", "outbox.expanded"}
    assert len(trial.witness) > 30


@pytest.mark.parametrize("fault", faults.FAULTS, ids=lambda fault: fault.__name__)
def test_a_planted_fault_is_found(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: faults.Fault
) -> None:
    trial = Trial(storage, 1, tmp_path / "mainspring.db")
    fault(monkeypatch, trial)
    found = trial.run_history()

    assert any(faults.FAULTS[fault] in sentence for sentence in found), found
