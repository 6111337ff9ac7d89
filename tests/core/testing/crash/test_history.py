"""What is killed when: drawn from a seed."""

from hypothesis import given
from hypothesis import strategies as st

from mainspring.testing.crash import Blow, Kind
from mainspring.testing.crash.history import WEIGHTS, Intent, intents, victim_of

KINDS = st.sampled_from(list(WEIGHTS))


@given(st.integers(0, 2**32 - 1), st.integers(0, 50))
def test_a_history_can_be_repeated(seed: int, kills: int) -> None:
    drawn = list(intents(seed, kills))

    assert drawn == list(intents(seed, kills))
    assert len(drawn) == kills


def test_another_seed_is_another_history() -> None:
    assert list(intents(1, 20)) != list(intents(2, 20))


def test_only_kinds_with_a_weight_are_meant() -> None:
    assert {each.kind for each in intents(3, 50, {Kind.FRONT: 1, Kind.CODE: 2})} == {Kind.FRONT, Kind.CODE}


@given(KINDS, st.floats(0, 1), st.dictionaries(KINDS, st.lists(st.integers(2), min_size=1)), st.booleans())
def test_a_victim_is_one_of_what_there_is(
    kind: Kind, share: float, found: dict[Kind, list[int]], is_late: bool
) -> None:
    victim = victim_of(Intent(0.0, kind, share), found, is_late=is_late)

    if kind in found:
        assert victim is not None
        assert victim[0] is kind
    if victim is not None:
        assert victim[1] in found[victim[0]]
        assert victim[0] is kind or victim[0] not in (Kind.CODE, Kind.FRONT)
        assert victim[0] is kind or is_late or victim[0] is not Kind.DAEMON


def test_a_blow_says_what_it_was() -> None:
    assert str(Blow(1.5, "killed", Kind.DAEMON, 7, "tick.commit")) == "   1.500 s  killed daemon 7 at tick.commit"
