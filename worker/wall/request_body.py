"""The body of the request for one letter, as SendGrid's v3 mail send takes it."""

from dataclasses import replace
from email.header import Header
from functools import lru_cache
from typing import Any

from sendgrid.helpers.mail import (
    Category,
    ClickTracking,
    From,
    Mail,
    MimeType,
    OpenTracking,
    Personalization,
    ReplyTo,
    SubscriptionTracking,
    To,
    TrackingSettings,
)

from letters.mail.kinds import Kind
from letters.sending.claiming.claimed import Claim
from letters.text import bundle
from letters.text.display_name import display_name, reply_name
from letters.tokens import Tokens

_MOST_CATEGORIES = 10
"""SendGrid takes no more of one message."""


def request_body(
    claim: Claim, mail_from: str, answers_to: str | None = None, no_more: str | None = None
) -> dict[str, Any]:
    """Return the body of the request for one letter, with `answers_to` as address for answers.

    It comes from `mail_from`, unless its organisation has an address of its own.
    `no_more` is the link that ends updates: a mail program offers it as a button (RFC 8058).

    It is what SendGrid's library builds, but for one thing: a text that begins like an API key is
    sent as it was written. Raises what the library raises for an address that it cannot read.
    """
    slugs = tuple(filter(None, (claim.category, *claim.along)))
    frame = _frame(slugs, claim.to_name, claim.to_email, _sort(claim))
    custom_args = {
        "notice_id" if claim.is_notice else "letter_id": claim.letter_id,
        "attempt_id": claim.attempt_id,
    }
    body = {
        **frame,
        "from": From(claim.mail_from or mail_from, display_name(claim.from_name) or None).get(),
        "subject": claim.subject,
        "content": [{"type": MimeType.text, "value": claim.body}],
        "personalizations": [{**frame["personalizations"][0], "custom_args": custom_args}],
    }
    if claim.reply_to is not None:
        name, address = claim.reply_to
        body["reply_to"] = ReplyTo(answers_to or address, reply_name(name) or None).get()
    if _is_by_a_machine(claim):
        body["headers"] = {"Auto-Submitted": "auto-generated"}  # RFC 3834: let nobody answer it
    elif claim.answer is None and claim.category:
        body["headers"] = _headers(claim)
    if no_more is not None:
        body["headers"] |= {
            "List-Unsubscribe": f"<{no_more}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    return body


def answered(claim: Claim, tokens: Tokens, domain: str) -> Claim:
    """Return letters that go together, with the addresses at which they are answered.

    Without a `domain` for answers, these are their writers' own.
    """
    if claim.together is None or not claim.together.to_all:
        return claim
    marks = {
        bundle.own_address(i): f"{tokens.reply(i)}@{domain}" if domain else email
        for i, email in claim.together.writers
    }
    marks |= {mark: sentence if domain else "" for mark, sentence in claim.together.to_all}
    to_all = f"{tokens.reply_to_all(claim.letter_id)}@{domain}"
    return replace(
        claim,
        body=bundle.filled_in(claim.body, marks),
        reply_to=(claim.from_name, to_all) if domain else None,
    )


def _headers(claim: Claim) -> dict[str, str]:
    """Return what an office sorts its mail by."""
    headers = {"X-Campaign": ", ".join((claim.category, *claim.along))}
    if claim.organisation:
        headers["X-Campaign-Organisation"] = _encoded(claim.organisation)
    return headers


def _encoded(words: str) -> str:
    """Return words as a header can hold them: SendGrid leaves that to its callers (RFC 2047)."""
    return words if words.isascii() else Header(words, "utf-8").encode(linesep="")


def _is_by_a_machine(claim: Claim) -> bool:
    """Tell whether no person wrote it: it is from us, or an automatic answer that we pass on."""
    return claim.is_notice if claim.answer is None else claim.answer is Kind.AUTOMATIC


def _sort(claim: Claim) -> str:
    if claim.answer is not None:
        return "answer"
    return "notice" if claim.is_notice else "letter"


@lru_cache(maxsize=1024)
def _frame(slugs: tuple[str, ...], to_name: str, to_email: str, sort: str) -> dict[str, Any]:
    """Return what is alike in all letters of one campaign to one target; nobody may change it.

    To have the library build everything for each letter would double what a request costs.
    """
    mail = Mail()
    to = Personalization()
    # The helper reads "Smith, John <...>" as two people, and SendGrid refuses both marks.
    name = to_name.replace(",", " ").replace(";", " ")
    to.add_to(To(to_email, name or None))
    mail.add_personalization(to)
    for word in (*slugs[: _MOST_CATEGORIES - 1], sort):
        mail.add_category(Category(word))
    tracking = TrackingSettings()
    tracking.click_tracking = ClickTracking(enable=False, enable_text=False)
    tracking.open_tracking = OpenTracking(enable=False)
    tracking.subscription_tracking = SubscriptionTracking(enable=False)
    mail.tracking_settings = tracking
    frame: dict[str, Any] = mail.get()
    return frame
