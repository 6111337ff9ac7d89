"""Times that a person gives on the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click import Context, Parameter


class _Moment(click.ParamType[float]):
    """A date, or a time, of ISO 8601; in UTC unless it has an offset. Becomes seconds since the epoch."""

    name = "time"

    def convert(self, value: str | float, param: Parameter | None, ctx: Context | None) -> float:
        if isinstance(value, float):
            return value
        try:
            found = datetime.fromisoformat(str(value))
            return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            self.fail(
                f"{str(value)[:100]!r} is no date or time; write 2026-03-01 or 2026-03-01T12:00+01:00", param, ctx
            )


MOMENT = _Moment()
