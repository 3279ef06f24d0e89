"""Keep what an address writes once more, who did not write, and the moments of consents."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None
narrows = False

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("submission", sa.Column("opt_in_at", _MOMENT))
    op.add_column("submission", sa.Column("opt_in_ended_at", _MOMENT))
    op.create_table(
        "repeat",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("submission_id", sa.String(32), nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("postcode", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("points", sa.JSON(), nullable=False),
        sa.Column("personal_share", sa.Float(), nullable=False),
        sa.Column("opt_in_wording", sa.Text()),
        sa.Column("letters", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_repeat"),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name="fk_repeat_submission_id"
        ),
    )
    op.create_index("ix_repeat_submission", "repeat", ["submission_id"])
    op.create_table(
        "not_me",
        sa.Column("campaign_id", _KEY, nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("said_at", _MOMENT, nullable=False),
        sa.Column("posted_at", _MOMENT),
        sa.PrimaryKeyConstraint("campaign_id", "address", name="pk_not_me"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_not_me_campaign_id"),
    )


def downgrade() -> None:
    op.drop_table("not_me")
    op.drop_table("repeat")
    op.drop_column("submission", "opt_in_ended_at")
    op.drop_column("submission", "opt_in_at")
