"""The tables. Times are seconds since the epoch, UTC; structured values are JSON text."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    and_,
    literal_column,
)

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
    Column("automation", _KEY),
    Column("tick_id", _BIG_ID),
    Column("policy", Text),
    Column("not_before", Double),
    Column("retries_left", Integer),
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

IS_ACTIVE = runs.c.status.in_([literal_column(f"'{each}'") for each in ("STARTING", "STARTED", "CANCELING")])
"""Which runs take up places; written out for the same reason."""

Index("runs_active", runs.c.status, runs.c.run_id, sqlite_where=IS_ACTIVE, postgresql_where=IS_ACTIVE)

IS_OF_LIVE_TICK = and_(
    runs.c.status.in_([literal_column(f"'{each}'") for each in ("QUEUED", "STARTING", "STARTED", "CANCELING")]),
    runs.c.automation.is_not(None),
)
"""Which runs an automation has under way or waiting."""

Index(
    "runs_of_automation",
    runs.c.location,
    runs.c.automation,
    runs.c.run_id,
    sqlite_where=IS_OF_LIVE_TICK,
    postgresql_where=IS_OF_LIVE_TICK,
)

_HAS_AUTOMATION = runs.c.automation.is_not(None)
Index(
    "runs_by_automation",
    runs.c.automation,
    runs.c.run_id,
    sqlite_where=_HAS_AUTOMATION,
    postgresql_where=_HAS_AUTOMATION,
)

IS_TO_RETRY = and_(runs.c.status == literal_column("'FAILURE'"), runs.c.retries_left > literal_column("0"))
"""Which runs a new attempt is to follow without a person."""

Index("runs_to_retry", runs.c.status, runs.c.run_id, sqlite_where=IS_TO_RETRY, postgresql_where=IS_TO_RETRY)

_HAS_TICK = runs.c.tick_id.is_not(None)
Index("runs_by_tick", runs.c.tick_id, sqlite_where=_HAS_TICK, postgresql_where=_HAS_TICK)

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
    Column("pool", _KEY),
)
"""A row an attempt of a step. Inserting it is claiming it: the primary key admits one."""

IS_IN_POOL = and_(steps.c.status == literal_column("'STARTED'"), steps.c.pool.is_not(None))
"""Which steps may take up a place in a pool; they do while their run's attempt is under way."""

Index("steps_in_pool", steps.c.pool, steps.c.run_id, sqlite_where=IS_IN_POOL, postgresql_where=IS_IN_POOL)

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

IS_ABOUT_RUN = events.c.step_key.is_(None)
"""Which events are about a run as a whole: changes of its status."""

Index("events_of_runs", events.c.kind, events.c.event_id, sqlite_where=IS_ABOUT_RUN, postgresql_where=IS_ABOUT_RUN)

asset_events = Table(
    "asset_events",
    metadata,
    Column("position", _BIG_ID, primary_key=True, autoincrement=True),
    Column("event_id", _BIG_ID, ForeignKey("events.event_id", ondelete="CASCADE"), nullable=False),
    Column("asset", _KEY, nullable=False),
    Column("partition_key", _KEY),
    Index("asset_events_by_asset", "asset", "position"),
    Index("asset_events_by_partition", "asset", "partition_key", "position"),
    Index("asset_events_by_event", "event_id"),  # a run's deletion looks for them once for each of its events
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

automations = Table(
    "automations",
    metadata,
    Column("location", _KEY, primary_key=True),
    Column("name", _KEY, primary_key=True),
    Column("kind", _KEY, nullable=False),
    Column("switch", _KEY),
    Column("version", _BIG_ID, nullable=False),
    Column("mark", Double),
    Column("cursor", Text),
    Column("timing", Text),
    Column("timed_at", Double),
    Column("backlog", Text),
    Column("turn", Text),
    Column("not_before", Double),
    Column("failures", Integer, nullable=False),
    Column("last_run_key", Text),
    Column("last_tick_id", _BIG_ID),
    Column("last_skip", _KEY),
    Column("outbox", Integer, nullable=False),
    Column("updated_at", Double, nullable=False),
)
"""A row a schedule or a sensor that was ever seen; it outlives its definition. Each change raises its version by one."""

ticks = Table(
    "ticks",
    metadata,
    Column("tick_id", _BIG_ID, primary_key=True, autoincrement=True),
    Column("location", _KEY, nullable=False),
    Column("automation", _KEY, nullable=False),
    Column("kind", _KEY, nullable=False),
    Column("status", _KEY, nullable=False),
    Column("scheduled_time", Double),
    Column("since", Double),
    Column("count", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_at", Double, nullable=False),
    Column("last_at", Double, nullable=False),
    Column("requested", Integer, nullable=False),
    Column("dropped", Integer, nullable=False),
    Column("reason", Text),
    Column("body", Text, nullable=False),
    Index("ticks_by_time", "location", "automation", "scheduled_time", unique=True),
    Index("ticks_by_automation", "location", "automation", "tick_id"),
    Index("ticks_by_status", "kind", "status", "tick_id"),
    sqlite_autoincrement=True,
)
"""A row a decision: of a schedule one for each time, which its unique index sees to."""

outbox = Table(
    "outbox",
    metadata,
    Column("tick_id", _BIG_ID, primary_key=True),
    Column("chunk", Integer, primary_key=True),
    Column("location", _KEY, nullable=False),
    Column("automation", _KEY, nullable=False),
    Column("body", Text, nullable=False),
)
"""A row some of the runs that a tick asked for and that are to be queued still."""

run_keys = Table(
    "run_keys",
    metadata,
    Column("location", _KEY, primary_key=True),
    Column("automation", _KEY, primary_key=True),
    Column("digest", _KEY, primary_key=True),
    Column("job_name", _KEY, primary_key=True),
    Column("run_key", Text, nullable=False),
    Column("run_id", _KEY, nullable=False),
    Column("created_at", Double, nullable=False),
)
"""A row a run key that was ever asked for: the ledger, which refers to nothing, so that nothing takes from it."""

leases = Table(
    "leases",
    metadata,
    Column("name", _KEY, primary_key=True),
    Column("holder", _KEY, nullable=False),
    Column("version", _BIG_ID, nullable=False),
    Column("body", Text, nullable=False),
)
"""A row a duty that one process has at a time, for as long as it goes on to raise the version."""

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("daemon_id", _KEY, primary_key=True),
    Column("version", _BIG_ID, nullable=False),
    Column("beat_at", Double, nullable=False),
    Column("body", Text, nullable=False),
)
"""A row a daemon."""

audit = Table(
    "audit",
    metadata,
    Column("audit_id", _BIG_ID, primary_key=True, autoincrement=True),
    Column("at", Double, nullable=False),
    Column("who", Text, nullable=False),
    Column("action", _KEY, nullable=False),
    Column("subject", _KEY, nullable=False),
    Column("body", Text, nullable=False),
    Index("audit_by_subject", "subject", "audit_id"),
    sqlite_autoincrement=True,
)
"""A row an act of a person: what was switched, cleared, set."""

schema_info = Table(
    "schema_info",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""What the schema says of itself: `min_writer` is the oldest schema version whose code may write to it."""
