"""Keep of an attempt which office it went to."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None
narrows = False


def upgrade() -> None:
    op.add_column("attempt", sa.Column("office_id", sa.BigInteger()))


def downgrade() -> None:
    op.drop_column("attempt", "office_id")
