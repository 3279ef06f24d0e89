"""What becomes of a message, by its address, and the form and signature of the events."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sendgrid.helpers.eventwebhook import EventWebhook

from sandbox.behaviour.events import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    events_of,
    last_step,
    signature_headers,
    webhook_body,
)
from sandbox.keys import new_key, public_key
from sandbox.mail.messages import Message
from tests.support.stand_in import letter, letter_id

NOON = 1_800_000_000.0


def message(to: str, **more: object) -> Message:
    return Message(7, NOON, "the-message-id", letter(to, **more))


@pytest.mark.parametrize(
    ("to", "story"),
    [
        ("delivered@a.example", ["processed", "delivered"]),
        ("anyone@a.example", ["processed", "delivered"]),
        ("bounced@a.example", ["processed", "bounce"]),
        ("BOUNCED+tag@a.example", ["processed", "bounce"]),
        ("blocked@a.example", ["processed", "bounce"]),
        ("deferred@a.example", ["processed", "deferred", "delivered"]),
        ("dropped@a.example", ["dropped"]),
        ("spam@a.example", ["processed", "delivered", "spamreport"]),
        ("spammer@a.example", ["processed", "delivered"]),
        ("ø@a.example", ["dropped"]),
    ],
)
def test_the_address_decides(to: str, story: list[str]) -> None:
    assert [event.fields["event"] for event in events_of(message(to))] == story


def test_an_event_says_what_sendgrid_says() -> None:
    sent = message("bounced@a.example")
    bounce = list(events_of(sent))[1].fields
    assert bounce["email"] == "bounced@a.example"
    assert bounce["timestamp"] == int(NOON)
    assert (bounce["type"], bounce["status"]) == ("bounce", "5.1.1")
    assert str(bounce["reason"]).startswith("550 5.1.1 ")
    assert bounce["category"] == sent.body["categories"]
    assert bounce["letter_id"] == letter_id(sent.body)
    assert str(bounce["attempt_id"]).startswith("attempt-")
    assert str(bounce["sg_message_id"]).startswith("the-message-id.")
    assert bounce["smtp-id"] == "<the-message-id@stand-in.example>"


def test_a_block_is_a_bounce_of_another_type() -> None:
    assert list(events_of(message("blocked@a.example")))[1].fields["type"] == "blocked"


def test_a_deferral_is_over_in_three_seconds() -> None:
    _, deferred, delivered = events_of(message("deferred@a.example"))
    assert deferred.fields["attempt"] == "1"
    assert delivered.due_at - NOON == 3


def test_event_ids_differ_but_are_the_same_each_time() -> None:
    first, again = (
        [event.fields["sg_event_id"] for event in events_of(message("deferred@a.example"))]
        for _ in range(2)
    )
    assert first == again
    assert len(set(first)) == 3


def test_every_receiver_has_events_with_the_arguments_that_are_theirs() -> None:
    sent = message(
        "unused@a.example",
        custom_args={"letter_id": "for all", "place": "Porttown"},
        personalizations=[
            {"to": [{"email": "one@a.example"}], "custom_args": {"letter_id": "first"}},
            {"to": [{"email": "two@a.example"}], "cc": [{"email": "dropped@a.example"}]},
        ],
    )
    told = [
        (event.fields["email"], event.fields["letter_id"], event.fields["place"])
        for event in events_of(sent)
        if event.fields["event"] != "processed"
    ]
    assert told == [
        ("one@a.example", "first", "Porttown"),
        ("two@a.example", "for all", "Porttown"),
        ("dropped@a.example", "for all", "Porttown"),
    ]


def test_a_custom_argument_cannot_pass_for_the_event() -> None:
    sent = message("bounced@a.example", custom_args={"event": "delivered", "email": "x@y.example"})
    fields = list(events_of(sent))[1].fields
    assert (fields["event"], fields["email"]) == ("bounce", "bounced@a.example")


def test_what_has_happened_depends_on_the_hour() -> None:
    sent = message("deferred@a.example")
    (receiver,) = sent.recipients()
    steps = [last_step(sent, receiver, NOON + s) for s in (-1, 0, 1, 3)]
    assert [step and step.event for step in steps] == [None, "processed", "deferred", "delivered"]


EVENTS = st.lists(st.dictionaries(st.text(), st.text() | st.integers()))


@given(EVENTS)
def test_a_post_is_an_array_with_crlf_after_each_event(events: list[Any]) -> None:
    body = webhook_body(events)
    assert json.loads(body) == events
    assert body.count(b"\r\n") == max(1, len(events))


@given(EVENTS, st.integers(1_500_000_000, 3_000_000_000))
def test_sendgrids_own_library_verifies_a_post(events: list[Any], now: int) -> None:
    body = webhook_body(events)
    headers = signature_headers(KEY, body, now + 0.9)
    timestamp, signature = headers[TIMESTAMP_HEADER], headers[SIGNATURE_HEADER]
    assert timestamp == str(now)
    verifier = EventWebhook(public_key(KEY))
    assert verifier.verify_signature(body.decode(), signature, timestamp)
    assert not verifier.verify_signature(body.decode() + " ", signature, timestamp)
    assert not verifier.verify_signature(body.decode(), signature, str(now + 1))


KEY = new_key()
