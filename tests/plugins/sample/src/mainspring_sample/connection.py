"""A connection to a SQLite database."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from attrs import field, frozen

import mainspring as ms


@frozen
class SqliteConnection(ms.Resource[sqlite3.Connection]):
    """One connection for all steps of a run: each statement commits itself, as transactions of several threads would mingle.

    Attributes:
        path: The database; made when it is not there.
    """

    path: Path = field(converter=Path)

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """Connect, and disconnect at the end."""
        with closing(sqlite3.connect(self.path, check_same_thread=False, isolation_level=None)) as connection:
            yield connection
