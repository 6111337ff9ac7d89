"""Runs name the code location that has their job, and those that wait are found without passing by all others."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_IS_QUEUED = sa.text("status = 'QUEUED'")


def upgrade() -> None:
    """Add the column and the index; code that does not know the column leaves it empty."""
    op.add_column("runs", sa.Column("location", _KEY))
    op.create_index(
        "runs_queued",
        "runs",
        ["status", sa.text("priority DESC"), "run_id"],
        sqlite_where=_IS_QUEUED,
        postgresql_where=_IS_QUEUED,
    )
