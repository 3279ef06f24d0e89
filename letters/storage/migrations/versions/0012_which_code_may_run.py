"""Keep which code may run on this schema, so that code from before it knows whether it may."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None
narrows = False


def upgrade() -> None:
    op.add_column("account", sa.Column("oldest_code", sa.String(32)))


def downgrade() -> None:
    op.drop_column("account", "oldest_code")
