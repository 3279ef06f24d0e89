"""Keep how far claims have come, by which a database from a backup is told from its later self."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
narrows = False

_MOMENT = sa.DateTime(timezone=True)
_ERASED = "erased_at IS NOT NULL"


def upgrade() -> None:
    op.add_column("account", sa.Column("installation", sa.String(32)))
    op.add_column(
        "account",
        sa.Column("claims", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    )
    for column in ("behind_since", "restored_at", "strange_news_at", "strange_news_told_at"):
        op.add_column("account", sa.Column(column, _MOMENT))
    op.execute(sa.text("UPDATE account SET installation = :id").bindparams(id=secrets.token_hex(8)))
    op.create_index(
        "ix_submission_erased",
        "submission",
        ["erased_at"],
        sqlite_where=sa.text(_ERASED),
        postgresql_where=sa.text(_ERASED),
    )


def downgrade() -> None:
    op.drop_index("ix_submission_erased", "submission")
    for column in (
        "strange_news_told_at",
        "strange_news_at",
        "restored_at",
        "behind_since",
        "claims",
        "installation",
    ):
        op.drop_column("account", column)
