"""Take an answer to a mail with many letters: it is one to everybody, for an organiser to release.

Whoever answers such a mail may mean one of its writers, and then the others are not to read it. So
nothing leaves before a person has looked. An automatic answer is nobody's word to anybody: it is
let be, as one letter's would be passed on to its one writer.
"""

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from letters.answers import office, take
from letters.answers.take import Door
from letters.answers.wording import relay_of
from letters.campaign import Replies
from letters.campaigns import store
from letters.mail.incoming import Incoming
from letters.mail.kinds import Kind, told
from letters.notices.links import Links
from letters.storage.schema import GOES_TOGETHER, campaign, letter, office_answer, target
from letters.tokens import Tokens

_log = logging.getLogger(__name__)


def mails_answered(door: Door, mail: Incoming) -> Sequence[str]:
    """Return the letters that carried the mails which a message answers; no look at the books."""
    return take.addressed(door, mail, Tokens.read_reply_to_all)


def take_for_all(
    connection: Connection,
    links: Links,
    carrier_ids: Sequence[str],
    mail: Incoming,
    now: datetime,
) -> int:
    """Keep an answer for the organisers of each campaign in such a mail; return how many are new.

    A second copy changes nothing.
    """
    if not carrier_ids:
        return 0
    if told(mail).kind is Kind.AUTOMATIC:
        _log.info("an automatic answer to a mail with many letters was let be")
        return 0
    return sum(_take(connection, links, i, mail, now) for i in sorted(carrier_ids))


def _take(
    connection: Connection, links: Links, carrier_id: str, mail: Incoming, now: datetime
) -> int:
    attempt = select(letter.c.attempt_id).where(letter.c.id == carrier_id).scalar_subquery()
    rows = connection.execute(
        select(letter.c.target_id, campaign.c.slug)
        .select_from(letter.join(target).join(campaign, campaign.c.id == target.c.campaign_id))
        .where((letter.c.id == carrier_id) | (GOES_TOGETHER & (letter.c.attempt_id == attempt)))
        .where(letter.c.kind == "letter")
        .distinct()
        .order_by(letter.c.target_id)
    ).all()
    return sum(_offer(connection, links, row.target_id, row.slug, mail, now) for row in rows)


def _offer(
    connection: Connection,
    links: Links,
    target_id: int,
    slug: str,
    mail: Incoming,
    now: datetime,
) -> bool:
    stored = store.find(connection, slug)
    found = next(t for t in stored.targets if t.id == target_id)
    if stored.campaign.replies is not Replies.THROUGH_US:
        return False
    language = stored.campaign.language
    relay = relay_of(mail, Kind.PERSON, found.target, language, goes_together=True)
    # Copies have one name, so that one is kept however often they come.
    name = hashlib.sha256(f"{target_id}/{take.digest_of(mail)}".encode()).hexdigest()[:32]
    is_sqlite = connection.dialect.name == "sqlite"
    into = sqlite.insert(office_answer) if is_sqlite else postgresql.insert(office_answer)
    added = connection.execute(
        into.values(
            id=name, target_id=target_id, campaign_id=stored.id, text=relay.text, came_at=now
        )
        .on_conflict_do_nothing(index_elements=[office_answer.c.id])
        .returning(office_answer.c.id)
    ).scalar()
    if added is not None:
        office.tell_of_offer(connection, links, stored, found, now)
    return added is not None
