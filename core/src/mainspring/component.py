"""Components: what settings name and plugins register, built where it is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
from attrs import frozen

from mainspring.errors import ConfigError, UnknownNameError
from mainspring.plan.bind import Override
from mainspring.plugin import Plugins
from mainspring.serde import structure
from mainspring.settings import Component, Settings

if TYPE_CHECKING:
    from mainspring.instance import Instance
    from mainspring.launch import RunLauncher


@frozen(eq=False)
class Builder:
    """Builds what settings name.

    Attributes:
        settings: The settings.
        plugins: Where names are looked up.
        folder: Where relative paths start.
    """

    settings: Settings
    plugins: Plugins
    folder: Path

    def build(self, kind: str, component: Component, place: str) -> Any:
        """Build one component.

        Args:
            kind: What it is to be; an IO manager is a resource as well.
            component: Its registered name and its fields.
            place: Where the settings name it.

        Raises:
            UnknownNameError: No plugin registers the name.
            PluginError: Two plugins claim it.
            ConfigError: Its fields do not fit; every bad one is named.
        """
        cls = self._find(kind, component.use, place)
        problems: list[tuple[str, str]] = []
        built: Any = structure(dict(component.fields), cls, place, problems)
        if problems:
            raise ConfigError(str(self.settings.path), problems)
        relative = {
            each.alias: self.folder / value
            for each in attrs.fields(cls)
            if each.init and isinstance(value := getattr(built, each.name), Path) and not value.is_absolute()
        }
        return attrs.evolve(built, **relative) if relative else built

    def _find(self, kind: str, name: str, place: str) -> Any:
        kinds = ("IO manager", "resource") if kind == "resource" else (kind,)
        for each in kinds:
            if name in self.plugins.names(each):
                return self.plugins.find(each, name)
        known = [name for each in kinds for name in self.plugins.names(each)]
        where = f"any plugin{self.plugins.say_disabled()}, though {self.settings.path or 'a table'} uses it at {place}"
        raise UnknownNameError(" or ".join(kinds), name, known, place=where)


def launcher_of(instance: Instance, folder: Path) -> RunLauncher:
    """Return what starts the workers of an instance's runs: what its settings name, else the local launcher.

    Raises:
        UnknownNameError: No plugin registers the name.
        ConfigError: Its fields do not fit.
    """
    assert instance.settings is not None and instance.plugins is not None  # noqa: S101, PT018 - it was opened
    chosen = instance.settings.launcher or Component("local")
    built: RunLauncher = Builder(instance.settings, instance.plugins, folder).build(
        "run launcher", chosen, "instance.launcher"
    )
    return built


class Overrides(Mapping[str, Override]):
    """What settings put in place of parts of modes; each mode's is built when it is first asked for.

    So a plugin that one mode needs and that is missing costs that mode, and no other.
    """

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._built: dict[str, Override] = {}

    def __getitem__(self, mode: str) -> Override:
        if mode not in self._built:
            self._built[mode] = self._build(mode)
        return self._built[mode]

    def __iter__(self) -> Iterator[str]:
        return iter(self._builder.settings.modes)

    def __len__(self) -> int:
        return len(self._builder.settings.modes)

    def _build(self, mode: str) -> Override:
        said = self._builder.settings.modes[mode]
        place = f"mode.{mode}"
        resources = {
            name: self._builder.build("resource", component, f"{place}.resources.{name}")
            for name, component in said.resources.items()
        }
        executor = said.executor
        return Override(
            resources, None if executor is None else self._builder.build("executor", executor, f"{place}.executor")
        )
