"""Make the tables of the desk's figures and of the webhook out."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "figure",
        sa.Column("campaign_id", _KEY, nullable=False),
        sa.Column("series", sa.String(length=12), nullable=False),
        sa.Column("bucket", sa.Integer(), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_figure_campaign_id")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "series", "bucket", name=op.f("pk_figure")),
    )
    reader = op.create_table(
        "reader",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("history_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reader")),
    )
    op.bulk_insert(reader, [{"id": 1, "history_id": 0}])
    op.create_table(
        "webhook",
        sa.Column("campaign_id", _KEY, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_webhook_campaign_id")
        ),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_webhook")),
    )
    op.create_table(
        "dispatch",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", _KEY, nullable=False),
        sa.Column("letter_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("was_taken", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["webhook.campaign_id"], name=op.f("fk_dispatch_campaign_id")
        ),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name=op.f("fk_dispatch_letter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch")),
    )
    op.create_index("ix_dispatch_due", "dispatch", ["due_at"])
    op.create_index("ix_dispatch_ended", "dispatch", ["ended_at"])
    op.create_index("ix_dispatch_campaign", "dispatch", ["campaign_id", "due_at"])


def downgrade() -> None:
    for table in ("dispatch", "webhook", "reader", "figure"):
        op.drop_table(table)
