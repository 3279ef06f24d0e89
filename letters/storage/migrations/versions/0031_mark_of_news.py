"""Count the news that was taken: books that were put back without some of it are found by that."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None
narrows = False


def upgrade() -> None:
    news = sa.Column("news", sa.BigInteger(), nullable=False, server_default=sa.text("0"))
    op.add_column("account", news)


def downgrade() -> None:
    op.drop_column("account", "news")
