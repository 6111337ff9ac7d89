"""The kinds of things that plugins register, and what each of them must be."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import attrs

from mainspring.definition.executor import Executor
from mainspring.definition.io import IOManager
from mainspring.definition.resource import Resource
from mainspring.definition.sensor_source import SensorSource
from mainspring.errors import PluginError
from mainspring.launch import RunLauncher
from mainspring.log.port import LogStore

KINDS: Mapping[str, tuple[str, type | None]] = {
    "executor": ("mainspring_executors", Executor),
    "IO manager": ("mainspring_io_managers", IOManager),
    "resource": ("mainspring_resources", Resource),
    "log store": ("mainspring_log_stores", LogStore),
    "run launcher": ("mainspring_run_launchers", RunLauncher),
    "sensor source": ("mainspring_sensor_sources", SensorSource),
    "command": ("mainspring_commands", None),
}
"""What can be registered: for each kind its hook, and the class from which it must derive."""


def checked_registrations(kind: str, returned: object) -> dict[str, Any]:
    """Check what a plugin's hook for a kind returned.

    Raises:
        PluginError: It is no mapping of names to things of the kind.
    """
    hook, base = KINDS[kind]
    if not isinstance(returned, Mapping):
        raise PluginError(f"{hook} returned a {type(returned).__name__}; return a mapping of name to {kind}")
    for name, thing in returned.items():
        if not isinstance(name, str) or not name:
            raise PluginError(f"{hook} registers {name!r}; names are text")
        if base is not None:
            _check_class(f"{hook} registers {name!r} as {thing!r}, which", thing, base)
    return dict(returned)


def _check_class(subject: str, thing: object, base: type) -> None:
    if not (inspect.isclass(thing) and issubclass(thing, base)):
        raise PluginError(f"{subject} does not derive from {base.__name__}; register a class that does")
    if inspect.isabstract(thing):
        missing = ", ".join(sorted(getattr(thing, "__abstractmethods__", ())))
        raise PluginError(f"{subject} is abstract; define {missing}")
    if not attrs.has(thing):
        raise PluginError(f"{subject} is no attrs class, so settings cannot be read into it; decorate it @attrs.frozen")
