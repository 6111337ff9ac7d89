"""The first schema: runs, their tags, steps, events and assets."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_BIG_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "runs",
        sa.Column("run_id", _KEY, primary_key=True),
        sa.Column("job_name", _KEY, nullable=False),
        sa.Column("mode", _KEY, nullable=False),
        sa.Column("status", _KEY, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("config", sa.Text, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("selection", sa.Text),
        sa.Column("run_key", _KEY),
        sa.Column("scheduled_time", sa.Double),
        sa.Column("partition_key", _KEY),
        sa.Column("parent_run_id", _KEY),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("started_at", sa.Double),
        sa.Column("ended_at", sa.Double),
        sa.Column("reason", sa.Text),
    )
    op.create_index("runs_by_job", "runs", ["job_name", "run_id"])
    op.create_index("runs_by_status", "runs", ["status", "run_id"])
    op.create_table(
        "run_tags",
        sa.Column("run_id", _KEY, sa.ForeignKey("runs.run_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("value", _KEY, nullable=False),
    )
    op.create_index("run_tags_by_tag", "run_tags", ["key", "value", "run_id"])
    op.create_table(
        "steps",
        sa.Column("run_id", _KEY, sa.ForeignKey("runs.run_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("step_key", _KEY, primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("run_attempt", sa.Integer, nullable=False),
        sa.Column("status", _KEY, nullable=False),
        sa.Column("started_at", sa.Double, nullable=False),
        sa.Column("ended_at", sa.Double),
    )
    op.create_table(
        "events",
        sa.Column("event_id", _BIG_ID, primary_key=True, autoincrement=True),
        sa.Column("run_id", _KEY, sa.ForeignKey("runs.run_id", ondelete="CASCADE"), nullable=False),
        sa.Column("run_attempt", sa.Integer, nullable=False),
        sa.Column("step_key", _KEY),
        sa.Column("step_attempt", sa.Integer),
        sa.Column("kind", _KEY, nullable=False),
        sa.Column("timestamp", sa.Double, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("events_by_run", "events", ["run_id", "event_id"])
    op.create_table(
        "asset_events",
        sa.Column("position", _BIG_ID, primary_key=True, autoincrement=True),
        sa.Column("event_id", _BIG_ID, sa.ForeignKey("events.event_id", ondelete="CASCADE"), nullable=False),
        sa.Column("asset", _KEY, nullable=False),
        sa.Column("partition_key", _KEY),
        sqlite_autoincrement=True,
    )
    op.create_index("asset_events_by_asset", "asset_events", ["asset", "position"])
    op.create_index("asset_events_by_partition", "asset_events", ["asset", "partition_key", "position"])
    info = op.create_table(
        "schema_info",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.bulk_insert(info, [{"key": "min_writer", "value": "1"}])
