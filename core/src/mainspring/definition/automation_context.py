"""What a schedule's or a sensor's function may know, and the cursor that a sensor moves."""

from __future__ import annotations

import logging
from datetime import datetime

from attrs import Factory, define, field

from mainspring.definition.cursor import checked_cursor
from mainspring.errors import DefinitionError, shorten


def check_aware(what: str, value: object) -> None:
    """Check that something is an aware datetime.

    Raises:
        DefinitionError: It is not.
    """
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise DefinitionError(
            f"{what} must be an aware datetime, as datetime(2026, 1, 1, tzinfo=UTC), not {shorten(repr(value))}"
        )


@define(kw_only=True, eq=False)
class ScheduleContext:
    """Handed to a schedule's function, if that takes a parameter.

    Attributes:
        scheduled_time: The time that is decided, in the schedule's time zone; aware.
        schedule_name: The schedule.
        log: A standard logger whose records are kept with the tick.
    """

    scheduled_time: datetime
    schedule_name: str = ""
    log: logging.Logger = Factory(lambda: logging.getLogger("mainspring.schedule"))

    def __attrs_post_init__(self) -> None:
        check_aware("the scheduled_time of a schedule's context", self.scheduled_time)


@define(kw_only=True, eq=False)
class SensorContext:
    """Handed to a sensor's function, if that takes a parameter.

    Attributes:
        sensor_name: The sensor.
        last_tick_time: When the sensor was last evaluated; aware, None at first.
        last_run_key: The run key that it asked for last.
        log: A standard logger whose records are kept with the tick.
    """

    _cursor: str | None = field(default=None, alias="cursor")
    sensor_name: str = ""
    last_tick_time: datetime | None = None
    last_run_key: str | None = None
    log: logging.Logger = Factory(lambda: logging.getLogger("mainspring.sensor"))

    def __attrs_post_init__(self) -> None:
        SensorContext.set_cursor(self, self._cursor)
        if self.last_tick_time is not None:
            check_aware("the last_tick_time of a sensor's context", self.last_tick_time)

    @property
    def cursor(self) -> str | None:
        """Where the last evaluation left off, or what `set_cursor` was given since; None at first."""
        return self._cursor

    def set_cursor(self, text: str | None) -> None:
        """Say where the next evaluation is to go on; it is kept together with the requests of this one, or not at all.

        Args:
            text: Any text, the empty one too, or None to begin again.

        Raises:
            DefinitionError: It is something else, or too long.
        """
        self._cursor = checked_cursor(f"sensor {self.sensor_name!r}", text)


@define(kw_only=True, eq=False)
class FollowerContext(SensorContext):
    """Handed to the function of a sensor that follows the log, whose cursor moves by itself."""

    def set_cursor(self, text: str | None) -> None:
        """Refuse it.

        Raises:
            DefinitionError: Always.
        """
        raise DefinitionError(
            f"sensor {self.sensor_name!r} follows the log, so its cursor is its place there and moves by itself; leave out "
            "set_cursor, and keep what else is to be kept elsewhere"
        )

    def moved_to(self, event_id: int) -> str:
        """Move the cursor to an event, and return it."""
        self._cursor = str(event_id)
        return self._cursor
