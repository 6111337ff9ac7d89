"""What counts as flat."""

import pytest

from tests.soak.trend import trend_of


def test_what_stays_as_it_is_is_flat() -> None:
    found = trend_of([50.0] * 40)

    assert (found.level, found.growth, found.is_flat) == (50.0, 0.0, True)


def test_what_grows_by_little_each_time_is_not() -> None:
    found = trend_of([50.0 + 0.1 * number for number in range(100)])

    assert found.growth == pytest.approx(7.4)
    assert not found.is_flat


def test_what_grew_at_first_only_is_flat() -> None:
    assert trend_of([10.0 * number for number in range(10)] + [100.0] * 40).is_flat


def test_a_few_outliers_do_not_count() -> None:
    samples = [50.0] * 40
    samples[30] = samples[39] = 500.0

    assert trend_of(samples).is_flat


def test_what_comes_and_goes_is_flat() -> None:
    assert trend_of([50.0 + number % 5 for number in range(100)]).is_flat


def test_few_samples_show_nothing() -> None:
    with pytest.raises(ValueError, match="4 samples are too few to see a trend; measure for longer"):
        trend_of([1.0] * 4)
