"""Automations, their ticks, the ledger of run keys; what daemons agree on; and what runs and steps say for the queue."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_BIG_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the tables, and add columns that code which does not know them leaves empty."""
    _extend_runs()
    op.add_column("steps", sa.Column("pool", _KEY))
    _partial_index("steps_in_pool", "steps", ["pool", "run_id"], "status = 'STARTED' AND pool IS NOT NULL")
    op.create_index("asset_events_by_event", "asset_events", ["event_id"])
    _partial_index("events_of_runs", "events", ["kind", "event_id"], "step_key IS NULL")
    _create_automations()
    _create_duties()


def _extend_runs() -> None:
    op.add_column("runs", sa.Column("automation", _KEY))
    op.add_column("runs", sa.Column("tick_id", _BIG_ID))
    op.add_column("runs", sa.Column("policy", sa.Text))
    op.add_column("runs", sa.Column("not_before", sa.Double))
    op.add_column("runs", sa.Column("retries_left", sa.Integer))
    active = "status IN ('STARTING', 'STARTED', 'CANCELING')"
    live = "status IN ('QUEUED', 'STARTING', 'STARTED', 'CANCELING') AND automation IS NOT NULL"
    _partial_index("runs_active", "runs", ["status", "run_id"], active)
    _partial_index("runs_of_automation", "runs", ["location", "automation", "run_id"], live)
    _partial_index("runs_by_automation", "runs", ["automation", "run_id"], "automation IS NOT NULL")
    _partial_index("runs_to_retry", "runs", ["status", "run_id"], "status = 'FAILURE' AND retries_left > 0")
    _partial_index("runs_by_tick", "runs", ["tick_id"], "tick_id IS NOT NULL")


def _create_automations() -> None:
    op.create_table(
        "automations",
        sa.Column("location", _KEY, primary_key=True),
        sa.Column("name", _KEY, primary_key=True),
        sa.Column("kind", _KEY, nullable=False),
        sa.Column("switch", _KEY),
        sa.Column("version", _BIG_ID, nullable=False),
        sa.Column("mark", sa.Double),
        sa.Column("cursor", sa.Text),
        sa.Column("timing", sa.Text),
        sa.Column("backlog", sa.Text),
        sa.Column("turn", sa.Text),
        sa.Column("not_before", sa.Double),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_run_key", sa.Text),
        sa.Column("last_tick_id", _BIG_ID),
        sa.Column("last_skip", _KEY),
        sa.Column("outbox", sa.Integer, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
    )
    op.create_table(
        "ticks",
        sa.Column("tick_id", _BIG_ID, primary_key=True, autoincrement=True),
        sa.Column("location", _KEY, nullable=False),
        sa.Column("automation", _KEY, nullable=False),
        sa.Column("kind", _KEY, nullable=False),
        sa.Column("status", _KEY, nullable=False),
        sa.Column("scheduled_time", sa.Double),
        sa.Column("since", sa.Double),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("first_at", sa.Double, nullable=False),
        sa.Column("last_at", sa.Double, nullable=False),
        sa.Column("requested", sa.Integer, nullable=False),
        sa.Column("dropped", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ticks_by_time", "ticks", ["location", "automation", "scheduled_time"], unique=True)
    op.create_index("ticks_by_automation", "ticks", ["location", "automation", "tick_id"])
    op.create_index("ticks_by_status", "ticks", ["kind", "status", "tick_id"])
    op.create_table(
        "outbox",
        sa.Column("tick_id", _BIG_ID, primary_key=True),
        sa.Column("chunk", sa.Integer, primary_key=True),
        sa.Column("location", _KEY, nullable=False),
        sa.Column("automation", _KEY, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "run_keys",
        sa.Column("location", _KEY, primary_key=True),
        sa.Column("automation", _KEY, primary_key=True),
        sa.Column("digest", _KEY, primary_key=True),
        sa.Column("job_name", _KEY, primary_key=True),
        sa.Column("run_key", sa.Text, nullable=False),
        sa.Column("run_id", _KEY, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    )


def _create_duties() -> None:
    op.create_table(
        "leases",
        sa.Column("name", _KEY, primary_key=True),
        sa.Column("holder", _KEY, nullable=False),
        sa.Column("version", _BIG_ID, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "heartbeats",
        sa.Column("daemon_id", _KEY, primary_key=True),
        sa.Column("version", _BIG_ID, nullable=False),
        sa.Column("beat_at", sa.Double, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("audit_id", _BIG_ID, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("action", _KEY, nullable=False),
        sa.Column("subject", _KEY, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_by_subject", "audit", ["subject", "audit_id"])


def _partial_index(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
