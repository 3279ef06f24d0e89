"""Know an office by its mailbox, over all campaigns: its pace, and what stops sending to it."""

import sqlalchemy as sa
from alembic import op

from letters.text.addresses import canonical

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None
narrows = False

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OF_THE_MAILBOX = ("bounced", "complained", "soft-failures", "suppressed", "stopped-by-office")
_moment = sa.DateTime(timezone=True)
_office = sa.table(
    "office",
    sa.column("id", sa.BigInteger()),
    sa.column("address", sa.Text()),
    sa.column("next_slot_at", _moment),
    sa.column("hold_reason", sa.String()),
    sa.column("hold_words", sa.Text()),
    sa.column("held_at", _moment),
    sa.column("soft_failures", sa.Integer()),
)
_target = sa.table(
    "target",
    sa.column("id", sa.BigInteger()),
    sa.column("office_id", sa.BigInteger()),
    sa.column("email", sa.Text()),
    sa.column("next_slot_at", _moment),
    sa.column("hold_reason", sa.String()),
    sa.column("hold_words", sa.Text()),
    sa.column("held_at", _moment),
    sa.column("soft_failures", sa.Integer()),
)


def upgrade() -> None:
    op.create_table(
        "office",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("next_slot_at", _moment, nullable=False),
        sa.Column("paced_by", sa.BigInteger()),
        sa.Column("hold_reason", sa.String(length=20)),
        sa.Column("hold_words", sa.Text()),
        sa.Column("held_at", _moment),
        sa.Column("released_at", _moment),
        sa.Column("soft_failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office")),
        sa.UniqueConstraint("address", name=op.f("uq_office_address")),
    )
    # SQLite could add what refers to another table only by copying this one.
    op.add_column("target", sa.Column("office_id", _KEY))
    op.add_column("target", sa.Column("served_at", _moment))
    op.drop_index("ix_target_campaign_email", "target")
    op.create_index("ix_target_campaign_email", "target", ["campaign_id", "email"])
    op.create_index("ix_target_office", "target", ["office_id"])
    _seat_everybody()


def _seat_everybody() -> None:
    """Give each target its office. What stopped sending to one stops it to its mailbox now."""
    connection = op.get_bind()
    offices: dict[str, int] = {}
    for row in connection.execute(sa.select(_target).order_by(_target.c.id)).all():
        address = canonical(row.email)
        is_own = row.hold_reason in _OF_THE_MAILBOX
        held = {"hold_reason": None, "hold_words": None, "held_at": None}
        if is_own:
            held = {name: getattr(row, name) for name in held}
        if address not in offices:
            offices[address] = len(offices) + 1
            connection.execute(
                sa.insert(_office).values(
                    id=offices[address],
                    address=address,
                    next_slot_at=row.next_slot_at,
                    soft_failures=row.soft_failures,
                    **held,
                )
            )
        else:
            this = _office.c.id == offices[address]
            later = sa.case(
                (_office.c.next_slot_at < row.next_slot_at, row.next_slot_at),
                else_=_office.c.next_slot_at,
            )
            connection.execute(sa.update(_office).where(this).values(next_slot_at=later))
            if is_own:
                connection.execute(sa.update(_office).where(this).values(**held))
        seat: dict[str, object] = {"office_id": offices[address]}
        if is_own:
            seat |= {"hold_reason": None, "hold_words": None, "held_at": None}
        connection.execute(sa.update(_target).where(_target.c.id == row.id).values(**seat))
    connection.execute(
        sa.text(
            "UPDATE target SET next_slot_at ="
            " (SELECT next_slot_at FROM office WHERE office.id = target.office_id)"
        )
    )
    if connection.dialect.name == "postgresql" and offices:
        connection.execute(
            sa.text("SELECT setval(pg_get_serial_sequence('office', 'id'), :n)"),
            {"n": len(offices)},
        )


def downgrade() -> None:
    op.execute(
        "UPDATE target SET hold_reason = (SELECT hold_reason FROM office WHERE id = office_id),"
        " hold_words = (SELECT hold_words FROM office WHERE id = office_id)"
        " WHERE hold_reason IS NULL"
    )
    op.drop_index("ix_target_office", "target")
    op.drop_index("ix_target_campaign_email", "target")
    op.create_index("ix_target_campaign_email", "target", ["campaign_id", "email"], unique=True)
    op.drop_column("target", "served_at")
    op.drop_column("target", "office_id")
    op.drop_table("office")
