"""Keep which letters were answered, when, and by what kind of answer. Not what it says."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
narrows = False

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "answer",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("letter_id", sa.String(32), nullable=False),
        sa.Column("campaign_id", key, nullable=False),
        sa.Column("target_id", key, nullable=False),
        sa.Column("relay_id", sa.String(32)),
        sa.Column("digest", sa.String(64)),
        sa.Column("kind", sa.String(9), nullable=False),
        sa.Column("told_by", sa.String(16), nullable=False),
        sa.Column("came_at", _MOMENT, nullable=False),
        sa.Column("took_seconds", sa.BigInteger()),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name="fk_answer_letter_id"),
        sa.ForeignKeyConstraint(["relay_id"], ["letter.id"], name="fk_answer_relay_id"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_answer_campaign_id"),
        sa.ForeignKeyConstraint(["target_id"], ["target.id"], name="fk_answer_target_id"),
        sa.PrimaryKeyConstraint("id", name="pk_answer"),
    )
    op.create_index("ix_answer_once", "answer", ["letter_id", "digest"], unique=True)
    op.create_index("ix_answer_relay", "answer", ["relay_id"], unique=True)
    op.create_index("ix_answer_campaign", "answer", ["campaign_id", "kind", "came_at"])


def downgrade() -> None:
    op.drop_table("answer")
