"""Runs name the process that carries them out, so that others can tell whether it lives."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; code that does not know it leaves it empty."""
    op.add_column("runs", sa.Column("worker", sa.Text))
