"""Run ids: UUIDs of version 7 that sort by time."""

from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from mainspring.run.ids import run_id

times = st.integers(0, 2**48 - 1)
randomness = st.binary(min_size=10, max_size=10)


def test_the_example_of_the_standard() -> None:
    """RFC 9562, appendix A.6: February 22, 2022 2:22:22.00 PM GMT-05:00."""
    made = run_id(1645557742.0, bytes.fromhex("0cc3" + "18c4dc0c0c07398f"))

    assert made == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@given(times, randomness)
def test_it_is_a_uuid_of_version_7(millis: int, random: bytes) -> None:
    made = UUID(run_id(millis / 1000, random))

    assert made.version == 7
    assert made.variant == RFC_4122
    assert abs((made.int >> 80) - millis) <= 1


@given(times, times, randomness, randomness)
def test_ids_sort_by_their_milliseconds(first: int, second: int, one: bytes, other: bytes) -> None:
    made = [run_id(first / 1000, one), run_id(second / 1000, other)]
    stamps = [UUID(each).int >> 80 for each in made]

    if stamps[0] < stamps[1]:
        assert made[0] < made[1]
    assert all(len(each) == 36 for each in made)


@given(times, randomness, randomness)
def test_other_randomness_gives_another_id(millis: int, one: bytes, other: bytes) -> None:
    kept = [(int.from_bytes(each) & ~(0xF << 76) & ~(0b11 << 62)) for each in (one, other)]

    assert (run_id(millis / 1000, one) == run_id(millis / 1000, other)) == (kept[0] == kept[1])
