"""Finding plugins, guarding against bad ones, and looking up what they register."""

from __future__ import annotations

import inspect
import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import Distribution, EntryPoint, PackageNotFoundError, entry_points, version
from typing import Any, Literal

import pluggy
from attrs import evolve, field, frozen

from mainspring.definition.executor import Executor
from mainspring.definition.io import IOManager
from mainspring.definition.resource import Resource
from mainspring.errors import PluginError, UnknownNameError
from mainspring.event import Event
from mainspring.plugin import builtin, specs
from mainspring.plugin.markers import PROJECT

KINDS: Mapping[str, tuple[str, type | None]] = {
    "executor": ("mainspring_executors", Executor),
    "IO manager": ("mainspring_io_managers", IOManager),
    "resource": ("mainspring_resources", Resource),
    "command": ("mainspring_commands", None),
}
"""What can be registered: for each kind its hook, and the class from which it must derive."""

BUILT_IN = "mainspring"
"""The name under which the built-ins are shown."""

SELECTION_VARIABLE = "MAINSPRING_PLUGINS"
"""Names the plugins that may load, `aws,spark`, or with a minus those that may not, `-spark`."""

_LOGGER = logging.getLogger("mainspring.plugin")


@frozen
class PluginInfo:
    """One plugin, as `mainspring plugins list` shows it.

    Attributes:
        name: The name of its entry point.
        distribution: What was pip-installed.
        version: Its version.
        status: Whether it is in use: `failed` was disabled for an error, `blocked` by the user's choice.
        registers: The names that it registers, by kind.
        error: Why it failed.
    """

    name: str
    distribution: str = ""
    version: str = ""
    status: Literal["loaded", "failed", "blocked"] = "loaded"
    registers: Mapping[str, Sequence[str]] = field(factory=dict)
    error: str | None = None


class Plugins:
    """The plugins of this process and what they register."""

    def __init__(self) -> None:
        self.infos: dict[str, PluginInfo] = {}
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(specs)
        self._registered: dict[tuple[str, str], list[tuple[str, Any]]] = {}
        self._silenced: set[str] = set()

    def add(self, info: PluginInfo, load: Callable[[], object]) -> None:
        """Load a plugin and take what it registers; one that raises, or registers what is none, is disabled and shown."""
        try:
            module = load()
            self._manager.register(module, info.name)
            self._manager.check_pending()
            found = {kind: self._collect(info.name, kind) for kind in KINDS}
        except BaseException as error:  # noqa: BLE001 - a plugin's import may raise anything, SystemExit too
            if isinstance(error, KeyboardInterrupt):
                raise
            if self._manager.has_plugin(info.name):
                self._manager.unregister(name=info.name)
            said = f"{type(error).__name__}: {error}"
            self.infos[info.name] = evolve(info, status="failed", error=said)
            _LOGGER.warning("plugin %s is disabled: %s", info.name, said)
            return
        for kind, things in found.items():
            for name, thing in things.items():
                self._registered.setdefault((kind, name), []).append((info.name, thing))
        self.infos[info.name] = evolve(info, registers={kind: sorted(each) for kind, each in found.items() if each})

    def names(self, kind: str) -> list[str]:
        """Return all registered names of a kind."""
        return sorted(name for each, name in self._registered if each == kind)

    def find(self, kind: str, name: str) -> Any:
        """Return what is registered under a name.

        Raises:
            UnknownNameError: Nothing is.
            PluginError: Two plugins claim the name.
        """
        claims = self._registered.get((kind, name), [])
        if not claims:
            raise UnknownNameError(kind, name, self.names(kind), place="any plugin")
        if len(claims) > 1:
            owners = " and ".join(repr(owner) for owner, _ in claims)
            raise PluginError(
                f"{kind} {name!r} is registered by both {owners}; uninstall one of these plugins, or block it with "
                f"{SELECTION_VARIABLE}=-{claims[-1][0]}"
            )
        return claims[0][1]

    def conflicts(self) -> list[str]:
        """Return a sentence for each name that two plugins claim."""
        sentences = []
        for (kind, name), claims in self._registered.items():
            if len(claims) > 1:
                try:
                    self.find(kind, name)
                except PluginError as error:
                    sentences.append(str(error))
        return sentences

    @property
    def observers(self) -> tuple[Callable[[Event], None], ...]:
        """The plugins' event observers as one guarded function, or none."""
        return (self._observe,) if self._manager.hook.mainspring_event.get_hookimpls() else ()

    def _observe(self, event: Event) -> None:
        for impl in self._manager.hook.mainspring_event.get_hookimpls():
            if impl.plugin_name in self._silenced:
                continue
            try:
                impl.function(event)
            except Exception as error:  # an observer is a plugin's code; the event is stored already
                self._silenced.add(impl.plugin_name)
                _LOGGER.warning(
                    "plugin %s observes no more events: %s: %s", impl.plugin_name, type(error).__name__, error
                )

    def _collect(self, plugin: str, kind: str) -> Mapping[str, Any]:
        hook, base = KINDS[kind]
        things: dict[str, Any] = {}
        for impl in getattr(self._manager.hook, hook).get_hookimpls():
            if impl.plugin_name != plugin:
                continue
            returned = impl.function()
            if not isinstance(returned, Mapping):
                raise PluginError(f"{hook} returned a {type(returned).__name__}; return a mapping of name to class")
            for name, thing in returned.items():
                if not isinstance(name, str) or not name:
                    raise PluginError(f"{hook} registers {name!r}; names are text")
                if base is not None and not (inspect.isclass(thing) and issubclass(thing, base)):
                    raise PluginError(
                        f"{hook} registers {name!r} as {thing!r}, which does not derive from {base.__name__}"
                    )
                things[name] = thing
        return things


