"""Keep look-up tables, which turn a postcode into areas."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
narrows = False

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "area_table",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("postcodes", sa.Integer(), nullable=False),
        sa.Column("areas", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_area_table_name", "area_table", ["name", "starts"])
    op.create_table(
        "area_page",
        sa.Column("table_id", _KEY, sa.ForeignKey("area_table.id"), primary_key=True),
        sa.Column("first", sa.LargeBinary(), primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("area_page")
    op.drop_table("area_table")
