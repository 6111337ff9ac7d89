"""Loading plugins, guarding against bad ones, and looking up what they register."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import EntryPoint
from typing import Any, Literal

import pluggy
from attrs import evolve, field, frozen

from mainspring.errors import PluginError, UnknownNameError, told
from mainspring.event import Event
from mainspring.plugin import builtin, specs
from mainspring.plugin.discover import SELECTION_VARIABLE, Selection, check_range, identity, installed
from mainspring.plugin.kind import KINDS, checked_registrations
from mainspring.plugin.markers import PROJECT
from mainspring.version import own_version

BUILT_IN = "mainspring"
"""The name under which the built-ins are shown."""

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
        self._lock = threading.Lock()

    def add(self, info: PluginInfo, load: Callable[[], object]) -> None:
        """Load a plugin and take what it registers; one that raises, or registers what is none, is disabled and shown."""
        try:
            plugin = load()
            self._register(info.name, plugin)
            found = {kind: self._collect(info.name, kind) for kind in KINDS}
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a plugin's import may raise anything, SystemExit too
            self._disable(info, told(error))
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
            UnknownNameError: Nothing is; it tells which plugins are disabled.
            PluginError: Two plugins claim the name.
        """
        claims = self._registered.get((kind, name), [])
        if not claims:
            raise UnknownNameError(kind, name, self.names(kind), place=f"any plugin{self.say_disabled()}")
        if len(claims) > 1:
            raise PluginError(_conflict(kind, name, [owner for owner, _ in claims]))
        return claims[0][1]

    def conflicts(self) -> list[str]:
        """Return a sentence for each name that several plugins claim."""
        return [
            _conflict(kind, name, [owner for owner, _ in claims])
            for (kind, name), claims in self._registered.items()
            if len(claims) > 1
        ]

    @property
    def observers(self) -> tuple[Callable[[Event], None], ...]:
        """The plugins' event observers as one guarded function, or none."""
        return (self._observe,) if self._manager.hook.mainspring_event.get_hookimpls() else ()

    def _observe(self, event: Event) -> None:
        for impl in self._manager.hook.mainspring_event.get_hookimpls():
            if impl.plugin_name in self._silenced:
                continue
            try:
                impl.function(*(event for _ in impl.argnames))
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - an observer is a plugin's code; the event is stored already
                self._silence(impl.plugin_name, error)

    def _silence(self, plugin: str, error: BaseException) -> None:
        with self._lock:
            is_first = plugin not in self._silenced
            self._silenced.add(plugin)
        if is_first:
            _LOGGER.warning("plugin %s observes no more events: %s", plugin, told(error))

    def _register(self, name: str, plugin: object) -> None:
        other = self._manager.get_name(plugin)
        if other is not None:
            raise PluginError(f"its entry point names the same object as plugin {other!r}; remove one of the two")
        for hook in (each for each in vars(specs) if each.startswith(f"{PROJECT}_")):
            if hasattr(plugin, hook) and not hasattr(getattr(plugin, hook), f"{PROJECT}_impl"):
                raise PluginError(f"its {hook} is not marked; decorate it with @mainspring.hookimpl")
        self._manager.register(plugin, name)
        self._manager.check_pending()
        for caller in self._manager.get_hookcallers(plugin) or ():
            if any(each.plugin is plugin and (each.wrapper or each.hookwrapper) for each in caller.get_hookimpls()):
                raise PluginError(
                    f"its {caller.name} is a wrapper, but hooks here are called one by one; return a value"
                )

    def _collect(self, plugin: str, kind: str) -> dict[str, Any]:
        hook, _ = KINDS[kind]
        things: dict[str, Any] = {}
        for impl in getattr(self._manager.hook, hook).get_hookimpls():
            if impl.plugin_name == plugin:
                things |= checked_registrations(kind, impl.function())
        return things

    def _disable(self, info: PluginInfo, said: str) -> None:
        if self._manager.has_plugin(info.name):
            self._manager.unregister(name=info.name)
        self.infos[info.name] = evolve(info, status="failed", error=said)
        _LOGGER.warning("plugin %s is disabled: %s", info.name, said)

    def say_disabled(self) -> str:
        """Say in brackets which plugins are disabled or blocked, and why; nothing where none is."""
        disabled = [
            f"{each.name} is {'disabled' if each.error else 'blocked'}{f', {each.error}' if each.error else ''}"
            for each in self.infos.values()
            if each.status != "loaded"
        ]
        return f" ({'; '.join(disabled)})" if disabled else ""


def load_plugins(found: Iterable[EntryPoint] | None = None, selection: str | None = None) -> Plugins:
    """Load the built-ins and every installed plugin that may load.

    Args:
        found: The entry points; those installed in the group `mainspring` unless given.
        selection: What may load; the variable `MAINSPRING_PLUGINS` unless given.
    """
    plugins = Plugins()
    own = own_version()
    plugins.add(PluginInfo(BUILT_IN, BUILT_IN, own or ""), lambda: builtin)
    chosen = Selection.parse(selection)
    for entry_point in sorted(installed() if found is None else found, key=lambda each: each.name):
        info = PluginInfo(entry_point.name, *identity(entry_point.dist))
        if entry_point.name in plugins.infos:
            other = plugins.infos[entry_point.name].distribution
            said = f"its name is taken by distribution {other}; uninstall one of them"
            plugins.infos[f"{entry_point.name} ({info.distribution})"] = evolve(info, status="failed", error=said)
        elif not chosen.admits(entry_point.name):
            plugins.infos[entry_point.name] = evolve(info, status="blocked")
        else:
            plugins.add(info, _loader(entry_point, own))
    for name in sorted((chosen.allowed | chosen.blocked) - set(plugins.infos)):
        _LOGGER.warning("%s names %s, which is not installed", SELECTION_VARIABLE, name)
    return plugins


def _loader(entry_point: EntryPoint, own: str | None) -> Callable[[], object]:
    def load() -> object:
        check_range(entry_point.dist, own)
        return entry_point.load()

    return load


def _conflict(kind: str, name: str, owners: Sequence[str]) -> str:
    return (
        f"{kind} {name!r} is registered by both {' and '.join(map(repr, owners))}; uninstall one of these plugins, or "
        f"block it with {SELECTION_VARIABLE}=-{owners[-1]}"
    )
