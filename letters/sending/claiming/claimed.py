"""A claimed letter, with all that its request needs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, case, select

from letters.mail.kinds import Kind
from letters.sending.claiming.digests import Digest
from letters.storage.batch import fetch, given, text_at
from letters.storage.schema import (
    answer,
    campaign,
    letter,
    organisation,
    submission,
    target,
    writing,
)

LEAD: Final = timedelta(seconds=2)
"""A claimed letter's request leaves within this time, or the claim is given back."""
_OURS: Final = "Postbag"
"""What a notice comes from that is about no campaign."""
_READ: Final = (
    select(
        letter.c.id,
        campaign.c.slug,
        campaign.c.title,
        submission.c.name,
        submission.c.email,
        writing.c.to_name,
        writing.c.to_email,
        writing.c.subject,
        writing.c.body,
        case((letter.c.mailing_id.is_not(None), letter.c.submission_id)),
        answer.c.kind,
        organisation.c.name,
        organisation.c.mail_from,
        target.c.definition["name"].as_string(),
        target.c.email,
    )
    .select_from(
        letter.join(writing)
        .outerjoin(campaign, campaign.c.id == letter.c.campaign_id)
        .outerjoin(organisation, organisation.c.id == campaign.c.organisation_id)
        .outerjoin(submission, submission.c.id == letter.c.submission_id)
        .outerjoin(answer, answer.c.relay_id == letter.c.id)
        .outerjoin(target, target.c.id == answer.c.target_id)
    )
    .where(letter.c.id.in_(select(text_at(0))))
)


@dataclass(frozen=True)  # no slots: without them it goes from process to process in half the time
class Claim:
    """One letter, won by one worker, with all that its request needs."""

    letter_id: str
    attempt_id: str
    is_notice: bool
    category: str
    """The campaign's slug; empty for a notice that belongs to none."""
    to_name: str
    to_email: str
    from_name: str
    reply_to: tuple[str, str] | None
    """Name and address; None for a notice."""
    subject: str
    body: str
    leave_at: datetime
    leave_by: datetime
    slot: "Slot | None"
    is_probe: bool
    """It was let through a gate that is half open."""
    answers_through_us: bool = False
    """Answers go to an address of the letter's own, if there is a domain for them."""
    answer: Kind | None = None
    """Of a notice that passes an answer on, who wrote it."""
    organisation: str = ""
    """The name of whose campaign it is; empty where it is nobody's."""
    mail_from: str = ""
    """Its sending address; empty: the installation's."""
    updates_to: str | None = None
    """Of an update, the submission whose writer can end them."""
    together: Digest | None = None
    """Of letters that go together, whose they are and how they are answered; without the text."""

    @property
    def along(self) -> tuple[str, ...]:
        """Return the slugs of other campaigns that it has letters of."""
        return self.together.slugs if self.together else ()


@dataclass(frozen=True, slots=True)
class Slot:
    """What a claim moved an office's next slot to, so that the true time can take its place."""

    office_id: int
    reserved_until: datetime
    interval: timedelta


@dataclass(frozen=True, slots=True)
class Won:
    """A letter that was won, before what it says is read."""

    letter_id: str
    attempt_id: str
    leave_at: datetime
    slot: Slot | None
    to: tuple[str, str] | None
    """The target's name and address; None for a notice."""
    office_id: int | None = None
    digest: Digest | None = None
    answers_through_us: bool = False
    with_it: tuple[str, ...] = ()
    """The other letters of a digest: this one carries them."""


def read(connection: Connection, won: Sequence[Won], *, is_probe: bool) -> list[Claim]:
    """Return what the requests of won letters need."""
    if not won:
        return []
    rows = fetch(connection, _READ, given([w.letter_id] for w in won))
    by_id = {row[0]: row[1:] for row in rows}
    claims: list[Claim] = []
    for w in won:
        slug, title, name, email, to_name, to_email, subject, body, of, kind, *rest = by_id[
            w.letter_id
        ]
        whose, mail_from, *office = rest
        is_ours = w.digest is not None and w.digest.is_ours
        claims.append(
            Claim(
                letter_id=w.letter_id,
                attempt_id=w.attempt_id,
                is_notice=w.to is None,
                category=slug or "",
                to_name=w.to[0] if w.to else to_name or "",
                to_email=w.to[1] if w.to else to_email,
                from_name=office[0] if kind else _sender(w, name, whose or title),
                reply_to=_answers_to(w, (name, email), (office[0], office[1]) if kind else None),
                subject=w.digest.subject if w.digest else subject,
                body=w.digest.text if w.digest else body,
                leave_at=w.leave_at,
                leave_by=w.leave_at + LEAD,
                slot=w.slot,
                is_probe=is_probe,
                answers_through_us=w.answers_through_us,
                answer=Kind(kind) if kind else None,
                organisation="" if is_ours else whose or "",
                mail_from="" if is_ours else mail_from or "",
                updates_to=None if kind else of,
                together=replace(w.digest, text="") if w.digest else None,
            )
        )
    return claims


def _answers_to(
    won: Won, writer: tuple[str, str], office: tuple[str, str] | None
) -> tuple[str, str] | None:
    """Return who is answered: a letter's writer, the office whose answer it is, or nobody."""
    if office is not None:
        return office
    return writer if won.to and not won.digest else None


def _sender(won: Won, name: str | None, whose: str | None) -> str:
    """Return the name that a letter comes from: its writer's, or that of whose mail it is."""
    if won.to is None:
        return whose or _OURS
    return won.digest.sender if won.digest else name or ""
