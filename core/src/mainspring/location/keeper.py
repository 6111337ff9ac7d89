"""The keeper: holds a home's locations open, and records how they stand and what they offer."""

from __future__ import annotations

import logging
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from mainspring.clock import Clock, SystemClock
from mainspring.errors import LocationError, MainspringError
from mainspring.location.address import address, socket_path
from mainspring.location.client import LocationClient
from mainspring.location.opening import OpenLocation, open_location
from mainspring.location.spec import LocationSpec
from mainspring.location.sync import record_status

if TYPE_CHECKING:
    from mainspring.instance import Instance

FIRST_BACK_OFF_SECONDS = 0.2
LAST_BACK_OFF_SECONDS = 30.0
"""How long it takes until a front that has died is started again, at first and at last."""

CLOSE_SECONDS = 8.0
"""How long a front is waited for that nobody watches any more; longer than it waits itself for what is behind it."""

_LOGGER = logging.getLogger("mainspring.location")


class LocationKeeper:
    """Holds one location open, in a thread of its own, for as long as it is entered.

    Args:
        spec: The location.
        home: Its home.
        instance: Where it is recorded how it stands.
        on_change: Called when that has changed.
        crash_point: For tests, `module:function` of what each of its processes calls at named points.
    """

    def __init__(
        self,
        spec: LocationSpec,
        home: Path,
        instance: Instance,
        on_change: Callable[[], None] = lambda: None,
        crash_point: str | None = None,
    ) -> None:
        self.spec = spec
        self._home = home
        self._instance = instance
        self._clock: Clock = instance.clock
        self._on_change = on_change
        self._crash_point = crash_point
        self._closed = threading.Event()
        self._open: OpenLocation | None = None
        self._has_loaded = False
        self._was_open = False
        self._thread = threading.Thread(target=self._keep, name=f"location {spec.name}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def client(self) -> LocationClient | None:
        """Who speaks with the location; None while it is not open."""
        found = self._open
        return None if found is None else found.client

    def look(self) -> None:
        """Have the location opened anew if its socket is gone, as where a folder for temporary files was tidied."""
        found = self._open
        if found is None or self._closed.is_set() or socket_path(self._home, self.spec.name).exists():
            return
        _LOGGER.warning("the socket of location %s is gone, so it is opened anew", self.spec.name)
        threading.Thread(target=_end, args=(found.client,), name=f"end {self.spec.name}", daemon=True).start()

    def close(self, seconds: float = CLOSE_SECONDS + 1.0) -> None:
        """Let go of the location; its front ends with all behind it but for workers, unless somebody else watches it.

        Args:
            seconds: How long it is waited for.
        """
        self.begin_close()
        self._thread.join(seconds)

    def begin_close(self) -> None:
        """Let go of the location without waiting."""
        self._closed.set()
        found = self._open
        if found is not None:
            found.client.close()

    def _keep(self) -> None:
        failures = 0
        while not self._closed.is_set():
            self._has_loaded = False
            said = self._hold()
            if self._closed.is_set():
                break
            failures = 1 if self._has_loaded else failures + 1
            self._record({"status": "FAILED", "error": said, "traceback": ""})
            wait = min(FIRST_BACK_OFF_SECONDS * 2 ** (failures - 1), LAST_BACK_OFF_SECONDS)
            self._clock.wait(self._closed, wait)

    def _hold(self) -> str:
        """Open the location and follow how it stands; return why that came to an end."""
        try:
            found = self._open = open_location(
                self.spec,
                self._home,
                socket_path(self._home, self.spec.name),
                self._crash_point,
                replace=not self._was_open,  # later, whoever replaced it knows newer settings
            )
            self._was_open = True
            if self._closed.is_set():
                found.client.close()
                return ""
            for status in found.client.watch():
                self._record(status, found)
            return "its front has ended"
        except MainspringError as error:
            return str(error)
        except Exception as error:
            _LOGGER.exception("location %s is opened anew", self.spec.name)
            return f"{type(error).__name__}: {error}"
        finally:
            self._bury_front()

    def _record(self, status: Mapping[str, Any], found: OpenLocation | None = None) -> None:
        self._has_loaded |= status["status"] == "LOADED"
        self._instance.crash_point("location.record")
        try:
            record_status(
                self._instance,
                self.spec,
                self._address(),
                status,
                None if found is None else found.client,
            )
            self._instance.crash_point("location.recorded")
            self._on_change()
        except LocationError:
            raise
        except MainspringError as error:
            _LOGGER.warning("how location %s stands could not be recorded: %s", self.spec.name, error)

    def _address(self) -> str | None:
        """Return where the front listens; None where no socket can be had, which is what is recorded then."""
        try:
            return address(self._home, self.spec.name)
        except MainspringError:
            return None

    def _bury_front(self) -> None:
        found, self._open = self._open, None
        if found is None:
            return
        found.client.close()
        if found.process is None:
            return
        try:
            found.process.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:  # one that hangs is found by whoever opens the location next
            _LOGGER.warning("the front of location %s still runs, as process %d", self.spec.name, found.process.pid)
            name = f"end of {self.spec.name}"
            threading.Thread(target=found.process.wait, name=name, daemon=True).start()  # or it would stay a zombie


def _end(client: LocationClient) -> None:
    with suppress(MainspringError):  # it has ended already
        client.stop()


def open_locations(
    specs: Mapping[str, LocationSpec],
    home: Path,
    instance: Instance,
    on_change: Callable[[], None] = lambda: None,
    crash_point: str | None = None,
) -> list[LocationKeeper]:
    """Open all locations of a home, and forget those that are recorded but not in its settings any more."""
    for each in instance.storage.locations.all():
        if each.name not in specs:
            instance.storage.locations.forget(each.name)
    keepers = [LocationKeeper(spec, home, instance, on_change, crash_point) for spec in specs.values()]
    for keeper in keepers:
        keeper.__enter__()
    return keepers


def close_locations(keepers: Sequence[LocationKeeper], seconds: float = CLOSE_SECONDS + 1.0) -> None:
    """Let go of all of them at a time; what has not ended in so many seconds is left to end by itself."""
    for each in keepers:
        each.begin_close()
    clock = SystemClock()
    until = clock.monotonic() + seconds
    for each in keepers:
        each.close(max(until - clock.monotonic(), 0.0))
