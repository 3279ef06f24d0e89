"""Mail somebody the links to what was written with their address: one mail for each organisation.

It is about the organisation's own campaigns alone. Where there is none, a mail about one campaign
comes in that campaign's name, and one about several in nobody's.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Row, select

from letters.campaign import Campaign
from letters.campaigns import store
from letters.notices.foot import foot, foot_of_all
from letters.notices.links import Links
from letters.notices.notice import Notice
from letters.notices.post import Purpose, post
from letters.notices.reminders import notice_again
from letters.notices.to_writers import Leading, links_again
from letters.states import State
from letters.storage.schema import campaign, letter, repeat, submission, target

MOST: Final = 20
"""Links in one mail, the newest."""


def post_links(
    connection: Connection,
    links: Links,
    theirs: ColumnElement[bool],
    now: datetime,
    purpose: Purpose,
) -> int:
    """Queue mails with the links to those submissions of one writer; return how many links."""
    rows = connection.execute(
        select(
            submission.c.id,
            submission.c.campaign_id,
            submission.c.email,
            submission.c.submitted_at,
            campaign.c.slug,
            campaign.c.title,
            campaign.c.organisation_id,
        )
        .select_from(submission.join(campaign))
        .where(theirs)
        .order_by(submission.c.id.desc())
    ).all()
    by_sender: dict[int | None, list[Row[*tuple[Any, ...]]]] = {}
    for row in rows:
        by_sender.setdefault(row.organisation_id, []).append(row)
    for whose, found in by_sender.items():
        newest = found[0]
        is_nobodys = whose is None and len({row.campaign_id for row in found}) > 1
        post(
            connection,
            links.tokens,
            _notice(connection, links, found, is_nobodys=is_nobodys),
            purpose,
            newest.email,
            now,
            None if is_nobodys else newest.campaign_id,
            newest.id,
        )
    return sum(min(len(found), MOST) for found in by_sender.values())


def _notice(
    connection: Connection,
    links: Links,
    found: Sequence[Row[*tuple[Any, ...]]],
    *,
    is_nobodys: bool,
) -> Notice:
    newest = store.find(connection, found[0].slug)
    if len(found) == 1:
        return notice_again(connection, links, newest, found[0].id)
    shown = found[:MOST]
    of_each = {row.campaign_id: row for row in shown}
    below = foot_of_all(newest.campaign, links) if is_nobodys else foot(newest, links)
    return links_again(
        newest.campaign,
        _leading(connection, links, newest.campaign, shown),
        [(row.title, links.not_me(row.id)) for row in of_each.values()],
        are_all=len(shown) == len(found),
        foot=below,
    )


def _leading(
    connection: Connection,
    links: Links,
    newest: Campaign,
    shown: Sequence[Row[*tuple[Any, ...]]],
) -> list[Leading]:
    ids = [row.id for row in shown]
    targets: dict[str, list[str]] = {i: [] for i in ids}
    waiting: set[str] = set()
    letters = connection.execute(
        select(letter.c.submission_id, letter.c.state, target.c.definition["name"].as_string())
        .select_from(letter.join(target))
        .where(letter.c.submission_id.in_(ids))
        .order_by(letter.c.id)
    )
    for submission_id, state, name in letters:
        targets[submission_id].append(name)
        if state == State.UNCONFIRMED:
            waiting.add(submission_id)
    again = connection.execute(
        select(repeat.c.submission_id).where(repeat.c.submission_id.in_(ids))
    )
    repeated = set(again.scalars())
    zone = ZoneInfo(newest.timezone)
    return [
        Leading(
            links.first(row.id, must_confirm=row.id in waiting),
            row.title,
            targets[row.id],
            row.submitted_at.astimezone(zone).date(),
            waits=row.id in waiting,
            has_repeat=row.id in repeated,
        )
        for row in shown
    ]