def load_plugins(found: Iterable[EntryPoint] | None = None, selection: str | None = None) -> Plugins:
    """Load the built-ins and every installed plugin that may load.

    Args:
        found: The entry points; those installed in the group `mainspring` unless given.
        selection: What may load; the variable `MAINSPRING_PLUGINS` unless given.
    """
    plugins = Plugins()
    plugins.add(PluginInfo(BUILT_IN, BUILT_IN, _own_version()), lambda: builtin)
    chosen = os.environ.get(SELECTION_VARIABLE, "") if selection is None else selection
    allowed, blocked = _parse_selection(chosen)
    for entry_point in sorted(entry_points(group=PROJECT) if found is None else found, key=lambda each: each.name):
        distribution = entry_point.dist
        info = PluginInfo(entry_point.name, *_identity(distribution))
        if entry_point.name in plugins.infos:
            other = plugins.infos[entry_point.name].distribution
            said = f"its name is taken by distribution {other}; uninstall one of them"
            plugins.infos[f"{entry_point.name} ({info.distribution})"] = evolve(info, status="failed", error=said)
        elif entry_point.name in blocked or (allowed and entry_point.name not in allowed):
            plugins.infos[entry_point.name] = evolve(info, status="blocked")
        else:
            plugins.add(info, lambda each=entry_point: _load(each))  # type: ignore[misc]
    for name in sorted((allowed | blocked) - set(plugins.infos)):
        _LOGGER.warning("%s names %s, which is not installed", SELECTION_VARIABLE, name)
    return plugins


def _load(entry_point: EntryPoint) -> object:
    _check_range(entry_point.dist)
    return entry_point.load()


def _check_range(distribution: Distribution | None) -> None:
    """Check that this Mainspring lies in the range that a plugin's own requirements name."""
    if distribution is None:
        return
    from packaging.requirements import Requirement

    for text in distribution.requires or ():
        requirement = Requirement(text)
        own = _own_version()
        if requirement.name == PROJECT and not requirement.specifier.contains(own, prereleases=True):
            raise PluginError(
                f"it is made for mainspring{requirement.specifier}, but this is {own}; upgrade one of the two"
            )


def _parse_selection(text: str) -> tuple[set[str], set[str]]:
    names = {each.strip() for each in text.split(",") if each.strip()}
    blocked = {each[1:].strip() for each in names if each.startswith("-")}
    return {each for each in names if not each.startswith("-")}, blocked


def _identity(distribution: Distribution | None) -> tuple[str, str]:
    return ("", "") if distribution is None else (distribution.name, distribution.version)


def _own_version() -> str:
    try:
        return version(PROJECT)
    except PackageNotFoundError:
        return "0"
