"""Where runs, steps, events, assets and code locations are recorded: one port, kept in memory or in a database through SQLAlchemy.

Holds all that is known about tables, transactions and migrations. Decides nothing about jobs and runs no user code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.storage.admission import Admission, Batch
from mainspring.storage.audit import AuditEntry, AuditQuery
from mainspring.storage.automation import (
    AutomationState,
    Committed,
    Decision,
    RunKey,
    Tick,
    TickQuery,
    TickStatus,
)
from mainspring.storage.automation_store import AutomationStore
from mainspring.storage.duty import Duty, DutyStore, Heartbeat, Lease
from mainspring.storage.location import DefinitionQuery, DefinitionRecord, LocationRecord, LocationStatus
from mainspring.storage.memory import memory_storage
from mainspring.storage.port import (
    AssetLog,
    AuditLog,
    EventLog,
    LocationStore,
    RetentionStore,
    RunQuery,
    RunStore,
    Storage,
)
from mainspring.storage.retention import Chunk, ExpiredRuns, ExpiredTicks
from mainspring.storage.run_fact import RunFact
from mainspring.storage.wakeup import Topic, Wakeups

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "Admission",
    "AssetLog",
    "AuditEntry",
    "AuditLog",
    "AuditQuery",
    "AutomationState",
    "AutomationStore",
    "Batch",
    "Chunk",
    "Committed",
    "Decision",
    "DefinitionQuery",
    "DefinitionRecord",
    "Duty",
    "DutyStore",
    "EventLog",
    "ExpiredRuns",
    "ExpiredTicks",
    "Heartbeat",
    "Lease",
    "LocationRecord",
    "LocationStatus",
    "LocationStore",
    "RetentionStore",
    "RunFact",
    "RunKey",
    "RunQuery",
    "RunStore",
    "Storage",
    "Tick",
    "TickQuery",
    "TickStatus",
    "Topic",
    "Wakeups",
    "memory_storage",
    "migrate_storage",
    "open_storage",
    "scratch_storage",
]


def open_storage(url: str, folder: Path, *, create: bool = True) -> Storage:
    """Open the database at a SQLAlchemy URL, creating its schema where there is none.

    Args:
        url: `sqlite:////path/to/mainspring.db`, or `sqlite:///mainspring.db` for a file in the folder.
        folder: Where relative paths start.
        create: Whether an empty database is filled; else it is refused.

    Raises:
        SchemaError: The schema is older than this version, newer than it may write to, or absent and not to be created.
        StorageError: The database cannot be reached, or is none.
    """
    from mainspring.storage.sql import sql_storage

    return sql_storage(url, folder, create=create)


def scratch_storage(folder: Path) -> Storage:
    """Return an empty store in a file of a folder that is thrown away: its schema says of itself neither age nor version."""
    from mainspring.storage.sql import scratch_sql

    return scratch_sql(folder)


def migrate_storage(url: str, folder: Path) -> tuple[int, int]:
    """Bring a database's schema to this version, and return the versions before and after.

    Raises:
        SchemaError: It is newer than this version.
        StorageError: The database cannot be reached, or is none.
    """
    from mainspring.storage.sql import migrate_sql

    return migrate_sql(url, folder)
