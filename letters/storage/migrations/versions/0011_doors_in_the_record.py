"""Keep in the record where somebody came in."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None
narrows = False


def upgrade() -> None:
    op.add_column("audit", sa.Column("door", sa.String(length=12), nullable=True))
    of_strangers = sa.text("door = 'stranger'")
    op.create_index(
        "ix_audit_stranger",
        "audit",
        ["at"],
        sqlite_where=of_strangers,
        postgresql_where=of_strangers,
    )


def downgrade() -> None:
    op.drop_index("ix_audit_stranger", "audit")
    op.drop_column("audit", "door")
