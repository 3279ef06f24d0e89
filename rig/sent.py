"""Letters that SendGrid has taken, by the thousand, and what it says of them afterwards."""

from datetime import datetime, timedelta

from sqlalchemy import insert, select

from letters.books.counts import bump
from letters.campaigns import store
from letters.files.campaign_file import read_campaign
from letters.states import State
from letters.storage.database import Database
from letters.storage.identity import new_id
from letters.storage.schema import attempt, letter, target
from rig.campaigns import campaign_file
from sandbox.behaviour.events import webhook_body
from sandbox.mail.shapes import Json


def send(database: Database, slug: str, number: int, now: datetime) -> list[str]:
    """Store letters as they stand after SendGrid's 202; give the ids of their attempts."""
    claimed_at = now - timedelta(minutes=1)
    with database.write() as connection:
        campaign_id = store.load(connection, read_campaign(campaign_file(slug)), now)
        (to,) = store.find(connection, slug).targets
        office_id = connection.execute(
            select(target.c.office_id).where(target.c.id == to.id)
        ).scalar_one()
        ids = [(new_id(claimed_at), new_id(claimed_at)) for _ in range(number)]
        connection.execute(
            insert(letter),
            [
                {
                    "id": letter_id,
                    "kind": "letter",
                    "campaign_id": campaign_id,
                    "target_id": to.id,
                    "state": str(State.ACCEPTED),
                    "state_at": claimed_at,
                    "attempt_id": attempt_id,
                }
                for letter_id, attempt_id in ids
            ],
        )
        connection.execute(
            insert(attempt),
            [
                {
                    "id": attempt_id,
                    "letter_id": letter_id,
                    "claimed_at": claimed_at,
                    "office_id": office_id,
                }
                for letter_id, attempt_id in ids
            ],
        )
        bump(connection, {(to.id, State.ACCEPTED): number})
    return [attempt_id for _, attempt_id in ids]


def events(attempt_ids: list[str], now: datetime, event: str = "delivered") -> bytes:
    """Give a post that says one thing of each attempt, in SendGrid's own form."""
    said: list[Json] = [
        {
            "email": "minister@harbours.example",
            "timestamp": int(now.timestamp()),
            "smtp-id": f"<{attempt_id}@stand-in.example>",
            "event": event,
            "sg_event_id": f"{event}-{attempt_id}",
            "sg_message_id": f"{attempt_id}.stand-in.0",
            "response": "250 2.0.0 OK: taken",
            "category": ["trees", "letter"],
            "attempt_id": attempt_id,
        }
        for attempt_id in attempt_ids
    ]
    return webhook_body(said)
