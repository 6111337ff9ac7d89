"""A run's resources: opened when first asked for, once a run and process, and closed in reverse order."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import attrs

from mainspring.definition.io import IOManager
from mainspring.definition.resource import Resource, Resources
from mainspring.environment import EnvVar
from mainspring.errors import DefinitionError, MainspringError, ResourceError, UnknownNameError
from mainspring.execute.error import error_info


class OpenResources(Resources):
    """The resources of a mode, for one run in one process; use it as a context manager.

    Args:
        mode: The mode's name, for errors.
        resources: The resources by name.
        needs: For each resource the resources that its `open` takes, by parameter.
    """

    def __init__(self, mode: str, resources: Mapping[str, Any], needs: Mapping[str, Mapping[str, str]]) -> None:
        self._mode = mode
        self._resources = resources
        self._needs = needs
        self._opened: dict[str, Any] = {}
        self._exits = ExitStack()
        self._lock = threading.RLock()

    def __getitem__(self, name: str) -> Any:
        try:
            return self._opened[name]
        except KeyError:
            return self._open(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._resources)

    def __len__(self) -> int:
        return len(self._resources)

    def __contains__(self, name: object) -> bool:
        return name in self._resources

    def io_manager(self, name: str) -> IOManager:
        """Return a resource that is an IO manager.

        Raises:
            ResourceError: It opened to something else.
        """
        manager = self[name]
        if not isinstance(manager, IOManager):
            raise ResourceError(
                f"resource {name!r} of mode {self._mode!r} opened to a {type(manager).__name__}, but an output is to be "
                "stored with it; let its open() give an ms.IOManager"
            )
        return manager

    def close(self) -> BaseException | None:
        """Close what is open, the last first, and return what that raised, if anything."""
        with self._lock:
            self._opened.clear()
            exits, self._exits = self._exits, ExitStack()
        try:
            exits.close()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a tear-down is user code, sys.exit in it too
            return error
        return None

    def _open(self, name: str) -> Any:
        with self._lock:
            if name in self._opened:
                return self._opened[name]
            if name not in self._resources:
                raise UnknownNameError("resource", name, self._resources, place=f"mode {self._mode!r}")
            value = self._resources[name]
            if isinstance(value, Resource):
                needed = {parameter: self[each] for parameter, each in self._needs.get(name, {}).items()}
                value = self._enter(name, value, needed)
            else:
                value = with_environment(value, name)
            self._opened[name] = value
            return value

    def _enter(self, name: str, resource: Resource[Any], needed: Mapping[str, Any]) -> Any:
        if resource.outlives_runs:
            return _process_resources.enter(name, resource, needed)
        return enter(name, resource, needed, self._exits)


def enter(name: str, resource: Resource[Any], needed: Mapping[str, Any], exits: ExitStack) -> Any:
    """Open a resource and leave its closing to `exits`.

    Raises:
        ResourceError: It could not be opened.
    """
    try:
        opened = with_environment(resource, name).open(**needed)
        if not isinstance(opened, AbstractContextManager):
            raise DefinitionError(
                f"resource {name!r}: open() of {type(resource).__name__} returned a {type(opened).__name__}; decorate it with "
                "@contextlib.contextmanager and yield the resource"
            )
        return exits.enter_context(opened)
    except MainspringError:
        raise
    except Exception as error:
        said = error_info(error).summary
        raise ResourceError(f"resource {name!r} ({type(resource).__name__}) could not be opened: {said}") from error


def with_environment(value: Any, name: str) -> Any:
    """Return the resource of a name with the values that its fields' environment variables have now."""
    if not attrs.has(type(value)):
        return value
    references = {
        each: found for each in attrs.fields(type(value)) if isinstance(found := getattr(value, each.name), EnvVar)
    }
    if not references:
        return value
    from mainspring.serde import parse_environment

    read = {
        each.alias: parse_environment(reference, each.type, f"resource {name!r}, field {each.name!r}")
        for each, reference in references.items()
    }
    return attrs.evolve(value, **read)


class _ProcessResources:
    """Resources that outlive runs: one of each for the process, closed when it ends."""

    def __init__(self) -> None:
        self._exits = ExitStack()
        self._opened: list[tuple[Resource[Any], Any]] = []
        self._lock = threading.RLock()

    def enter(self, name: str, resource: Resource[Any], needed: Mapping[str, Any]) -> Any:
        with self._lock:
            for known, value in self._opened:
                if known is resource or (type(known) is type(resource) and known == resource):
                    return value
            if not self._opened:
                import atexit

                atexit.register(self._exits.close)
            value = enter(name, resource, needed, self._exits)
            self._opened.append((resource, value))
            return value


_process_resources = _ProcessResources()
