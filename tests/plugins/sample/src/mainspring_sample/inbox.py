"""Rows of a SQLite table, as messages that are taken and crossed off."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from attrs import field, frozen

import mainspring as ms

TABLE = "CREATE TABLE IF NOT EXISTS inbox (id INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT, taken INTEGER DEFAULT 0)"


@frozen
class SqliteInbox(ms.SensorSource):
    """Lists the rows of the table `inbox` that were not crossed off: `message` holds JSON, and ids are never used again.

    SQLite has one writer at a time, so ids appear in their order, and the last one seen is a place to go on.

    Attributes:
        path: The database.
    """

    path: Path = field(converter=Path)

    def poll(self, cursor: str | None) -> Iterator[ms.Item]:
        """Yield the rows after the id that is the cursor."""
        with closing(self._connect()) as database:
            rows = database.execute(
                "SELECT id, message FROM inbox WHERE NOT taken AND id > ? ORDER BY id", (int(cursor or 0),)
            )
            for number, message in rows.fetchall():
                yield ms.Item(f"inbox/{number}", json.loads(message), str(number))

    def ack(self, items: Sequence[ms.Item]) -> None:
        """Cross rows off."""
        numbers = [(int(item.key.removeprefix("inbox/")),) for item in items]
        with closing(self._connect()) as database, database:
            database.executemany("UPDATE inbox SET taken = 1 WHERE id = ?", numbers)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=rw", uri=True)
