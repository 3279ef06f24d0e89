"""Remember of an attempt that it was not sent, or did not arrive."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None
narrows = False


def upgrade() -> None:
    op.add_column(
        "attempt",
        sa.Column("ruled_out", sa.Boolean(), nullable=False, server_default=sa.text("false")),
    )


def downgrade() -> None:
    op.drop_column("attempt", "ruled_out")
