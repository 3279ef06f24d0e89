"""Keep the code of the link that a writer came by, and count by it."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None
narrows = False

_BUCKET = {
    "postgresql": "CAST(floor(extract(epoch FROM h.at) / 900) AS INTEGER)",
    "sqlite": "CAST(strftime('%s', h.at) AS INTEGER) / 900",
}


def upgrade() -> None:
    op.add_column("submission", sa.Column("source", sa.String(40)))
    op.add_column("repeat", sa.Column("source", sa.String(40)))
    op.create_table(
        "source_figure",
        sa.Column("campaign_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                  nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("series", sa.String(12), nullable=False),
        sa.Column("bucket", sa.Integer(), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"],
                                name="fk_source_figure_campaign_id"),
        sa.PrimaryKeyConstraint("campaign_id", "source", "series", "bucket",
                                name="pk_source_figure"),
    )  # fmt: skip
    op.add_column(
        "reader",
        sa.Column("sources_id", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    )
    _count_what_was_read()


def _count_what_was_read() -> None:
    """Let what came without codes be in the sums: as far as the pictures have it counted."""
    for series, as_drawn in (("handed_in", "submitted"), ("delivered", "delivered")):
        op.execute(
            "INSERT INTO source_figure (campaign_id, source, series, bucket, letters)"  # noqa: S608
            f" SELECT campaign_id, '', '{series}', bucket * 4, letters FROM figure"
            f" WHERE series = '{as_drawn}' AND letters <> 0"
        )
    bucket = _BUCKET[op.get_bind().dialect.name]
    op.execute(
        "INSERT INTO source_figure (campaign_id, source, series, bucket, letters)"  # noqa: S608
        f" SELECT l.campaign_id, '', 'confirmed', {bucket}, count(*)"
        " FROM history h JOIN letter l ON l.id = h.letter_id AND l.kind = 'letter'"
        " WHERE h.id <= (SELECT history_id FROM reader)"
        " AND (h.cause = 'confirm' OR (h.cause = 'written' AND h.state <> 'unconfirmed'))"
        f" GROUP BY l.campaign_id, {bucket}"
    )
    op.execute("UPDATE reader SET sources_id = history_id")


def downgrade() -> None:
    op.drop_column("reader", "sources_id")
    op.drop_table("source_figure")
    op.drop_column("repeat", "source")
    op.drop_column("submission", "source")
