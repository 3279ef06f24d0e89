"""Read a campaign's letters and consents in their order, without passing over all others'."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None
narrows = False
# On PostgreSQL these are built afterwards, while letters are written (letters.storage.migrate).
concurrently = ("ix_letter_in_order", "ix_submission_consent")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        return
    for name, table, where in (
        ("ix_letter_in_order", "letter", sa.text("kind = 'letter'")),
        ("ix_submission_consent", "submission", sa.text("opt_in_wording IS NOT NULL")),
    ):
        columns = ["campaign_id", "id"]
        op.create_index(name, table, columns, sqlite_where=where)


def downgrade() -> None:
    op.drop_index("ix_submission_consent", "submission", if_exists=True)
    op.drop_index("ix_letter_in_order", "letter", if_exists=True)
