"""Keep how letters are to come to an office."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None
narrows = False


def upgrade() -> None:
    op.add_column(
        "office",
        sa.Column("how", sa.String(6), nullable=False, server_default=sa.text("'each'")),
    )
    unlike = sa.text("how <> 'each'")
    op.create_index(
        "ix_office_how", "office", ["how"], sqlite_where=unlike, postgresql_where=unlike
    )


def downgrade() -> None:
    op.drop_index("ix_office_how", "office")
    op.drop_column("office", "how")
