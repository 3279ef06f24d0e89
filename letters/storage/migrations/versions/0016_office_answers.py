"""Keep an office's one answer to everybody until everybody has it."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None
narrows = False

_MOMENT = sa.DateTime(timezone=True)
_OPEN = "done_at IS NULL"


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "office_answer",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("target_id", key, nullable=False),
        sa.Column("campaign_id", key, nullable=False),
        sa.Column("text", sa.Text()),
        sa.Column("came_at", _MOMENT, nullable=False),
        sa.Column("released_at", _MOMENT),
        sa.Column("done_at", _MOMENT),
        sa.ForeignKeyConstraint(["target_id"], ["target.id"], name="fk_office_answer_target_id"),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name="fk_office_answer_campaign_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_office_answer"),
    )
    op.create_index(
        "ix_office_answer_open",
        "office_answer",
        ["target_id"],
        sqlite_where=sa.text(_OPEN),
        postgresql_where=sa.text(_OPEN),
    )


def downgrade() -> None:
    op.drop_table("office_answer")
