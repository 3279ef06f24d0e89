"""Put campaigns that are over apart, and let drafts go."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None
narrows = False


def upgrade() -> None:
    for name in ("archived_at", "deleted_at"):
        op.add_column("campaign", sa.Column(name, sa.DateTime(timezone=True)))


def downgrade() -> None:
    for name in ("deleted_at", "archived_at"):
        op.drop_column("campaign", name)
