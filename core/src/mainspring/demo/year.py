"""The year of a demonstration as it goes by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mainspring.demo.delivery import Parcel, deliver, parcels
from mainspring.demo.home import ARRIVALS, SEASON
from mainspring.demo.months import Months
from mainspring.demo.view import View, look
from mainspring.errors import MainspringError
from mainspring.storage import LocationStatus

if TYPE_CHECKING:
    from mainspring.instance import Instance

STALL_SECONDS = 120.0
"""How long it may take until something happens."""


class DemoError(MainspringError):
    """A demonstration that came to no end."""


class Year:
    """The year as it goes by: delivers each month when it is time to, and looks how things stand.

    Args:
        instance: The home's instance.
        folder: The home.
        count: How many months arrive.
        pause_seconds: How long after each month the next one arrives.
        began_at: When it began, seconds since the epoch.
    """

    def __init__(self, instance: Instance, folder: Path, count: int, pause_seconds: float, began_at: float) -> None:
        self._instance = instance
        self._folder = folder
        self._pause_seconds = pause_seconds
        self._began_at = began_at
        self._due: list[Parcel] = list(parcels(count))
        self._wanted = tuple(parcel.name for parcel in self._due)
        self._arrived: list[tuple[str, int]] = []
        self._deliver_at: float | None = None
        self._changed_at = instance.clock.monotonic()
        self.view = View(at=began_at, began_at=began_at, wanted=self._wanted)

    def go_on(self) -> None:
        """Do what is to be done now.

        Raises:
            DemoError: The code could not be loaded, or nothing happens any more.
        """
        self._deliver()
        before, self.view = self.view, self._look()
        now = self._instance.clock.monotonic()
        if _state(before) != _state(self.view) or self.view.is_complete:
            self._changed_at = now
        elif now - self._changed_at > STALL_SECONDS:
            raise DemoError(
                f"nothing has happened for {STALL_SECONDS:g} s; `mainspring run list --home {self._folder}` says what waits"
            )
        for each in self.view.locations:
            if each.status is LocationStatus.FAILED:
                raise DemoError(f"location {each.name} failed: {each.error}")

    def _look(self) -> View:
        return look(
            self._instance.storage,
            Months(self._folder / SEASON),
            self._wanted,
            self._arrived,
            self._instance.clock.time(),
            self._began_at,
        )

    def _deliver(self) -> None:
        """Deliver a month, if it is time to: the first once the code is loaded, so that people see it arrive."""
        now = self._instance.clock.monotonic()
        if self._deliver_at is None:
            if not any(each.status is LocationStatus.LOADED for each in self.view.locations):
                return
            self._deliver_at = now
        if self._due and now >= self._deliver_at:
            parcel = self._due.pop(0)
            deliver(parcel, self._folder / ARRIVALS)
            self._arrived.append((parcel.name, parcel.flights))
            self._deliver_at = now + self._pause_seconds


def _state(view: View) -> tuple[object, ...]:
    statuses = tuple((run.run_id, run.status) for run in view.runs)
    return view.arrived, view.reported, statuses, tuple(each.status for each in view.locations)
