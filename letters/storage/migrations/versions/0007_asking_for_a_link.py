"""Keep who asks for a sign-in link until the worker has looked, and what a link belongs to."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
narrows = False

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("sign_in", sa.Column("browser", sa.String(length=64), nullable=True))
    op.add_column("sign_in", sa.Column("invited_by", sa.Text(), nullable=True))
    op.create_table(
        "asking",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("browser", sa.String(length=64), nullable=False),
        sa.Column("known_id", sa.BigInteger(), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asking")),
    )


def downgrade() -> None:
    op.drop_table("asking")
    op.drop_column("sign_in", "invited_by")
    op.drop_column("sign_in", "browser")
