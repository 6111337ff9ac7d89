"""Prepared statements for the hot path: compiled from SQLAlchemy Core once, then handed to the driver as they are.

SQLAlchemy's own execution costs three times what SQLite's does (see docs/decisions); everything that is not on the path
of a step goes through it all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.sql import ClauseElement


class Statement:
    """One Core statement, run with parameters by name.

    Args:
        element: The statement.
        columns: For an insert, the columns that rows bring.
    """

    def __init__(self, element: ClauseElement, columns: Sequence[str] | None = None) -> None:
        self._element = element
        self._columns = None if columns is None else list(columns)
        self._compiled: dict[str, tuple[str, tuple[str, ...] | None]] = {}

    def run(self, connection: Connection, parameters: Mapping[str, Any]) -> Any:
        """Execute it and return the driver's cursor."""
        text, names = self._text(connection)
        cursor = connection.connection.cursor()
        cursor.execute(text, parameters if names is None else [parameters[name] for name in names])
        return cursor

    def run_many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute it once for each row."""
        text, names = self._text(connection)
        cursor = connection.connection.cursor()
        cursor.executemany(text, rows if names is None else [[row[name] for name in names] for row in rows])
        cursor.close()

    def _text(self, connection: Connection) -> tuple[str, tuple[str, ...] | None]:
        dialect = connection.dialect
        found = self._compiled.get(dialect.name)
        if found is None:
            compiled = self._element.compile(dialect=dialect, column_keys=self._columns)
            names = getattr(compiled, "positiontup", None)
            found = self._compiled[dialect.name] = (str(compiled), None if names is None else tuple(names))
        return found
