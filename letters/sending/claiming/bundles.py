"""Begin bundles: where not all letters can leave singly before a moment, the rest goes together.

A letter that a bundle takes is marked as one that goes with others; from then on it is a digest's
(:mod:`letters.sending.claiming.digests`). Whoever withdraws or changes it before it is claimed is
not in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select, update

from letters.books import locks
from letters.books.locks import Rank
from letters.campaign import Campaign, Identical
from letters.pacing.bundles import AHEAD, How, Share, last_begin, share
from letters.pacing.slots import stretches
from letters.states import State
from letters.storage.batch import given, integer_at, text_at
from letters.storage.schema import GOES_TOGETHER, NOT_ALONE, is_in, letter, target

_GO_TOGETHER: Final = (
    update(letter).where(letter.c.id.in_(select(text_at(0)))).values(goes_together=1)
)
_AT_ONCE: Final = (
    update(target).where(target.c.id.in_(select(integer_at(0)))).values(digest_after=None)
)


@dataclass(frozen=True, slots=True)
class Foresight:
    """What is known of a target whose letters may have to go together."""

    of: Campaign
    zone: str
    first: datetime
    """When the next mail may leave for it."""
    waiting: int
    gathered: int
    """Those of them that go together already."""
    digest_after: datetime | None
    how: How = How.EACH
    """Its office's own wish."""

    def shared(self) -> Share | None:
        """Return how its letters are shared before the campaign's moment; None: all go singly."""
        by = self.of.matters_at
        if by is None or self.first >= by:
            return None
        opened = stretches(self.of.pacing, self.zone, self.first)
        return share(opened, self.of.pacing.interval, self.first, self.waiting, by)

    def begins(self) -> bool:
        """Tell whether the bundle begins with the next mail."""
        had_one = self.digest_after is not None and self.digest_after > self.first
        if had_one or self.waiting <= self.gathered:
            return False
        found = self.shared()
        return found is not None and found.singly == 0

    def waits_until(self) -> datetime | None:
        """Return until when letters that nobody changed wait, so as to go with the bundle.

        An office gets one in a day: it has to be the last before the moment. None: they need not.
        """
        by = self.of.matters_at
        is_near = by is not None and by - self.how.every - AHEAD <= self.first < by - AHEAD
        gathers = self.of.identical is Identical.DIGEST or self.how is not How.EACH
        if by is None or not is_near or not gathers:
            return None
        found = self.shared() if self.how is How.EACH else None
        gathered = self.gathered if self.how is How.EACH else self.waiting
        if found is not None:
            begins = found.begins_at
        else:
            opened = stretches(self.of.pacing, self.zone, self.first)
            begins = last_begin(opened, self.of.pacing.interval, self.first, gathered, by)
        return begins if begins > self.first else None


def begin(connection: Connection, target_ids: Mapping[int, How]) -> dict[int, int]:
    """Let all letters that wait for targets go together; return how many do now, by target.

    The caller has the targets' locks. A letter that somebody else holds goes by itself. What an
    office wishes stands above what a letter's writer said.
    """
    each = [target_id for target_id, how in target_ids.items() if how is How.EACH]
    rows = connection.execute(
        select(letter.c.id, letter.c.target_id)
        .where(letter.c.target_id.in_(list(target_ids)), ~GOES_TOGETHER, is_in(State.QUEUED))
        .where(NOT_ALONE | letter.c.target_id.not_in(each))
        .order_by(letter.c.id)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    locks.note(connection, Rank.LETTER, [row.id for row in rows], waits=False)
    gathered = dict.fromkeys(target_ids, 0)
    for row in rows:
        gathered[row.target_id] += 1
    if rows:
        connection.execute(_GO_TOGETHER, given([row.id] for row in rows))
    if rows and each:
        connection.execute(_AT_ONCE, given([i] for i in each))
    return gathered
