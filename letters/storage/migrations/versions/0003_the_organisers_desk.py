"""Keep who works on which campaign, what was changed by whom, and what is not finished yet."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WORDS = "the audit log is only ever added to"


def upgrade() -> None:
    op.add_column("sign_in", sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sign_in", sa.Column("used_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sign_in", sa.Column("device", sa.String(length=64), nullable=True))
    # Until now everybody saw and steered every campaign; nobody loses that unasked.
    op.execute("UPDATE organiser SET role = 'admin'")
    op.create_table(
        "campaign_organiser",
        sa.Column("campaign_id", _KEY, nullable=False),
        sa.Column("organiser_id", _KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_organiser_campaign_id")
        ),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_campaign_organiser_organiser_id")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "organiser_id", name=op.f("pk_campaign_organiser")),
    )
    op.create_index("ix_campaign_organiser_organiser", "campaign_organiser", ["organiser_id"])
    op.create_table(
        "unfinished",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organiser_id", _KEY, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_unfinished_organiser_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unfinished")),
    )
    op.create_index("ix_unfinished_organiser", "unfinished", ["organiser_id"])
    op.create_table(
        "audit",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("campaign_id", _KEY, nullable=True),
        sa.Column("deed", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_audit_campaign_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_campaign", "audit", ["campaign_id", "id"])
    _close_the_audit_log()


def _close_the_audit_log() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{act.lower()} BEFORE {act} ON audit "
                f"BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_is_closed() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_WORDS}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_is_closed BEFORE UPDATE OR DELETE ON audit "
        "FOR EACH ROW EXECUTE FUNCTION audit_is_closed()"
    )


def downgrade() -> None:
    op.drop_table("audit")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION audit_is_closed()")
    op.drop_table("unfinished")
    op.drop_table("campaign_organiser")
    for column in ("device", "used_at", "opened_at"):
        op.drop_column("sign_in", column)
