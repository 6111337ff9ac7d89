"""The audit log as recorded: what people did, who they were, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen


@frozen(kw_only=True)
class AuditEntry:
    """One act of a person.

    Attributes:
        at: When, seconds since the epoch.
        who: Who it was: `user@host` for what is done on a command line.
        action: What was done, in the words of the command that does it: `run cancel`, `location reload`.
        subject: What it was done to, as `kind:name`: `run:0192f3…`, `location:sales`, `sensor:sales:uploads`.
        detail: What else there is to know, as plain data without secrets.
        audit_id: Its place in the log; None until it is stored.
    """

    at: float
    who: str
    action: str
    subject: str
    detail: Mapping[str, Any] = field(factory=dict)
    audit_id: int | None = None


@frozen(kw_only=True)
class AuditQuery:
    """Which entries to list, the newest first.

    Attributes:
        subject: About this subject.
        action: Of this action.
        before: Older than the entry of this id: where the next page begins.
        limit: At most so many.
    """

    subject: str | None = None
    action: str | None = None
    before: int | None = None
    limit: int = 100
