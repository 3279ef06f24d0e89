"""What goes to SendGrid for a claim, and what each of its answers means. Pure."""

import json
import re
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sendgrid.helpers.mail import (
    Category,
    ClickTracking,
    Content,
    CustomArg,
    From,
    Header,
    Mail,
    MimeType,
    OpenTracking,
    Personalization,
    ReplyTo,
    Subject,
    SubscriptionTracking,
    To,
    TrackingSettings,
)

from letters.sending.claiming.claimed import LEAD, Claim
from letters.sending.outcomes import Answer, Outcome
from letters.text.display_name import display_name, reply_name
from worker.wall.request_body import request_body
from worker.wall.sendgrid import read_answer, wait_seconds

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
LEFT_AT = NOW - timedelta(milliseconds=120)
SHORTEST, UNTOLD, LONGEST = 1.0, 30.0, 3600.0


def answer(status: int, body: bytes = b"", **headers: str) -> Outcome:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_answer(status, named, body, LEFT_AT, NOW)


def http_date(when: datetime) -> str:
    return when.strftime("%a, %d %b %Y %H:%M:%S GMT")


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (202, Answer.TAKEN),
        (200, Answer.UNKNOWN),
        (201, Answer.UNKNOWN),
        (204, Answer.UNKNOWN),
        (301, Answer.UNKNOWN),
        (302, Answer.UNKNOWN),
        (307, Answer.UNKNOWN),
        (400, Answer.REFUSED),
        (401, Answer.KEY_REFUSED),
        (403, Answer.KEY_REFUSED),
        (404, Answer.REFUSED),
        (413, Answer.REFUSED),
        (429, Answer.SLOW_DOWN),
        (499, Answer.REFUSED),
        (500, Answer.UNKNOWN),
        (502, Answer.UNKNOWN),
        (503, Answer.UNKNOWN),
        (504, Answer.UNKNOWN),
        (599, Answer.UNKNOWN),
    ],
)
def test_a_status_means_one_thing(status: int, meaning: Answer) -> None:
    outcome = answer(status)
    assert outcome.answer is meaning
    assert outcome.left_at == LEFT_AT


@given(st.integers(200, 999), st.binary(max_size=80))
def test_every_answer_means_something_whatever_its_body(status: int, body: bytes) -> None:
    outcome = answer(status, body)
    assert (outcome.answer is Answer.TAKEN) == (status == 202)
    assert outcome.answer is not Answer.UNREACHABLE
    assert len(outcome.detail or "") <= 510


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "400: "),
        (b'{"errors": [{"message": "Bad subject"}]}', "400: Bad subject"),
        (
            b'{"errors": [{"message": "Bad subject", "field": "subject"}, {"message": "No to"}]}',
            "400: Bad subject; No to",
        ),
        (b'{"errors": []}', "400: "),
        (b'{"errors": null}', '400: {"errors": null}'),
        (b'{"errors": ["words alone"]}', '400: {"errors": ["words alone"]}'),
        (b"[1, 2]", "400: [1, 2]"),
        (b"7", "400: 7"),
        (b"<html>\n  Bad\tgateway\r\n</html>", "400: <html> Bad gateway </html>"),
        (b"\xff\xfe", "400: \ufffd\ufffd"),
        (b"no\x00thing", "400: no\ufffdthing"),  # PostgreSQL keeps no NUL
        (b'{"errors": [{"message": "half \\ud83d"}]}', "400: half ?"),
        (b"x" * 9_000, "400: " + "x" * 500),
    ],
)
def test_what_it_says_is_kept_in_its_own_words(body: bytes, words: str) -> None:
    assert answer(400, body).detail == words


def test_what_is_nested_without_end_is_kept_as_it_stands() -> None:
    assert answer(500, b"[" * 60_000).detail == "500: " + "[" * 500


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("1", 1.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0.5", SHORTEST),
        ("12.5", 12.5),
        ("0", SHORTEST),
        ("-5", SHORTEST),
        ("3600", LONGEST),
        ("86400", LONGEST),
        ("999999999", LONGEST),
        ("1e300", LONGEST),
        (str(int(NOW.timestamp()) + 90), 90.0),
        (str(int(NOW.timestamp()) - 90), SHORTEST),
        (str(int(NOW.timestamp()) + 90_000), LONGEST),
        (http_date(NOW + timedelta(seconds=45)), 45.0),
        (http_date(NOW - timedelta(days=1)), SHORTEST),
        (http_date(NOW + timedelta(days=1)), LONGEST),
        ("", UNTOLD),
        ("   ", UNTOLD),
        ("soon", UNTOLD),
        ("nan", UNTOLD),
        ("inf", UNTOLD),
        ("-inf", UNTOLD),
        ("1e999", UNTOLD),
        ("Sat, 32 Mar 2026 09:26:53 GMT", UNTOLD),
    ],
)
@pytest.mark.parametrize("name", ["Retry-After", "X-RateLimit-Reset"])
def test_a_wait_is_read_in_every_form(name: str, header: str, seconds: float) -> None:
    assert wait_seconds({name: header}, NOW) == pytest.approx(seconds)


