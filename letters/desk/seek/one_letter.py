"""Read all that the books hold about one letter: its states, its requests, and SendGrid's news."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, or_, select

from letters.campaign import Target
from letters.campaigns import kept
from letters.desk.seek.finding import may_be_named
from letters.reasons import Reason
from letters.sending.outcomes import Answer
from letters.sending.settling import AGAIN_FROM
from letters.states import Cause, State
from letters.storage.schema import (
    attempt,
    campaign,
    event,
    history,
    letter,
    notice,
    submission,
    target,
    writing,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of its history."""

    at: datetime
    state: State
    cause: Cause | None
    """None: a word of an earlier version."""
    reason: Reason | None
    detail: str | None
    """The other side's own words, here and below."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request to SendGrid."""

    attempt_id: str
    began_at: datetime
    ended_at: datetime | None
    answer: Answer | None
    """None: it is under way, or its worker died."""
    reason: Reason | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class News:
    """What SendGrid told of it."""

    cause: Cause | None
    happened_at: datetime
    received_at: datetime
    detail: str | None


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail from us to its writer."""

    purpose: str
    state: State
    at: datetime
    """When it came into that state."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote it, as far as that is kept and may be told."""

    name: str
    email: str
    postcode: str
    opt_in_wording: str | None


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter."""

    id: str
    slug: str
    campaign_id: int
    submission_id: str
    target: Target
    state: State
    state_at: datetime
    attempt_id: str | None
    """The latest; None: none, or it begins anew."""
    submitted_at: datetime
    confirmed_at: datetime | None
    erased_at: datetime | None
    writer: Writer | None
    """None: erased, or whoever typed the address has not proved that it is theirs."""
    subject: str
    text: str
    """Empty, as `subject`: erased, or not to be told."""
    steps: tuple[Step, ...]
    requests: tuple[Request, ...]
    news: tuple[News, ...]
    mails: tuple[Mail, ...]

    @property
    def can_be_settled(self) -> bool:
        """Tell whether a person may say what became of it."""
        return self.state is State.UNKNOWN

    @property
    def can_go_again(self) -> bool:
        """Tell whether a person may queue it once more."""
        return self.state in AGAIN_FROM and self.erased_at is None

    def as_json(self) -> dict[str, object]:
        """Return the form that `postbag letter show --json` prints: no text and no writer."""
        return {
            "letter_id": self.id,
            "campaign": self.slug,
            "target": self.target.name,
            "target_email": self.target.email,
            "state": str(self.state),
            "state_at": self.state_at.isoformat(),
            "submitted_at": self.submitted_at.isoformat(),
            "confirmed_at": _iso(self.confirmed_at),
            "erased_at": _iso(self.erased_at),
            "states": [
                {
                    "state": str(step.state),
                    "cause": step.cause and str(step.cause),
                    "at": step.at.isoformat(),
                    "reason": step.reason and str(step.reason),
                    "detail": step.detail,
                }
                for step in self.steps
            ],
            "attempts": [
                {
                    "attempt_id": each.attempt_id,
                    "began_at": each.began_at.isoformat(),
                    "ended_at": _iso(each.ended_at),
                    "answer": each.answer and str(each.answer),
                    "reason": each.reason and str(each.reason),
                    "detail": each.detail,
                }
                for each in self.requests
            ],
            "events": [
                {
                    "kind": each.cause and str(each.cause),
                    "happened_at": each.happened_at.isoformat(),
                    "received_at": each.received_at.isoformat(),
                    "detail": each.detail,
                }
                for each in self.news
            ],
        }


class NoLetter(Exception):
    """There is no letter with this id, or none in this campaign."""


_HEAD: Final = (
    select(
        letter.c.id,
        letter.c.campaign_id,
        letter.c.submission_id,
        letter.c.state,
        letter.c.state_at,
        letter.c.attempt_id,
        target.c.definition.label("addressee"),
        campaign.c.slug,
        campaign.c.definition,
        submission.c.submitted_at,
        submission.c.confirmed_at,
        submission.c.erased_at,
        submission.c.name,
        submission.c.email,
        submission.c.postcode,
        submission.c.opt_in_wording,
        writing.c.subject,
        writing.c.body,
    )
    .select_from(
        letter.join(submission)
        .join(target, target.c.id == letter.c.target_id)
        .join(campaign, campaign.c.id == letter.c.campaign_id)
        .join(writing)
    )
    .where(letter.c.kind == "letter")
)


def read(connection: Connection, letter_id: str, campaign_id: int | None = None) -> Letter:
    """Return a letter, of one campaign if that is named; raise NoLetter."""
    wanted = _HEAD.where(letter.c.id == letter_id)
    if campaign_id is not None:
        wanted = wanted.where(letter.c.campaign_id == campaign_id)
    row = connection.execute(wanted).first()
    if row is None:
        raise NoLetter
    about, state = kept.campaign_of(row.definition), State(row.state)
    is_kept = row.erased_at is None
    is_told = is_kept and may_be_named(about, state, is_confirmed=row.confirmed_at is not None)
    requests = _requests(connection, letter_id, row.attempt_id)
    return Letter(
        row.id,
        row.slug,
        row.campaign_id,
        row.submission_id,
        kept.target_of(row.addressee),
        state,
        row.state_at,
        row.attempt_id,
        row.submitted_at,
        row.confirmed_at,
        row.erased_at,
        Writer(row.name or "", row.email or "", row.postcode or "", row.opt_in_wording)
        if is_told
        else None,
        (row.subject or "") if is_told else "",
        (row.body or "") if is_told else "",
        _steps(connection, letter_id),
        tuple(_request(each) for each in requests),
        _news(connection, letter_id, requests),
        _mails(connection, row.submission_id),
    )


def _steps(connection: Connection, letter_id: str) -> tuple[Step, ...]:
    rows = connection.execute(
        select(history).where(history.c.letter_id == letter_id).order_by(history.c.id)
    )
    return tuple(
        Step(row.at, State(row.state), _cause(row.cause), _reason(row.reason), row.detail)
        for row in rows
    )


def _requests(
    connection: Connection, letter_id: str, latest: str | None
) -> list[Row[*tuple[Any, ...]]]:
    """Return its attempts, with that of a digest which it left in."""
    wanted = or_(attempt.c.letter_id == letter_id, attempt.c.id == (latest or ""))
    return list(connection.execute(select(attempt).where(wanted).order_by(attempt.c.claimed_at)))


def _request(row: Row[*tuple[Any, ...]]) -> Request:
    answer = None if row.outcome is None else Answer(row.outcome)
    return Request(row.id, row.claimed_at, row.ended_at, answer, _reason(row.reason), row.detail)


def _news(
    connection: Connection, letter_id: str, requests: list[Row[*tuple[Any, ...]]]
) -> tuple[News, ...]:
    # Of a digest SendGrid tells once, with the id of one of its letters.
    named = {letter_id, *(row.letter_id for row in requests)}
    own = {row.id for row in requests}
    rows = connection.execute(
        select(event).where(event.c.letter_id.in_(named)).order_by(event.c.happened_at, event.c.id)
    )
    return tuple(
        News(_cause(row.cause), row.happened_at, row.received_at, row.detail)
        for row in rows
        if row.letter_id == letter_id or row.attempt_id in own
    )


def _mails(connection: Connection, submission_id: str) -> tuple[Mail, ...]:
    rows = connection.execute(
        select(notice.c.purpose, letter.c.state, letter.c.state_at)
        .select_from(letter.join(notice))
        .where(letter.c.submission_id == submission_id, letter.c.kind == "notice")
        .order_by(letter.c.id)
    )
    return tuple(Mail(row.purpose, State(row.state), row.state_at) for row in rows)


def _cause(kept: str) -> Cause | None:
    return Cause(kept) if kept in list(Cause) else None


def _reason(kept: str | None) -> Reason | None:
    return Reason(kept) if kept in list(Reason) else None


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
