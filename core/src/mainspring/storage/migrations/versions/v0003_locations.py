"""Code locations, and the definitions that each offers."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the tables; code that does not know them leaves them alone."""
    op.create_table(
        "locations",
        sa.Column("name", _KEY, primary_key=True),
        sa.Column("status", _KEY, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
    )
    op.create_table(
        "definitions",
        sa.Column("location", _KEY, primary_key=True),
        sa.Column("kind", _KEY, primary_key=True),
        sa.Column("name", _KEY, primary_key=True),
        sa.Column("hash", _KEY, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("definitions_by_kind", "definitions", ["kind", "name"])
