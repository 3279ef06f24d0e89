"""Index a campaign's mail to people: its books count it each time they are shown."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None
narrows = False
# On PostgreSQL it is built afterwards, while letters are written (letters.storage.migrate).
concurrently = ("ix_letter_mail",)


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        where = sa.text("kind = 'notice'")
        op.create_index("ix_letter_mail", "letter", ["campaign_id", "state"], sqlite_where=where)


def downgrade() -> None:
    op.drop_index("ix_letter_mail", "letter", if_exists=True)
