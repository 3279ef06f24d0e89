"""Keep mailings to many, and who wants no more of them."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None
narrows = False

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_WAITS = sa.text("state = 'queued' AND kind = 'notice'")
_OF_ONE = sa.text("mailing_id IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "mailing",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("campaign_id", _KEY, nullable=False),
        sa.Column("sort", sa.String(8), nullable=False),
        sa.Column("audience", sa.String(8), nullable=False),
        sa.Column("target_id", _KEY),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text()),
        sa.Column("includes_later", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("written_at", _MOMENT, nullable=False),
        sa.Column("released_at", _MOMENT),
        sa.Column("paused_at", _MOMENT),
        sa.Column("done_at", _MOMENT),
        sa.Column("began_at", _MOMENT),
        sa.Column("after_id", sa.String(32), nullable=False, server_default=sa.text("''")),
        sa.Column("since", _MOMENT),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_mailing_campaign_id"),
        sa.ForeignKeyConstraint(["target_id"], ["target.id"], name="fk_mailing_target_id"),
        sa.PrimaryKeyConstraint("id", name="pk_mailing"),
    )
    op.create_index("ix_mailing_campaign", "mailing", ["campaign_id"])
    op.create_index("ix_mailing_target", "mailing", ["target_id"])
    op.create_table(
        "unsubscribed",
        sa.Column("campaign_id", _KEY, nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name="fk_unsubscribed_campaign_id"
        ),
        sa.PrimaryKeyConstraint("campaign_id", "address", name="pk_unsubscribed"),
    )
    # SQLite could add what refers to another table only by copying this one.
    op.add_column("letter", sa.Column("mailing_id", sa.String(32)))
    op.drop_index("ix_letter_notice", "letter")
    op.create_index(
        "ix_letter_notice",
        "letter",
        ["mailing_id", "id"],
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    )
    op.create_index(
        "ix_letter_mailing",
        "letter",
        ["mailing_id", "state"],
        sqlite_where=_OF_ONE,
        postgresql_where=_OF_ONE,
    )


def downgrade() -> None:
    op.drop_index("ix_letter_mailing", "letter")
    op.drop_index("ix_letter_notice", "letter")
    op.create_index(
        "ix_letter_notice", "letter", ["id"], sqlite_where=_WAITS, postgresql_where=_WAITS
    )
    op.drop_column("letter", "mailing_id")
    op.drop_table("unsubscribed")
    op.drop_table("mailing")
