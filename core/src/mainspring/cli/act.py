"""Noting in the audit log what a person does on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainspring.storage import AuditEntry
from mainspring.who import this_person

if TYPE_CHECKING:
    from mainspring.instance import Instance


def note_act(instance: Instance, action: str, subject: str, **detail: Any) -> None:
    """Append what was done to the audit log, with who did it and when.

    Args:
        instance: Where it was done.
        action: The command, as `run cancel`.
        subject: What it was done to, as `kind:name`.
        **detail: What else there is to know, as plain data without secrets.
    """
    entry = AuditEntry(at=instance.clock.time(), who=this_person(), action=action, subject=subject, detail=detail)
    instance.storage.audit.record(entry)
