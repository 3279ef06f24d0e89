"""What SendGrid refuses, and that it takes what its own library builds."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sendgrid.helpers.mail import (
    ClickTracking,
    Mail,
    MailSettings,
    OpenTracking,
    SandBoxMode,
    SubscriptionTracking,
    TrackingSettings,
)

from sandbox.mail.mail_send import error_body, only_a_trial, refusals
from sandbox.mail.shapes import Json
from tests.support.stand_in import letter

NOW = 1_800_000_000.0


def personalized(**more: object) -> dict[str, Any]:
    body = letter()
    body["personalizations"][0].update(more)
    return body


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in letter().items() if name not in names}


def test_takes_what_the_library_builds() -> None:
    assert refusals(letter(), NOW) == []


def test_takes_every_setting_that_the_library_knows() -> None:
    mail = Mail("a@postbag.example", "b@harbours.example", "Subject", "Text", "<p>Text</p>")
    mail.tracking_settings = TrackingSettings(
        ClickTracking(enable=False, enable_text=False),
        OpenTracking(enable=False),
        SubscriptionTracking(enable=False),
    )
    mail.mail_settings = MailSettings(sandbox_mode=SandBoxMode(enable=True))
    assert refusals(mail.get(), NOW) == []
    assert only_a_trial(mail.get())


TEXT = {"type": "text/plain", "value": "Text"}
HTML = {"type": "text/html", "value": "<p>Text</p>"}
ONE = {"email": "one@harbours.example"}
TWO = {"email": "two@harbours.example"}

REFUSED: dict[str, tuple[Json, str | None]] = {
    "nothing at all": (None, None),
    "a list": ([], None),
    "an unknown field": (letter(colour="red"), "colour"),
    "a null": (letter(reply_to=None), "reply_to"),
    "no personalizations": (without("personalizations"), "personalizations"),
    "an empty list of personalizations": (letter(personalizations=[]), "personalizations"),
    "too many personalizations": (
        letter(personalizations=[{"to": [ONE]}] * 1001),
        "personalizations",
    ),
    "too many recipients": (
        letter(personalizations=[{"to": [ONE], "cc": [TWO]}] * 501),
        "personalizations",
    ),
    "no receiver": (letter(personalizations=[{}]), "personalizations.0.to"),
    "an empty list of receivers": (personalized(to=[]), "personalizations.0.to"),
    "no address": (personalized(to=[{"name": "A"}]), "personalizations.0.to.0.email"),
    "no domain": (personalized(to=[{"email": "a@"}]), "personalizations.0.to.0.email"),
    "a space": (personalized(to=[{"email": "a b@c.example"}]), "personalizations.0.to.0.email"),
    "two dots": (personalized(to=[{"email": "a..b@c.example"}]), "personalizations.0.to.0.email"),
    "two ats": (personalized(to=[{"email": "a@b@c.example"}]), "personalizations.0.to.0.email"),
    "a line break behind": (
        personalized(to=[{"email": "a@c.example\n"}]),
        "personalizations.0.to.0.email",
    ),
    "too long an address": (
        personalized(to=[{"email": "a@" + "b" * 60 + ".c" * 150 + ".example"}]),
        "personalizations.0.to.0.email",
    ),
    "the same receiver twice": (
        personalized(to=[ONE], cc=[{"email": "ONE@harbours.example"}]),
        "personalizations.0",
    ),
    "a comma in a receiver's name": (
        personalized(to=[{**ONE, "name": "Smith, John"}]),
        "personalizations.0.to.0.name",
    ),
    "a semicolon in a receiver's name": (
        personalized(to=[{**ONE, "name": "Smith; John"}]),
        "personalizations.0.to.0.name",
    ),
    "an unknown field of a receiver": (
        personalized(to=[{**ONE, "title": "Dr"}]),
        "personalizations.0.to.0.title",
    ),
    "no sender": (without("from"), "from"),
    "Unicode in the sender's address": (letter(**{"from": {"email": "ø@a.example"}}), "from.email"),
    "a line break in the sender's name": (
        letter(**{"from": {**ONE, "name": "A\r\nBcc: b@c.example"}}),
        "from.name",
    ),
    "a bad Reply-To": (letter(reply_to={"email": "nobody"}), "reply_to.email"),
    "a line break in Reply-To": (letter(reply_to={**ONE, "name": "A\nB"}), "reply_to.name"),
    "two kinds of Reply-To": (letter(reply_to_list=[ONE]), "reply_to"),
    "no subject": (without("subject"), "subject"),
    "an empty subject": (letter(subject=""), "subject"),
    "a line break in the subject": (letter(subject="A\nB"), "subject"),
    "no content": (without("content"), "content"),
    "empty content": (letter(content=[{**TEXT, "value": ""}]), "content.0.value"),
    "content without a type": (letter(content=[{"value": "Text"}]), "content.0.type"),
    "HTML before text": (letter(content=[HTML, TEXT]), "content"),
    "text twice": (letter(content=[TEXT, TEXT]), "content"),
    "a charset in the type": (
        letter(content=[{**TEXT, "type": "text/plain; charset=utf-8"}]),
        "content.0.type",
    ),
    "a number as custom argument": (personalized(custom_args={"letter_id": 1}), None),
    "custom arguments that are none": (
        personalized(custom_args={}),
        "personalizations.0.custom_args",
    ),
    "custom arguments that are too large": (
        personalized(custom_args={"a": "é" * 4997}),
        "personalizations.0.custom_args",
    ),
    "custom arguments that are too large together": (
        {**personalized(custom_args={"a": "x" * 5000}), "custom_args": {"b": "x" * 5000}},
        "personalizations.0.custom_args",
    ),
    "eleven categories": (letter(categories=[str(n) for n in range(11)]), "categories"),
    "a category twice": (letter(categories=["letter", "letter"]), "categories"),
    "a long category": (letter(categories=["x" * 256]), "categories.0"),
    "Unicode in a category": (letter(categories=["bäume"]), "categories.0"),
    "a reserved header": (letter(headers={"Reply-to": "a@b.example"}), "headers"),
    "a line break in a header": (letter(headers={"X-A": "1\r\nX-B: 2"}), "headers.X-A"),
    "a space in a header's name": (letter(headers={"X A": "1"}), "headers"),
    "a header twice": (
        personalized(headers={"X-A": "1", "x-a": "2"}),
        "personalizations.0.headers",
    ),
    "a send_at four days ahead": (letter(send_at=int(NOW) + 4 * 86400), "send_at"),
    "a send_at that is true": (letter(send_at=True), "send_at"),
    "an attachment that is no base64": (
        letter(attachments=[{"content": "???", "filename": "a"}]),
        "attachments.0.content",
    ),
    "an attachment with a bad disposition": (
        letter(attachments=[{"content": "YQ==", "filename": "a", "disposition": "hidden"}]),
        "attachments.0.disposition",
    ),
    "an unknown setting": (letter(mail_settings={"sand": {"enable": True}}), "mail_settings.sand"),
    "a setting that is neither on nor off": (
        letter(mail_settings={"sandbox_mode": {"enable": "yes"}}),
        "mail_settings.sandbox_mode.enable",
    ),
}


@pytest.mark.parametrize(("body", "field"), REFUSED.values(), ids=REFUSED)
def test_refuses(body: Json, field: str | None) -> None:
    assert [one.field for one in refusals(body, NOW)] == [field]


TAKEN: dict[str, Json] = {
    "custom arguments just small enough": personalized(custom_args={"a": "x" * 9992}),
    "a name with a comma where it does no harm": letter(reply_to={**ONE, "name": "Smith, John"}),
    "Unicode in a receiver's address": personalized(to=[{"email": "ø@bücher.example"}]),
    "the same receiver in two personalizations": letter(
        personalizations=[{"to": [ONE]}, {"to": [ONE]}]
    ),
    "a subject in each personalization": {**without("subject"), **personalized(subject="A")},
    "a template in place of subject and content": {
        **without("subject", "content"),
        "template_id": "d-1",
    },
    "text, HTML and a calendar": letter(content=[TEXT, HTML, {**TEXT, "type": "text/calendar"}]),
    "a send_at two days ahead": letter(send_at=int(NOW) + 2 * 86400),
    "an attachment": letter(
        attachments=[{"content": base64.b64encode(b"a").decode(), "filename": "a.txt"}]
    ),
}


@pytest.mark.parametrize("body", TAKEN.values(), ids=TAKEN)
def test_takes(body: Json) -> None:
    assert refusals(body, NOW) == []


def test_says_all_that_is_wrong_in_sendgrids_form() -> None:
    found = refusals(letter(subject=1, content=2), NOW)
    errors = error_body(found)["errors"]
    assert isinstance(errors, list)
    assert errors[0] == {
        "message": "This must be a string, and a number was given.",
        "field": "subject",
        "help": "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html#message.subject",
    }
    assert len(errors) == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*letter(), "x"]), inner),
)


@given(JSON)
def test_no_json_is_too_odd_to_be_refused(body: Json) -> None:
    assert refusals(body, NOW)


@given(st.sampled_from(list(letter())), JSON)
def test_no_field_is_too_odd_to_be_judged(name: str, value: Json) -> None:
    body = letter(**{name: value})
    assert json.dumps(error_body(refusals(body, NOW)))
