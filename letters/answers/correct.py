"""Take a person's word on who wrote an answer."""

from datetime import datetime

from sqlalchemy import Connection, update

from letters.mail.kinds import Kind, Sign
from letters.record import Actor, Deed, record
from letters.storage.schema import answer
from letters.webhooks import outbox


class UnknownAnswer(Exception):
    """The campaign has no such answer."""


def put_right(
    connection: Connection, campaign_id: int, answer_id: str, kind: Kind, now: datetime, by: Actor
) -> None:
    """Count an answer as a person's, or as automatic; raise UnknownAnswer.

    What was passed on stays as it is.
    """
    row = connection.execute(
        update(answer)
        .where(answer.c.id == answer_id, answer.c.campaign_id == campaign_id)
        .values(kind=str(kind), told_by=str(Sign.BY_HAND))
        .returning(answer.c.letter_id)
    ).first()
    if row is None:
        raise UnknownAnswer(answer_id)
    if kind is Kind.PERSON:
        outbox.tell_answered(connection, campaign_id, row.letter_id, now)
    detail = f"{row.letter_id}: {kind}"
    record(connection, Deed.ANSWER, now, by=by, campaign_id=campaign_id, detail=detail)
