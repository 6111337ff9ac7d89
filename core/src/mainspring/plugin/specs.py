"""The hook specs: everything that a plugin can add.

A plugin is a module, named by an entry point in the group `mainspring`, with any of these functions in it, marked
`@mainspring.hookimpl`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mainspring.plugin.markers import hookspec

if TYPE_CHECKING:
    import click

    from mainspring.definition.executor import Executor
    from mainspring.definition.io import IOManager
    from mainspring.definition.resource import Resource
    from mainspring.definition.sensor_source import SensorSource
    from mainspring.event import Event
    from mainspring.launch import RunLauncher
    from mainspring.log.port import LogStore


@hookspec
def mainspring_executors() -> Mapping[str, type[Executor]]:  # type: ignore[empty-body]
    """Return executors by the names under which settings use them."""


@hookspec
def mainspring_io_managers() -> Mapping[str, type[IOManager]]:  # type: ignore[empty-body]
    """Return IO managers by the names under which settings use them."""


@hookspec
def mainspring_resources() -> Mapping[str, type[Resource[object]]]:  # type: ignore[empty-body]
    """Return resources by the names under which settings use them."""


@hookspec
def mainspring_log_stores() -> Mapping[str, type[LogStore]]:  # type: ignore[empty-body]
    """Return log stores by the names under which settings use them."""


@hookspec
def mainspring_run_launchers() -> Mapping[str, type[RunLauncher]]:  # type: ignore[empty-body]
    """Return run launchers by the names under which settings use them."""


@hookspec
def mainspring_sensor_sources() -> Mapping[str, type[SensorSource]]:  # type: ignore[empty-body]
    """Return sensor sources by the names under which they are known."""


@hookspec
def mainspring_commands() -> Mapping[str, click.Command]:  # type: ignore[empty-body]
    """Return commands by the names that they have behind `mainspring`."""


@hookspec
def mainspring_event(event: Event) -> None:
    """Observe an event after it was stored; what this raises is logged once and stops nothing."""
