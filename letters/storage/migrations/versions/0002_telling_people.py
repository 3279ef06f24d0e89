"""Keep what people have been told, and who follows whom in office."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_BAD_NEWS = "state IN ('bounced', 'dropped', 'failed', 'expired') AND told = 0 AND kind = 'letter'"


def upgrade() -> None:
    op.add_column("campaign", sa.Column("unknown_alarm_at", _MOMENT))
    op.add_column("account", sa.Column("alarmed_at", _MOMENT))
    op.add_column("target", sa.Column("held_at", _MOMENT))
    op.add_column("target", sa.Column("alarmed_at", _MOMENT))
    op.add_column(
        "target",
        sa.Column("soft_failures", sa.Integer(), nullable=False, server_default=sa.text("0")),
    )
    op.add_column("submission", sa.Column("remind_at", _MOMENT))
    op.create_index(
        "ix_submission_remind",
        "submission",
        ["remind_at"],
        sqlite_where=sa.text("remind_at IS NOT NULL"),
        postgresql_where=sa.text("remind_at IS NOT NULL"),
    )
    op.add_column(
        "letter", sa.Column("told", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    # What happened before is no news.
    op.execute(f"UPDATE letter SET told = 1 WHERE {_BAD_NEWS}")  # noqa: S608 - words of our own
    for name, column, where in (
        ("ix_letter_held", "target_id", "state = 'held'"),
        ("ix_letter_bad_news", "state_at", _BAD_NEWS),
    ):
        op.create_index(
            name,
            "letter",
            [column],
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "successor",
        sa.Column("target_id", key, nullable=False),
        sa.Column("successor_id", key, nullable=False),
        sa.Column("named_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["target_id"], ["target.id"], name="fk_successor_target_id"),
        sa.ForeignKeyConstraint(["successor_id"], ["target.id"], name="fk_successor_successor_id"),
        sa.PrimaryKeyConstraint("target_id", name="pk_successor"),
    )
    op.create_table(
        "notice",
        sa.Column("letter_id", sa.String(32), nullable=False),
        sa.Column("purpose", sa.String(10), nullable=False),
        sa.Column("address", sa.Text()),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name="fk_notice_letter_id"),
        sa.PrimaryKeyConstraint("letter_id", name="pk_notice"),
    )
    op.create_index("ix_notice_address", "notice", ["address", "letter_id"])


def downgrade() -> None:
    op.drop_table("notice")
    op.drop_table("successor")
    for name in ("ix_letter_bad_news", "ix_letter_held"):
        op.drop_index(name, "letter")
    op.drop_column("letter", "told")
    op.drop_index("ix_submission_remind", "submission")
    op.drop_column("submission", "remind_at")
    for table, column in (
        ("target", "soft_failures"),
        ("target", "alarmed_at"),
        ("target", "held_at"),
        ("account", "alarmed_at"),
        ("campaign", "unknown_alarm_at"),
    ):
        op.drop_column(table, column)
