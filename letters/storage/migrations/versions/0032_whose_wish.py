"""Keep of who is erased whether somebody wished it: those are erased again after a restore.

Null: it was before this was kept, and has to be told by how long they had been here.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None
narrows = False


def upgrade() -> None:
    op.add_column("submission", sa.Column("erased_on_wish", sa.Boolean()))


def downgrade() -> None:
    op.drop_column("submission", "erased_on_wish")
