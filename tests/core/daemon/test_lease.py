"""Leases: one holder at a time, and another one soon after it is gone."""

import pytest

from mainspring.daemon.lease import TERM_SECONDS, Leases, Seen, next_step
from mainspring.storage import DutyStore, Lease, memory_storage


@pytest.fixture
def store() -> DutyStore:
    return memory_storage().duties


def leases(store: DutyStore, own: str, dead: str = "nobody") -> Leases:
    return Leases(store, own, f"process of {own}", lambda identity: identity == f"process of {dead}")


@pytest.mark.parametrize(
    ("seen", "step"),
    [
        (None, "take"),
        (Seen(Lease("sales", "me", 1), 0.0), "renew"),
        (Seen(Lease("sales", "other", 1), 96.0), "leave"),
        (Seen(Lease("sales", "other", 1), 100.0 - TERM_SECONDS), "take"),
        (Seen(Lease("sales", "other", 1, "dead"), 99.0), "take"),
    ],
)
def test_a_lease_is_taken_once_it_has_not_changed_for_its_term(seen: Seen | None, step: str) -> None:
    assert next_step(seen, "me", 100.0, is_dead=lambda identity: identity == "dead") == step


def test_a_holder_that_goes_on_keeps_its_lease(store: DutyStore) -> None:
    one, two = leases(store, "one"), leases(store, "two")
    for now in range(0, 60, 2):
        one.reconcile(["sales"], float(now))
        two.reconcile(["sales"], float(now))
        assert (set(one.held), set(two.held)) == ({"sales"}, set())


def test_a_holder_that_stops_is_followed_by_another(store: DutyStore) -> None:
    one, two = leases(store, "one"), leases(store, "two")
    one.reconcile(["sales"], 0.0)
    two.reconcile(["sales"], 1000.0)  # whose clock is another
    two.reconcile(["sales"], 1000.0 + TERM_SECONDS - 1)
    assert two.held == frozenset()
    two.reconcile(["sales"], 1000.0 + TERM_SECONDS)
    assert two.held == {"sales"}
    one.reconcile(["sales"], 60.0)
    assert one.held == frozenset()


def test_one_whose_process_has_died_is_followed_at_once(store: DutyStore) -> None:
    leases(store, "one").reconcile(["sales"], 0.0)
    two = leases(store, "two", dead="one")
    two.reconcile(["sales"], 0.1)

    assert two.held == {"sales"}


def test_leases_that_are_not_wanted_any_more_are_given_up(store: DutyStore) -> None:
    one, two = leases(store, "one"), leases(store, "two")
    one.reconcile(["sales", "ml"], 0.0)
    one.reconcile(["ml"], 1.0)
    two.reconcile(["sales", "ml"], 1.0)
    assert (set(one.held), set(two.held)) == ({"ml"}, {"sales"})
    one.release()
    two.reconcile(["sales", "ml"], 2.0)
    assert two.held == {"sales", "ml"}


def test_several_share_what_there_is(store: DutyStore) -> None:
    several = [leases(store, name) for name in "abc"]
    for each in several:
        each.reconcile(["x", "y"], 0.0)

    assert sum(len(each.held) for each in several) == 2
