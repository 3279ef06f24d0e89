"""Gather a mail of letters that go together: a digest, or a bundle with what goes along with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from sqlalchemy import Connection

from letters.campaigns.kept import target_of
from letters.sending.claiming import digests
from letters.sending.claiming.digests import Digest
from letters.sending.claiming.neighbours import Seat
from letters.sending.claiming.turns import Due
from letters.text import bundle
from letters.text.bundle import Room


@dataclass(frozen=True, slots=True)
class Mail:
    """Letters that go to one office in one request."""

    ids: Sequence[str]
    digest: Digest
    numbers: Mapping[int, int]
    """How many of them there are, by target."""
    interval: timedelta
    """The longest of their campaigns' intervals."""


def mail(connection: Connection, due: Due, along: Sequence[Seat], now: datetime) -> Mail | None:
    """Lock what goes together to a target, and along with it, and write the mail of it.

    None: other transactions have all of the target's own.
    """
    room = Room()
    every = due.how.every
    to = target_of(due.definition)
    own = digests.gather(connection, due.campaign, to, due.id, now, every, room)
    if own is None:
        return None
    ids, written = own
    numbers, parts, joined = {due.id: len(ids)}, [written], list[Seat]()
    for seat in along:
        room.begins_another()
        to = target_of(seat.definition)
        more = digests.gather(connection, seat.campaign, to, seat.id, now, every, room)
        if more is not None:
            ids = [*ids, *more[0]]
            numbers[seat.id] = len(more[0])
            parts.append(more[1])
            joined.append(seat)
    if joined:
        titles = [due.campaign.title, *(seat.campaign.title for seat in joined)]
        written = Digest(
            ", ".join(dict.fromkeys(titles))[:100],
            bundle.subject_of_several(due.campaign, len(ids), len(titles)),
            bundle.text_of_several([part.text for part in parts]),
            tuple(seat.slug for seat in joined),
            writers=tuple(chain.from_iterable(part.writers for part in parts)),
            to_all=tuple(chain.from_iterable(part.to_all for part in parts)),
            is_ours=any(seat.organisation_id != due.organisation_id for seat in joined),
        )
    longest = max(of.pacing.interval for of in (due.campaign, *(s.campaign for s in joined)))
    return Mail(ids, written, numbers, longest)
