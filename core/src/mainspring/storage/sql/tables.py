"""The tables. Times are seconds since the epoch, UTC; structured values are JSON text."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, Integer, MetaData, Table, Text, literal_column

metadata = MetaData()

_BIG_ID = BigInteger().with_variant(Integer, "sqlite")
_KEY = Text().with_variant(Text(collation="C"), "postgresql")
"""What rows are found and sorted by: by its bytes, as in SQLite, whatever the language of the database."""

runs = Table(
    "runs",
    metadata,
    Column("run_id", _KEY, primary_key=True),
    Column("job_name", _KEY, nullable=False),
    Column("mode", _KEY, nullable=False),
    Column("status", _KEY, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("config", Text, nullable=False),
    Column("tags", Text, nullable=False),
    Column("selection", Text),
    Column("run_key", _KEY),
    Column("scheduled_time", Double),
    Column("partition_key", _KEY),
    Column("parent_run_id", _KEY),
    Column("priority", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("ended_at", Double),
    Column("reason", Text),
    Column("worker", Text),
    Column("location", _KEY),
    Index("runs_by_job", "job_name", "run_id"),
    Index("runs_by_status", "status", "run_id"),
)
"""A row a run. Ids sort by time, so the newest runs are the last of every index."""

IS_QUEUED = runs.c.status == literal_column("'QUEUED'")
"""Written out rather than bound, as the index below is used only where the query says the same words."""

Index(
    "runs_queued",
    runs.c.status,  # the same in all of it, but SQLite would take runs_by_status, and sort, if it were not named here
    runs.c.priority.desc(),
    runs.c.run_id,
    sqlite_where=IS_QUEUED,
    postgresql_where=IS_QUEUED,
)

run_tags = Table(
    "run_tags",
    metadata,
    Column("run_id", _KEY, ForeignKey("runs.run_id", ondelete="CASCADE"), primary_key=True),
    Column("key", _KEY, primary_key=True),
    Column("value", _KEY, nullable=False),
    Index("run_tags_by_tag", "key", "value", "run_id"),
)
"""A row a tag: the tags in `runs` once more, long ones cut, so that runs can be found by them."""

steps = Table(
    "steps",
    metadata,
    Column("run_id", _KEY, ForeignKey("runs.run_id", ondelete="CASCADE"), primary_key=True),
    Column("step_key", _KEY, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("run_attempt", Integer, nullable=False),
    Column("status", _KEY, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("ended_at", Double),
)
"""A row an attempt of a step. Inserting it is claiming it: the primary key admits one."""

events = Table(
    "events",
    metadata,
    Column("event_id", _BIG_ID, primary_key=True, autoincrement=True),
    Column("run_id", _KEY, ForeignKey("runs.run_id", ondelete="CASCADE"), nullable=False),
    Column("run_attempt", Integer, nullable=False),
    Column("step_key", _KEY),
    Column("step_attempt", Integer),
    Column("kind", _KEY, nullable=False),
    Column("timestamp", Double, nullable=False),
    Column("body", Text, nullable=False),
    Index("events_by_run", "run_id", "event_id"),
    sqlite_autoincrement=True,
)
"""A row an event. On SQLite one writer at a time makes ids and commits in one order."""

asset_events = Table(
    "asset_events",
    metadata,
    Column("position", _BIG_ID, primary_key=True, autoincrement=True),
    Column("event_id", _BIG_ID, ForeignKey("events.event_id", ondelete="CASCADE"), nullable=False),
    Column("asset", _KEY, nullable=False),
    Column("partition_key", _KEY),
    Index("asset_events_by_asset", "asset", "position"),
    Index("asset_events_by_partition", "asset", "partition_key", "position"),
    sqlite_autoincrement=True,
)
"""A row a materialization. Its position is given last in its transaction, under the lock that is held to its commit."""

locations = Table(
    "locations",
    metadata,
    Column("name", _KEY, primary_key=True),
    Column("status", _KEY, nullable=False),
    Column("body", Text, nullable=False),
    Column("updated_at", Double, nullable=False),
)
"""A row a code location; the body is all that only people read."""

definitions = Table(
    "definitions",
    metadata,
    Column("location", _KEY, primary_key=True),
    Column("kind", _KEY, primary_key=True),
    Column("name", _KEY, primary_key=True),
    Column("hash", _KEY, nullable=False),
    Column("body", Text, nullable=False),
    Index("definitions_by_kind", "kind", "name"),
)
"""A row a definition that a code location offers."""

schema_info = Table(
    "schema_info",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""What the schema says of itself: `min_writer` is the oldest schema version whose code may write to it."""
