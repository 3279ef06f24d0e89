"""Keep organisations, and whose each campaign is."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None
narrows = False

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "organisation",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mail_from", sa.Text()),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("logo", sa.LargeBinary()),
        sa.Column("logo_digest", sa.String(length=16)),
        sa.Column("logo_width", sa.Integer()),
        sa.Column("logo_height", sa.Integer()),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("key", name=op.f("uq_organisation_key")),
    )
    op.add_column("campaign", sa.Column("organisation_id", _KEY))


def downgrade() -> None:
    op.drop_column("campaign", "organisation_id")
    op.drop_table("organisation")
