"""Code locations as recorded: how each stands, and the definitions that it offered when it was last seen."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen


class LocationStatus(StrEnum):
    """Where a code location stands."""

    LOADING = "LOADING"
    LOADED = "LOADED"
    FAILED = "FAILED"


@frozen(kw_only=True)
class LocationRecord:
    """A code location as it was last seen.

    Attributes:
        name: Its name.
        status: Where it stands. One that FAILED to load anew may still serve the code that it loaded before.
        source: What it loads, for people: `module sales.definitions`.
        snapshot: The hash of all that it offers; None before it was first loaded.
        address: Where it listens.
        error: Why it failed, in a sentence.
        traceback: Where, in the code of its author.
        python: The version of Python that it runs on.
        version: The version of Mainspring that it has.
        start: How its workers are started: `fork` or `spawn`.
        loaded_at: When the code that it serves was loaded, seconds since the epoch.
        updated_at: When this was recorded, seconds since the epoch.
    """

    name: str
    status: LocationStatus
    source: str = ""
    snapshot: str | None = None
    address: str | None = None
    error: str | None = None
    traceback: str = ""
    python: str = ""
    version: str = ""
    start: str = ""
    loaded_at: float | None = None
    updated_at: float = 0.0


@frozen(kw_only=True)
class DefinitionRecord:
    """One definition that a code location offers.

    Attributes:
        location: The location.
        kind: `job`, `schedule` or `sensor`.
        name: Its name.
        hash: The hash of its body.
        body: What is known of it without its code, as JSON text.
    """

    location: str
    kind: str
    name: str
    hash: str
    body: str


@frozen(kw_only=True)
class DefinitionQuery:
    """Which definitions to list, by location, kind and name.

    Attributes:
        location: Of this location.
        kind: Of this kind.
        name: Of this name.
        after: Behind the definition of this location, kind and name: where the next page begins.
        limit: At most so many.
    """

    location: str | None = None
    kind: str | None = None
    name: str | None = None
    after: tuple[str, str, str] | None = None
    limit: int = 1000
