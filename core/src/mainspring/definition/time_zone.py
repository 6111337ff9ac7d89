"""Time zones: the IANA names in which schedules are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainspring.errors import DefinitionError, shorten, suggest

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_NOT_OF_IANA = frozenset({"localtime", "posixrules", "Factory"})
"""Files beside the zones whose meaning is this machine's, or none."""


def zone_name(zone: str | ZoneInfo) -> Any:
    """Return the name of a zone; what is none stays as it is, to be refused."""
    return zone if isinstance(zone, str) else getattr(zone, "key", zone)


def check_time_zone(owner: str, name: object) -> None:
    """Check that a name is one of a time zone.

    Raises:
        DefinitionError: It is not.
    """
    if not isinstance(name, str):
        raise DefinitionError(
            f"{owner}: timezone must be the name of an IANA time zone, as 'Europe/Berlin', not {shorten(repr(name))}"
        )
    if not _is_known(name):
        raise DefinitionError(f"{owner}: there is no time zone {shorten(repr(name))}; {_suggest_zone(name)}")


def _is_known(name: str) -> bool:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if name in _NOT_OF_IANA or name.startswith(("right/", "posix/")):
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder, a path that leads out, a name too long
        return False
    return True


def _suggest_zone(name: str) -> str:
    from zoneinfo import available_timezones

    known = sorted(available_timezones())
    if not known:
        return "this machine has no time zones: pip install tzdata"
    by_case = {each.casefold(): each for each in known}
    by_city = {each.rpartition("/")[2].casefold(): each for each in known}
    wanted = name.strip().replace(" ", "_").casefold()
    found = by_case.get(wanted) or by_city.get(wanted)
    if found:
        return f"did you mean {found!r}?"
    said = suggest(name, known)
    return said if said.startswith("did") else "use an IANA name such as 'UTC', 'Europe/Berlin' or 'America/New_York'"
