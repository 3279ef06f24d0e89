"""Erase the text of notices that have left: it holds links that open doors."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None
narrows = False


def upgrade() -> None:
    op.execute(
        sa.text(
            "UPDATE writing SET subject = NULL, body = NULL WHERE body IS NOT NULL AND letter_id IN"
            " (SELECT id FROM letter WHERE kind = 'notice' AND state IN"
            " ('accepted', 'deferred', 'delivered', 'bounced', 'dropped'))"
        )
    )


def downgrade() -> None:
    """Leave it so: what is erased does not come back."""