def test_retry_after_counts_before_the_reset_and_garbage_does_not_count() -> None:
    assert wait_seconds({"Retry-After": "3", "X-RateLimit-Reset": "9"}, NOW) == 3.0
    assert wait_seconds({"Retry-After": "soon", "X-RateLimit-Reset": "9"}, NOW) == 9.0
    assert wait_seconds({}, NOW) == UNTOLD


@given(st.text(max_size=40))
def test_no_header_makes_us_wait_for_ever_or_not_at_all(text: str) -> None:
    assert SHORTEST <= wait_seconds({"Retry-After": text}, NOW) <= LONGEST


def test_only_a_429_asks_for_a_wait() -> None:
    assert answer(429, Retry_After="4").wait_seconds == 4.0
    assert answer(503, Retry_After="4").wait_seconds == 0.0


def claim(**changes: Any) -> Claim:  # noqa: ANN401 - its fields are of many kinds
    values: dict[str, Any] = {
        "letter_id": "1" * 32,
        "attempt_id": "2" * 32,
        "is_notice": False,
        "category": "trees",
        "to_name": "The Minister",
        "to_email": "minister@harbours.example",
        "from_name": "Ana Reed",
        "reply_to": ("Ana Reed", "ana@readers.example"),
        "subject": "Keep the trees",
        "body": "Dear Minister,\n\nPlease.",
        "leave_at": NOW,
        "leave_by": NOW + LEAD,
        "slot": None,
        "is_probe": False,
    }
    return Claim(**{**values, **changes})


def body_of(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - its fields are of many kinds
    """Give the body as it travels."""
    body: dict[str, Any] = json.loads(
        json.dumps(request_body(claim(**changes), "post@postbag.example"))
    )
    return body


def test_answers_go_to_the_writer_or_to_an_address_of_the_letters_own() -> None:
    assert body_of()["reply_to"] == {"email": "ana@readers.example", "name": "Ana Reed"}
    through_us = request_body(claim(), "post@postbag.example", "abc@replies.example")
    assert through_us["reply_to"] == {"email": "abc@replies.example", "name": "Ana Reed"}
    assert "ana@readers.example" not in json.dumps(through_us)


def test_a_letter_has_all_that_the_account_of_it_needs() -> None:
    body = body_of()
    body["categories"].sort()
    off = {"enable": False}
    assert body == {
        "from": {"email": "post@postbag.example", "name": "Ana Reed"},
        "reply_to": {"email": "ana@readers.example", "name": "Ana Reed"},
        "subject": "Keep the trees",
        "content": [{"type": "text/plain", "value": "Dear Minister,\n\nPlease."}],
        "personalizations": [
            {
                "to": [{"email": "minister@harbours.example", "name": "The Minister"}],
                "custom_args": {"letter_id": "1" * 32, "attempt_id": "2" * 32},
            }
        ],
        "categories": ["letter", "trees"],
        "headers": {"X-Campaign": "trees"},
        "tracking_settings": {
            "click_tracking": {**off, "enable_text": False},
            "open_tracking": off,
            "subscription_tracking": off,
        },
    }


def test_a_notice_goes_from_us_and_is_no_letter() -> None:
    body = body_of(is_notice=True, category="", to_name="", from_name="", reply_to=None)
    assert body["from"] == {"email": "post@postbag.example"}
    assert "reply_to" not in body
    (person,) = body["personalizations"]
    assert person["to"] == [{"email": "minister@harbours.example"}]
    assert person["custom_args"] == {"notice_id": "1" * 32, "attempt_id": "2" * 32}
    assert body["categories"] == ["notice"]
    assert set(body_of(is_notice=True)["categories"]) == {"trees", "notice"}
    assert body["headers"] == {"Auto-Submitted": "auto-generated"}  # no responder is to answer it


def test_a_letter_is_a_persons_and_says_nothing_of_machines() -> None:
    assert body_of()["headers"] == {"X-Campaign": "trees"}  # what an office's filter sorts by
    line = body_of(organisation="Comité des Bäume")["headers"]["X-Campaign-Organisation"]
    assert str(make_header(decode_header(line))) == "Comité des Bäume"
    assert line.isascii()


@pytest.mark.parametrize(
    ("name", "sender", "answers_to"),
    [
        ("Ana Reed", "Ana Reed", "Ana Reed"),
        ("Reed, Ana; jr", "Reed, Ana; jr", "Reed  Ana  jr"),
        ("ana@readers.example", "ana readers.example", "ana readers.example"),
        ("=?utf-8?q?Ana?=", "utf-8?q?Ana", "utf-8?q?Ana"),
        ("Ana 🌳", "Ana", "Ana"),
        ("\u202eAna", "Ana", "Ana"),
    ],
)
def test_a_name_before_an_address_is_no_trick(name: str, sender: str, answers_to: str) -> None:
    body = body_of(from_name=name, reply_to=(name, "ana@readers.example"))
    assert body["from"] == {"email": "post@postbag.example", "name": sender}
    assert body["reply_to"] == {"email": "ana@readers.example", "name": answers_to}


@pytest.mark.parametrize("name", ["🌳", "\u202e", "@"])
def test_of_a_name_that_is_nothing_else_nothing_stands_there(name: str) -> None:
    body = body_of(from_name=name, reply_to=(name, "ana@readers.example"))
    assert body["from"] == {"email": "post@postbag.example"}
    assert body["reply_to"] == {"email": "ana@readers.example"}


@given(name=st.text(min_size=1, max_size=60).filter(lambda name: name.strip()))
def test_no_name_moves_a_letter_to_another_address(name: str) -> None:
    body = body_of(to_name=name, reply_to=(name, "ana@readers.example"), from_name=name)
    (person,) = body["personalizations"]
    (to,) = person["to"]
    assert to["email"] == "minister@harbours.example"
    assert not re.search("[,;]", to.get("name", ""))
    assert body["reply_to"]["email"] == "ana@readers.example"
    assert body["from"]["email"] == "post@postbag.example"


@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200))
def test_a_text_travels_as_it_was_written(text: str) -> None:
    assert body_of(body=text)["content"][0]["value"] == text


