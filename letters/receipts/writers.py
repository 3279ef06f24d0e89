"""Help one person, by their address, over all campaigns: show what is kept, mail links, erase.

Whoever runs the machine, or an organiser for the campaigns that they may see, does it for somebody
who lost their mail. That it was done is in the record, and not for whom.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, select

from letters.notices.links import Links
from letters.notices.post import Purpose
from letters.receipts import erasure, links_again, receipt, repeats
from letters.receipts.receipt import Receipt
from letters.record import Actor, Deed, record
from letters.states import State
from letters.storage.schema import campaign, letter, notice, submission
from letters.text.addresses import address_in, canonical


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail of ours to a writer. What it said is theirs: it holds links that open doors."""

    id: str
    purpose: str
    state: State
    state_at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is kept of one submission."""

    receipt: Receipt
    repeats: tuple[repeats.Repeat, ...]
    reason: str | None
    """Why it matters to them, as they typed it."""
    points: tuple[str, ...]
    """The keys of the points that they kept."""
    personal_share: float
    opt_in_ended_at: datetime | None
    """When they last took their consent back."""
    mails: tuple[Mail, ...]

    def as_json(self) -> dict[str, object]:
        """Return the form that `postbag writer show --json` prints."""
        return _as_json(self)


def of_address(
    connection: Connection,
    email: str,
    now: datetime,
    *,
    by: Actor,
    within: Collection[int] | None = None,
) -> list[Kept]:
    """Return all that is kept of a writer, a submission each.

    `within` limits it to campaigns by their ids. That somebody looked is in the record.
    """
    found = _submissions(connection, email, within)
    record(connection, Deed.WRITER_SHOWN, now, by=by, detail=f"{len(found)}")
    return [_kept(connection, submission_id, now) for submission_id in found]


def _kept(connection: Connection, submission_id: str, now: datetime) -> Kept:
    row = connection.execute(
        select(
            submission.c.reason,
            submission.c.points,
            submission.c.personal_share,
            submission.c.opt_in_ended_at,
        ).where(submission.c.id == submission_id)
    ).one()
    mails = connection.execute(
        select(letter.c.id, notice.c.purpose, letter.c.state, letter.c.state_at)
        .select_from(letter.join(notice))
        .where(letter.c.submission_id == submission_id)
        .order_by(letter.c.id)
    ).all()
    return Kept(
        receipt.read(connection, submission_id, now),
        tuple(repeats.of_submission(connection, submission_id)),
        row.reason,
        tuple(row.points),
        row.personal_share,
        row.opt_in_ended_at,
        tuple(Mail(each.id, each.purpose, State(each.state), each.state_at) for each in mails),
    )


def mail_links(
    connection: Connection,
    links: Links,
    email: str,
    now: datetime,
    *,
    by: Actor,
    within: Collection[int] | None = None,
) -> int:
    """Mail a writer the links to what they handed in; return how many links that are."""
    number = post_links(connection, links, email, now, Purpose.LINK, within=within)
    record(connection, Deed.WRITER_LINKED, now, by=by, detail=f"{number}")
    return number


def post_links(
    connection: Connection,
    links: Links,
    email: str,
    now: datetime,
    purpose: Purpose,
    *,
    within: Collection[int] | None = None,
) -> int:
    """Queue mails with the links to what a writer handed in; return how many links."""
    return links_again.post_links(connection, links, _theirs(email, within), now, purpose)


def erase(
    connection: Connection,
    email: str,
    now: datetime,
    *,
    by: Actor,
    within: Collection[int] | None = None,
) -> int:
    """Erase a writer; return how many submissions they had. Raises erasure.StillLeaving."""
    found = _submissions(connection, email, within)
    if found:
        erasure.erase_all(connection, found, now)
    record(connection, Deed.WRITER_ERASED, now, by=by, detail=f"{len(found)}")
    return len(found)


def address_of(connection: Connection, submission_id: str) -> str | None:
    """Return the address that a submission came with; None: it has been erased."""
    wanted = select(submission.c.email).where(submission.c.id == submission_id)
    return connection.execute(wanted).scalar()


def _submissions(connection: Connection, email: str, within: Collection[int] | None) -> list[str]:
    wanted = select(submission.c.id).where(_theirs(email, within))
    return list(connection.execute(wanted.order_by(submission.c.id)).scalars())


def _theirs(email: str, within: Collection[int] | None) -> ColumnElement[bool]:
    return and_(
        # All of them, named so that the index serves: it begins with the campaign.
        submission.c.campaign_id.in_(select(campaign.c.id) if within is None else within),
        submission.c.address == canonical(address_in(email) or email.strip()),
        submission.c.erased_at.is_(None),
    )


def _as_json(kept: Kept) -> dict[str, object]:
    read = kept.receipt
    return {
        "submission_id": read.submission_id,
        "campaign": read.campaign_slug,
        "submitted_at": read.submitted_at.isoformat(),
        "confirmed_at": _iso(read.confirmed_at),
        "name": read.name,
        "email": read.email,
        "postcode": read.postcode or None,
        "reason": kept.reason,
        "points": list(kept.points),
        "personal_share": kept.personal_share,
        "source": read.source or None,
        "opt_in_wording": read.opt_in_wording,
        "opt_in_at": _iso(read.opt_in_at),
        "opt_in_ended_at": _iso(kept.opt_in_ended_at),
        "letters": [
            {
                "letter_id": letter.id,
                "target": letter.target.name,
                "target_email": letter.target.email,
                "subject": letter.subject,
                "text": letter.text,
                "state": str(letter.state),
                "state_at": letter.state_at.isoformat(),
                "answered_at": _iso(letter.answered_at),
                "history": [
                    {
                        "at": step.at.isoformat(),
                        "state": str(step.state),
                        "cause": step.cause,
                        "detail": step.detail,
                    }
                    for step in letter.history
                ],
            }
            for letter in read.letters
        ],
        "repeats": [
            {
                "received_at": each.received_at.isoformat(),
                "name": each.name,
                "email": each.email,
                "postcode": each.postcode,
                "opt_in_wording": each.opt_in_wording,
                "letters": [
                    {"subject": draft.subject, "text": draft.text} for draft in each.letters
                ],
            }
            for each in kept.repeats
        ],
        "mails": [
            {
                "notice_id": mail.id,
                "purpose": mail.purpose,
                "state": str(mail.state),
                "state_at": mail.state_at.isoformat(),
            }
            for mail in kept.mails
        ],
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
