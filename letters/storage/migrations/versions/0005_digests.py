"""Let letters that were left as offered wait for a digest, and go with it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEPT = "address IS NOT NULL AND purpose IN ('sign-in', 'alarm', 'test', 'erased')"


def upgrade() -> None:
    for table in ("target", "letter"):
        op.add_column(
            table, sa.Column("plain", sa.Integer(), nullable=False, server_default=sa.text("0"))
        )
    op.add_column("target", sa.Column("digest_after", sa.DateTime(timezone=True)))
    _index("ix_target_digest", "target", ["digest_after"], "plain > 0")
    op.drop_index("ix_letter_waiting", "letter")
    _index("ix_letter_waiting", "letter", ["target_id", "plain", "id"], "state = 'queued'")
    _index("ix_notice_kept", "notice", ["letter_id"], _KEPT)
    _index("ix_letter_digest", "letter", ["attempt_id"], "plain = 1")


def downgrade() -> None:
    op.drop_index("ix_notice_kept", "notice")
    op.drop_index("ix_letter_digest", "letter")
    op.drop_index("ix_letter_waiting", "letter")
    _index("ix_letter_waiting", "letter", ["target_id", "id"], "state = 'queued'")
    op.drop_index("ix_target_digest", "target")
    op.drop_column("target", "digest_after")
    for table in ("letter", "target"):
        op.drop_column(table, "plain")


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(
        name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )
