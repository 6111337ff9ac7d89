"""The code locations of a home, opened apart for a simulation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from mainspring.errors import ConfigError, LocationError
from mainspring.location.check import opened_apart
from mainspring.location.client import LocationClient
from mainspring.location.spec import LocationSpec, location_specs
from mainspring.location.sync import record_status

if TYPE_CHECKING:
    from mainspring.instance import Instance
    from mainspring.settings import Settings


@frozen(eq=False)
class LocationApart:
    """A location that is open for a while, in processes of its own.

    Attributes:
        spec: The location.
        client: Speaks with it.
        status: How it stands.
    """

    spec: LocationSpec
    client: LocationClient
    status: Mapping[str, Any]

    def evaluate(self, evaluations: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Evaluate a batch."""
        return self.client.evaluate(evaluations)

    def record(self, instance: Instance) -> None:
        """Record that it is loaded, and what it offers."""
        record_status(instance, self.spec, None, self.status, self.client)


@contextmanager
def opened_locations(settings: Settings, home: Path) -> Iterator[dict[str, LocationApart]]:
    """Open the locations of a home beside those that may be open, and give them by name.

    Raises:
        ConfigError: The settings name none.
        LocationError: The code of one does not load.
    """
    specs = location_specs(settings, home)
    if not specs:
        said = "no [[location]] stands there; name a file with -f or a module with -m"
        raise ConfigError("the settings" if settings.path is None else str(settings.path), [("location", said)])
    with ExitStack() as stack:
        found: dict[str, LocationApart] = {}
        for spec in specs.values():
            client, status = stack.enter_context(opened_apart(spec, home))
            if status["status"] != "LOADED":
                raise LocationError(spec.name, f"location {spec.name!r} is {status['status']}: {status['error']}")
            found[spec.name] = LocationApart(spec, client, status)
        yield found
