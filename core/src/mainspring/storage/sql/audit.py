"""The rows of the audit log."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, Row, select

from mainspring.errors import StorageError
from mainspring.storage.audit import AuditEntry, AuditQuery
from mainspring.storage.sql.database import Database
from mainspring.storage.sql.tables import audit


class SqlAudit:
    """Keeps the audit log in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, entry: AuditEntry) -> None:
        with self._database.write(durable=True) as connection:
            append_audit(connection, entry)

    def find(self, query: AuditQuery) -> list[AuditEntry]:
        statement = select(audit).order_by(audit.c.audit_id.desc()).limit(query.limit)
        if query.subject is not None:
            statement = statement.where(audit.c.subject == query.subject)
        if query.action is not None:
            statement = statement.where(audit.c.action == query.action)
        if query.before is not None:
            statement = statement.where(audit.c.audit_id < query.before)
        with self._database.read() as connection:
            return [_from_row(row) for row in connection.execute(statement)]


def append_audit(connection: Connection, entry: AuditEntry) -> None:
    """Insert an entry in the transaction that does what it tells of."""
    row = {
        "at": entry.at,
        "who": entry.who,
        "action": entry.action,
        "subject": entry.subject,
        "body": json.dumps(dict(entry.detail)),
    }
    connection.execute(audit.insert(), row)


def _from_row(row: Row[Any]) -> AuditEntry:
    try:
        detail = json.loads(row.body)
    except ValueError as error:
        raise StorageError(
            f"entry {row.audit_id} of the audit log is damaged ({error}); restore the database from a backup"
        ) from error
    return AuditEntry(
        at=row.at, who=row.who, action=row.action, subject=row.subject, detail=detail, audit_id=row.audit_id
    )
