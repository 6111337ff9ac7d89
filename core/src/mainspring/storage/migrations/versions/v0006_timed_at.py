"""Since when a schedule is due as it is: what the bookkeeper needs to tell that no time was left out."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column. A daemon fills it when it looks at a schedule; code that does not know it leaves it as it is."""
    op.add_column("automations", sa.Column("timed_at", sa.Double))
