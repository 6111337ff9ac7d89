from datetime import timedelta
from typing import Any

import pytest

import mainspring as ms


def test_five_within_a_day_are_caught_up_unless_it_is_said_otherwise() -> None:
    assert ms.CatchUp() == ms.CatchUp(limit=5, window=timedelta(days=1))
    assert ms.CatchUp().window_seconds == 86_400


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"limit": -1}, "CatchUp(limit=-1): give a whole number, 0 or more, or None for all"),
        ({"limit": True}, "CatchUp(limit=True)"),
        ({"limit": 1.5}, "CatchUp(limit=1.5)"),
        ({"limit": "5"}, "CatchUp(limit='5')"),
        ({"window": -1}, "CatchUp: window=-1.0 must be seconds"),
        ({"window": "day"}, "CatchUp: window='day' must be seconds"),
        ({"window": float("nan")}, "CatchUp: window=nan must be seconds"),
    ],
)
def test_refuses_what_is_wrong_in_one_sentence(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ms.DefinitionError) as raised:
        ms.CatchUp(**arguments)

    assert said in str(raised.value)
