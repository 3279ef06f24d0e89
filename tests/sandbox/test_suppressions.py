"""The stand-in's suppression lists: whom a letter did not reach gets none until taken off."""

from pathlib import Path

import pytest

from tests.support.stand_in import API_KEY, Answer, StandInProcess, WebhookReceiver, letter

GLOBAL = "/v3/asm/suppressions/global"


def ask(stand_in: StandInProcess, method: str, path: str, json: object = None) -> Answer:
    headers = {"Authorization": f"Bearer {API_KEY}"}
    return stand_in.request(method, path, json=json, headers=headers)


def story(stand_in: StandInProcess, webhook: WebhookReceiver, to: str, last: str) -> list[str]:
    """Send a letter, wait for its last event, and give all of them with SendGrid's reason."""
    body = letter(to)
    stand_in.send(body)
    webhook.wait_for_event(body, last)
    return [
        f"{event['event']} {event['reason']}" if event["event"] == "dropped" else event["event"]
        for event in webhook.events(body)
    ]


@pytest.mark.parametrize(
    ("local", "name", "first", "reason"),
    [
        ("bounced", "bounces", ["processed", "bounce"], "Bounced Address"),
        (
            "spam",
            "spam_reports",
            ["processed", "delivered", "spamreport"],
            "Spam Reporting Address",
        ),
    ],
)
def test_whom_a_letter_did_not_reach_gets_none_until_taken_off(
    stand_in: StandInProcess,
    webhook: WebhookReceiver,
    local: str,
    name: str,
    first: list[str],
    reason: str,
) -> None:
    to = f"{local}+listed@harbours.example"
    path = f"/v3/suppression/{name}/{to}"
    assert ask(stand_in, "GET", path).json() == []
    assert story(stand_in, webhook, to, first[-1]) == first
    (entry,) = ask(stand_in, "GET", path.replace("harbours", "Harbours")).json()
    assert entry["email"] == to
    assert story(stand_in, webhook, to, "dropped") == [f"dropped {reason}"]
    assert ask(stand_in, "DELETE", path).status == 204
    assert ask(stand_in, "GET", path).json() == []
    assert ask(stand_in, "DELETE", path).status == 404
    assert story(stand_in, webhook, to, first[-1]) == first


def test_a_block_is_listed_and_suppresses_nothing(
    stand_in: StandInProcess, webhook: WebhookReceiver
) -> None:
    to = "blocked+listed@harbours.example"
    for _ in range(2):
        assert story(stand_in, webhook, to, "bounce") == ["processed", "bounce"]
    assert ask(stand_in, "GET", f"/v3/suppression/blocks/{to}").json()[0]["email"] == to


def test_dropped_is_listed_to_begin_with(
    stand_in: StandInProcess, webhook: WebhookReceiver
) -> None:
    to = "dropped+first@harbours.example"
    assert story(stand_in, webhook, to, "dropped") == ["dropped Bounced Address"]
    assert ask(stand_in, "DELETE", f"/v3/suppression/bounces/{to}").status == 204
    assert story(stand_in, webhook, to, "delivered") == ["processed", "delivered"]


def test_whoever_unsubscribed_gets_nothing(
    stand_in: StandInProcess, webhook: WebhookReceiver
) -> None:
    to = "gone@harbours.example"
    assert ask(stand_in, "GET", f"{GLOBAL}/{to}").json() == {}
    assert ask(stand_in, "POST", GLOBAL, {"recipient_emails": [to]}).status == 201
    assert ask(stand_in, "GET", f"{GLOBAL}/{to}").json() == {"recipient_email": to}
    assert story(stand_in, webhook, to, "dropped") == ["dropped Unsubscribed Address"]
    assert ask(stand_in, "DELETE", f"{GLOBAL}/{to}").status == 204
    assert story(stand_in, webhook, to, "delivered") == ["processed", "delivered"]
    assert ask(stand_in, "POST", GLOBAL, {"recipient_emails": to}).status == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v3/suppression/bounces/a@x.example"),
        ("DELETE", "/v3/suppression/spam_reports/a@x.example"),
        ("DELETE", "/v3/suppression/invalid_emails/a@x.example"),
        ("GET", f"{GLOBAL}/a@x.example"),
        ("DELETE", f"{GLOBAL}/a@x.example"),
        ("POST", GLOBAL),
    ],
)
def test_a_key_without_the_scope_may_not(stand_in: StandInProcess, method: str, path: str) -> None:
    assert stand_in.request(method, path).status == 401
    stand_in.order({"mode": "account", "scopes": "mail.send"})
    answer = ask(stand_in, method, path)
    assert answer.status == 403
    assert answer.json()["errors"][0]["message"] == "access forbidden"


def test_the_lists_outlive_a_restart(tmp_path: Path) -> None:
    options = ("--messages", str(tmp_path / "messages.jsonl"))
    listed, taken_off = "bounced+a@x.example", "bounced+b@x.example"
    dropped, gone = "dropped@x.example", "gone@x.example"
    bounces = "/v3/suppression/bounces/"
    with StandInProcess(options) as first:
        for to in (listed, taken_off):
            first.send(letter(to))
        ask(first, "POST", GLOBAL, {"recipient_emails": [gone]})
        while not ask(first, "GET", bounces + taken_off).json():
            pass  # it bounces in a moment
        for to in (taken_off, dropped):
            assert ask(first, "DELETE", bounces + to).status == 204
    with StandInProcess(options) as second:
        found = [bool(ask(second, "GET", bounces + t).json()) for t in (listed, taken_off, dropped)]
        assert found == [True, False, False]
        assert ask(second, "GET", f"{GLOBAL}/{gone}").json() == {"recipient_email": gone}