def library_body(claim: Claim, mail_from: str) -> dict[str, Any]:
    """Build everything with SendGrid's library, as the plainest program would."""
    to = Personalization()
    name = claim.to_name.replace(",", " ").replace(";", " ")
    to.add_to(To(claim.to_email, name or None))
    to.add_custom_arg(CustomArg("notice_id" if claim.is_notice else "letter_id", claim.letter_id))
    to.add_custom_arg(CustomArg("attempt_id", claim.attempt_id))
    mail = Mail()
    mail.from_email = From(mail_from, display_name(claim.from_name) or None)
    if claim.reply_to is not None:
        mail.reply_to = ReplyTo(claim.reply_to[1], reply_name(claim.reply_to[0]) or None)
    if claim.is_notice:
        mail.add_header(Header("Auto-Submitted", "auto-generated"))
    elif claim.category:
        mail.add_header(Header("X-Campaign", claim.category))
    mail.subject = Subject(claim.subject)
    mail.add_content(Content(MimeType.text, claim.body))
    mail.add_personalization(to)
    for category in filter(None, (claim.category, "notice" if claim.is_notice else "letter")):
        mail.add_category(Category(category))
    mail.tracking_settings = TrackingSettings()
    mail.tracking_settings.click_tracking = ClickTracking(enable=False, enable_text=False)
    mail.tracking_settings.open_tracking = OpenTracking(enable=False)
    mail.tracking_settings.subscription_tracking = SubscriptionTracking(enable=False)
    body: dict[str, Any] = mail.get()
    return body


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
ADDRESSES = st.builds(
    "{}@{}.example".format, *[st.from_regex(r"[a-z][a-z0-9]{0,9}", fullmatch=True)] * 2
)
CLAIMS = st.builds(
    claim,
    letter_id=st.uuids().map(lambda made: made.hex),
    attempt_id=st.uuids().map(lambda made: made.hex),
    is_notice=st.booleans(),
    category=st.sampled_from(["", "trees", "quay"]),
    to_name=NAMES,
    to_email=ADDRESSES,
    from_name=NAMES,
    reply_to=st.none() | st.tuples(NAMES, ADDRESSES),
    subject=st.text(min_size=1, max_size=40),
    body=st.text(min_size=1, max_size=200),
)


@given(claims=st.lists(CLAIMS, min_size=1, max_size=3))
def test_a_body_is_what_sendgrids_own_library_builds(claims: list[Claim]) -> None:
    for each in claims:  # several, so that none leaves anything behind for the next
        assert request_body(each, "post@postbag.example") == library_body(
            each, "post@postbag.example"
        )


def test_a_text_that_begins_like_a_key_is_a_text() -> None:
    assert body_of(body="SG.a.b is what it says")["content"][0]["value"].startswith("SG.a.b")
