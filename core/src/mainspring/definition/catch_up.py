"""Catch-up and overlap: what becomes of scheduled times that were missed, and of those whose last run is not done."""

from __future__ import annotations

from typing import Any, Literal

from attrs import Attribute, field, frozen

from mainspring.definition.duration import check_seconds, in_seconds
from mainspring.errors import DefinitionError, shorten

Overlap = Literal["allow", "skip", "queue_one", "cancel_running"]
"""Whether a live time starts while the schedule's last run is queued or running."""


@frozen
class CatchUp:
    """How many of the scheduled times that were missed run later: the newest, in turn. The others are recorded as missed.

    Attributes:
        limit: How many at most; None for all of them.
        window_seconds: How old they may be, in seconds; None for any age. Given as `window`.
    """

    limit: int | None = field(default=5)
    window_seconds: float | None = field(default=86_400.0, converter=in_seconds, alias="window")

    @limit.validator
    def _check_limit(self, attribute: Attribute[int | None], value: object) -> None:
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
            raise DefinitionError(
                f"CatchUp(limit={shorten(repr(value))}): give a whole number, 0 or more, or None for all"
            )

    @window_seconds.validator
    def _check_window(self, attribute: Attribute[float | None], value: object) -> None:
        if value is not None:
            check_seconds("CatchUp", "window", value, least=0)


DEFAULT_CATCH_UP = CatchUp()
"""Up to five, within a day."""

_BY_NAME = {"none": CatchUp(0, None), "latest": CatchUp(1, None), "all": CatchUp(None, None)}


def catch_up_of(value: CatchUp | str) -> Any:
    """Return the policy that a name stands for; what is no name stays as it is, to be refused."""
    return _BY_NAME.get(value, value) if isinstance(value, str) else value


def check_catch_up(owner: str, value: object) -> None:
    """Check that something is a policy.

    Raises:
        DefinitionError: It is not.
    """
    if not isinstance(value, CatchUp):
        raise DefinitionError(
            f"{owner}: catch_up={shorten(repr(value))} must be 'none', 'latest', 'all' or ms.CatchUp(limit=5, window=86400)"
        )
