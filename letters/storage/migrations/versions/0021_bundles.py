"""Let a writer keep a letter out of bundles."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None
narrows = False


def upgrade() -> None:
    op.add_column(
        "letter",
        sa.Column("alone", sa.Integer(), nullable=False, server_default=sa.text("0")),
    )


def downgrade() -> None:
    op.drop_column("letter", "alone")
