"""Finding plugins: their entry points, what the user lets load, and whether they are made for this version."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, EntryPoint, distributions, entry_points

from attrs import frozen

from mainspring.errors import PluginError
from mainspring.plugin.markers import PROJECT

SELECTION_VARIABLE = "MAINSPRING_PLUGINS"
"""Names the plugins that may load, `aws,spark`, or with a minus those that may not, `-spark`."""

_LOGGER = logging.getLogger("mainspring.plugin")


@frozen
class Selection:
    """Which plugins may load.

    Attributes:
        allowed: Only these; any if empty.
        blocked: None of these.
    """

    allowed: frozenset[str]
    blocked: frozenset[str]

    @classmethod
    def parse(cls, text: str | None = None) -> Selection:
        """Read a selection, that of the variable `MAINSPRING_PLUGINS` unless given: names, with a minus to block."""
        chosen = os.environ.get(SELECTION_VARIABLE, "") if text is None else text
        names = {each.strip() for each in chosen.split(",")} - {""}
        blocked = {each for each in names if each.startswith("-")}
        return cls(frozenset(names - blocked), frozenset(each[1:].strip() for each in blocked))

    def admits(self, name: str) -> bool:
        """Whether a plugin may load."""
        return name not in self.blocked and (not self.allowed or name in self.allowed)


def installed() -> Iterable[EntryPoint]:
    """Return the entry points of all installed plugins.

    A distribution whose own list of entry points cannot be read costs itself, not the others. Scar: A#8732.
    """
    try:
        return entry_points(group=PROJECT)
    except Exception:  # noqa: BLE001 - the standard library raises whatever its parser stumbles over
        return list(_one_by_one())


def _one_by_one() -> Iterator[EntryPoint]:
    for distribution in distributions():
        try:
            yield from distribution.entry_points.select(group=PROJECT)
        except Exception as error:  # noqa: BLE001 - as above
            _LOGGER.warning("the entry points of a distribution cannot be read: %s: %s", type(error).__name__, error)


def identity(distribution: Distribution | None) -> tuple[str, str]:
    """Return a distribution's name and version, empty where its metadata are damaged or missing."""
    try:
        return ("", "") if distribution is None else (distribution.name or "", distribution.version or "")
    except Exception:  # noqa: BLE001 - as above
        return "", ""


def check_range(distribution: Distribution | None, own: str | None) -> None:
    """Check that this Mainspring lies in the range that a plugin's own requirements name.

    Raises:
        PluginError: It does not.
    """
    if distribution is None or own is None:
        return
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    for text in distribution.requires or ():
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue  # another one's business: pip has accepted it
        applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if canonicalize_name(requirement.name) != PROJECT or not applies:
            continue
        if not requirement.specifier.contains(own, prereleases=True):
            raise PluginError(
                f"it is made for mainspring{requirement.specifier}, but this is {own}; upgrade one of the two"
            )
