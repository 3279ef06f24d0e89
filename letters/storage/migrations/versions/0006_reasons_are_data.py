"""Keep reasons as data: why a target is held, why something happened, what an event says.

What stood there as a sentence becomes a reason; the other side's own words stay beside it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
narrows = False

_BY_HAND = "An organiser holds its letters."
_REASONS = {
    "its name was not found": "name-not-found",
    "no connection could be made": "no-connection",
    "no secure connection could be made": "not-secure",
    "no answer came in time": "no-answer",
    "the connection broke before an answer came": "broken",
    "its worker stopped": "worker-stopped",
    "events of later letters came, and none of this one": "no-news",
    "a person's word": "persons-word",
}
_CAUSES = {
    "processed": "taken",
    "other": "taken",
    "deferred": "defer",
    "delivered": "deliver",
    "open": "deliver",
    "click": "deliver",
    "spamreport": "deliver",
    "unsubscribe": "deliver",
    "group_unsubscribe": "deliver",
    "group_resubscribe": "deliver",
    "dropped": "drop",
    "blocked": "bounce",
}
_COMPLAINED = (
    "EXISTS (SELECT 1 FROM event JOIN letter ON letter.id = event.letter_id"
    " WHERE letter.target_id = target.id AND event.kind = 'spamreport')"
)


def upgrade() -> None:
    op.add_column("target", sa.Column("hold_reason", sa.String(length=20)))
    op.add_column("target", sa.Column("hold_words", sa.Text()))
    op.add_column(
        "event",
        sa.Column("is_hard", sa.Boolean(), nullable=False, server_default=sa.text("false")),
    )
    for table in ("attempt", "history", "account"):
        op.add_column(table, sa.Column("reason", sa.String(length=20)))
    _name_holds()
    for table, column in (("attempt", "detail"), ("history", "detail"), ("account", "trouble")):
        _name_reasons(table, column)
    _run(
        "UPDATE attempt SET outcome = 'given_back', detail = NULL"
        " WHERE outcome = 'unreachable' AND detail = 'given back'"
    )
    _run("UPDATE history SET detail = NULL WHERE cause = 'not_taken' AND detail = 'given back'")
    _run("UPDATE event SET is_hard = true WHERE kind IN ('bounce', 'spamreport')")
    for kind, cause in _CAUSES.items():
        _run("UPDATE event SET kind = :cause WHERE kind = :kind", kind=kind, cause=cause)


def _name_holds() -> None:
    _run(
        "UPDATE target SET hold_reason = 'by-organiser' WHERE held_reason = :by_hand",
        by_hand=_BY_HAND,
    )
    # Named after the office had stopped already, a successor left the other side's words there.
    _run(
        "UPDATE target SET hold_reason = 'succeeded' WHERE hold_reason IS NULL"
        " AND held_reason LIKE '% has taken over'"
        " AND id IN (SELECT target_id FROM successor)"
    )
    _run(
        f"UPDATE target SET hold_reason = CASE WHEN {_COMPLAINED} THEN 'complained'"  # noqa: S608 - our own words
        " WHEN EXISTS (SELECT 1 FROM event JOIN letter ON letter.id = event.letter_id"
        " WHERE letter.target_id = target.id AND event.kind = 'bounce') THEN 'bounced'"
        " ELSE 'soft-failures' END, hold_words = held_reason"
        " WHERE hold_reason IS NULL AND held_reason IS NOT NULL"
    )


def _name_reasons(table: str, column: str) -> None:
    for words, reason in _REASONS.items():
        _run(
            f"UPDATE {table} SET reason = :reason, {column} = NULL WHERE {column} = :words",  # noqa: S608 - our own words
            reason=reason,
            words=words,
        )


def downgrade() -> None:
    op.execute("UPDATE target SET held_reason = COALESCE(hold_words, hold_reason)")
    for kind, cause in (
        ("processed", "taken"),
        ("deferred", "defer"),
        ("delivered", "deliver"),
        ("dropped", "drop"),
    ):
        _run("UPDATE event SET kind = :kind WHERE kind = :cause", kind=kind, cause=cause)
    for table in ("attempt", "history", "account"):
        op.drop_column(table, "reason")
    op.drop_column("event", "is_hard")
    op.drop_column("target", "hold_words")
    op.drop_column("target", "hold_reason")


def _run(statement: str, **values: str) -> None:
    op.execute(sa.text(statement).bindparams(**values))
