"""What SpamAssassin and rspamd make of each kind of mail, by their own rules, without the network.

Held against a plain letter that a person sends by hand: no mail of ours scores much above it.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime, formataddr
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from letters.campaign import Campaign
from letters.files.campaign_file import read_campaign
from letters.languages import Language
from letters.notices import rehearsal, to_organisers, to_writers
from letters.notices.notice import Notice
from letters.notices.to_writers import Undelivered
from letters.reasons import Hold, Reason
from letters.sending.claiming.claimed import Claim
from letters.states import State
from letters.text import bundle, digest
from letters.text.bundle import Enclosed
from letters.text.digest import Signatory
from rig.campaigns import campaign_file
from rig.servers import free_port, wait_for
from worker.wall.request_body import request_body

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MOST_ABOVE = 0.5
MAIL_FROM = "letters@post.harbour-campaign.example"
LINK = "https://post.harbour-campaign.example/l/" + "a1B2c3" * 10
TEXT = (
    "Dear Minister 1,\n\nI walk under the harbour's trees each day with my daughter, who learnt "
    "to ride her bicycle there.\n\nKeep all forty trees. They are older than the cranes.\n\n"
    "Yours sincerely,\nAna Reed"
)
NAMES = {
    "a plain name": "Ana Reed",
    "marks": 'O\'Neil "Bo", Jane: @Home <12:30>',
    "a picture": "Ana 🌳 Reed",
    "an address": "ana@readers.example",
    "an encoded word": "=?utf-8?q?spoof?=",
    "a long name": "Ana Maria " * 9 + "Reed",
    "Arabic": "آنا ريد",
    "capitals": "ANA REED",
}
# Modules that ask other machines, or need a store of their own.
ELSEWHERE = (
    *("arc", "asn", "dkim", "dkim_signing", "dmarc", "fuzzy_check", "greylist", "history_redis"),
    *("mx_check", "neural", "phishing", "ratelimit", "rbl", "replies", "spf", "surbl"),
    "url_redirector",
)


def letter(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - a claim's own fields
    """Give what SendGrid is sent for a letter."""
    claim = Claim(
        letter_id="1" * 32, attempt_id="2" * 32, is_notice=False, category="trees",
        to_name="Minister 1", to_email="minister@harbours.example", from_name="Ana Reed",
        reply_to=("Ana Reed", "ana@readers.example"), subject="Keep the trees", body=TEXT,
        leave_at=NOW, leave_by=NOW, slot=None, is_probe=False,
    )  # fmt: skip
    return request_body(replace(claim, **changes), MAIL_FROM)


def notice(said: Notice) -> dict[str, Any]:
    """Give what SendGrid is sent for a notice."""
    return letter(
        is_notice=True, from_name="Lantern Committee", reply_to=None,
        to_name="", to_email="ana@readers.example", subject=said.subject, body=said.body,
    )  # fmt: skip


def notices(campaign: Campaign) -> Iterator[tuple[str, Notice]]:
    target, foot = campaign.targets[0], f"Lantern Committee. {LINK}"
    lost = [Undelivered(target, State.BOUNCED, "550 5.1.1 no such user", TEXT)]
    yield "confirm", to_writers.first_notice(campaign, LINK, LINK, must_confirm=True, foot=foot)
    yield "receipt", to_writers.first_notice(campaign, LINK, LINK, must_confirm=False, foot=foot)
    yield "repeated", to_writers.repeated(campaign, LINK, foot=foot)
    again = to_writers.Leading(
        LINK, campaign.title, [target.name], date(2027, 3, 1), waits=True, has_repeat=False
    )
    yield (
        "links again",
        to_writers.links_again(
            campaign, [again] * 2, [(campaign.title, LINK)], are_all=True, foot=foot
        ),
    )
    yield "reminder", to_writers.reminder(campaign, LINK, foot=foot)
    yield "bad news", to_writers.bad_news(campaign, LINK, lost, is_confirmed=True, foot=foot)
    yield "question", to_writers.question(campaign, LINK, [(target, target)], foot=foot)
    yield (
        "stopped",
        to_organisers.target_stopped(
            campaign, LINK, target, why=Hold.BOUNCED, words="550", came_back=(3, 9), waiting=12
        ),
    )
    yield "account", to_organisers.account_trouble(LINK, Reason.NO_ANSWER, "", is_refused=False)
    yield "strange news", to_organisers.strange_news(LINK)
    yield "unknown", to_organisers.unknown_letters(campaign, LINK, 21)
    yield "sign-in", to_organisers.sign_in_link(LINK, campaign.language)
    yield "another address", to_organisers.better_address(campaign, LINK, target, "a@b.example")
    yield "answer to all", to_organisers.answer_to_all(campaign, LINK, target)
    yield "test", rehearsal.notice_of_test(campaign, LINK)


def everything() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every kind of mail by name, as SendGrid is sent it."""
    for what, name in NAMES.items():
        yield (
            f"a letter from {what}",
            letter(from_name=name, reply_to=(name, "ana@readers.example")),
        )
    yield "a letter with pictures in it", letter(body=TEXT + "\n🌳🌳", subject="Keep the trees 🌳")
    for language in Language:
        written = campaign_file("trees", more=f'language = "{language}"')
        campaign = read_campaign(written)
        if language is Language.AR:
            campaign = replace(campaign, title="أنقذوا أشجار الميناء")
        for kind, said in notices(campaign):
            yield f"{kind} [{language}]", notice(said)
        (target, day) = (campaign.targets[0], date(2026, 3, 2))
        people = [Signatory(name, "AB1", day) for name in (*NAMES.values(), "Ø", "Łucja", "Zoë")]
        yield f"digest [{language}]", letter(
            from_name="Keep the harbour's trees", reply_to=None,
            subject=digest.subject(campaign, target),
            body=digest.text(campaign, target, people, day),
        )  # fmt: skip
        whole = [Enclosed(one, "ana@readers.example", "Keep the trees", TEXT) for one in people]
        yield f"bundle [{language}]", letter(
            from_name="Keep the harbour's trees", reply_to=None,
            subject=bundle.subject(campaign, len(whole)),
            body=bundle.text(campaign, target, whole, people, day),
        )  # fmt: skip


def by_hand() -> dict[str, Any]:
    """Give the letter that a person sends from a mail program."""
    return {**letter(), "from": {"email": "ana@readers.example", "name": "Ana Reed"},
            "reply_to": None, "headers": {}}  # fmt: skip


def as_received(body: dict[str, Any]) -> bytes:
    """Give a message as an office's server gets it."""
    mail = EmailMessage()
    (to,) = body["personalizations"][0]["to"]
    mail["From"] = formataddr((body["from"].get("name", ""), body["from"]["email"]))
    mail["To"] = formataddr((to.get("name", ""), to["email"]))
    if body.get("reply_to"):
        mail["Reply-To"] = formataddr((body["reply_to"].get("name", ""), body["reply_to"]["email"]))
    mail["Subject"] = body["subject"]
    mail["Date"] = format_datetime(NOW)
    mail["Message-ID"] = "<4f2a9c1d7e@geopod-ismtpd-3.sendgrid.example>"
    for name, value in body.get("headers", {}).items():
        mail[name] = value
    mail.set_content(body["content"][0]["value"], cte="quoted-printable")
    return mail.as_bytes(policy=default.clone(max_line_length=900))


@pytest.fixture(scope="module")
def mails() -> dict[str, bytes]:
    return {name: as_received(body) for name, body in everything()}


def spamassassin(messages: dict[str, bytes], folder: Path) -> dict[str, tuple[float, str]]:
    """Give each message's score with the rules that gave it."""
    files = []
    for number, message in enumerate(messages.values()):
        files.append(folder / f"{number:03}.eml")
        files[-1].write_bytes(message)
    command = ["spamassassin", "--local", "--prefspath", str(folder / "prefs"), *map(str, files)]
    done = subprocess.run(command, capture_output=True, check=True)
    found = re.findall(
        rb"^X-Spam-Status: \w+, score=([-\d.]+).*?tests=(.*?)autolearn",
        done.stdout, re.MULTILINE | re.DOTALL,
    )  # fmt: skip
    scores = [(float(score), b"".join(tests.split()).decode()) for score, tests in found]
    return dict(zip(messages, scores, strict=True))


@pytest.fixture(scope="module")
def rspamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Give the port of an rspamd that asks nobody."""
    folder = tmp_path_factory.mktemp("rspamd")
    local = folder / "local.d"
    local.mkdir()
    for module in ELSEWHERE:
        (local / f"{module}.conf").write_text("enabled = false;\n")
    port = free_port()
    settings = {
        "worker-normal": f'bind_socket = "127.0.0.1:{port}";\ncount = 1;\n',
        "worker-controller": "enabled = false;\n",
        "worker-proxy": "enabled = false;\n",
        "worker-fuzzy": "enabled = false;\n",
        "options": f'dns {{ nameserver = ["127.0.0.1:{free_port()}"]; timeout = 0.05s; }}\n',
        "logging": 'type = "console";\nlevel = "error";\n',
    }
    for name, lines in settings.items():
        (local / f"{name}.inc").write_text(lines)
    places = [f"--var={name}={folder}" for name in ("LOCAL_CONFDIR", "DBDIR", "RUNDIR", "LOGDIR")]
    command = ["rspamd", "--insecure", "--no-fork", *places, "-c", "/etc/rspamd/rspamd.conf"]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stderr=log) as server:
        wait_for(lambda: _answers(port), 300)  # it compiles its rules first
        yield port
        server.terminate()


def _answers(port: int) -> bool:
    try:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/ping")
        return connection.getresponse().status == 200
    except OSError:
        return False


def asked(port: int, message: bytes) -> tuple[float, str]:
    """Give what rspamd makes of a message, with the rules that gave it."""
    connection = HTTPConnection("127.0.0.1", port, timeout=90)
    connection.request("POST", "/checkv2", message)
    said = json.loads(connection.getresponse().read())
    rules = {name: symbol["score"] for name, symbol in said["symbols"].items() if symbol["score"]}
    return float(said["score"]), str(rules)


def test_spamassassin_finds_nothing(mails: dict[str, bytes], tmp_path: Path) -> None:
    found = spamassassin(mails, tmp_path)
    wrong = {name: score for name, score in found.items() if score[0] > MOST_ABOVE}
    assert wrong == {}


def test_rspamd_finds_little_more_than_in_a_letter_by_hand(
    mails: dict[str, bytes], rspamd: int
) -> None:
    plain, _ = asked(rspamd, as_received(by_hand()))
    found = {name: asked(rspamd, message) for name, message in mails.items()}
    wrong = {name: score for name, score in found.items() if score[0] > plain + MOST_ABOVE}
    assert wrong == {}, f"a letter by hand: {plain}"


def test_what_is_dressed_up_is_found(rspamd: int) -> None:
    """The judge can tell: a name that is an address, as it once went out, costs four points."""
    body = letter()
    body["from"]["name"] = "ana@readers.example"
    assert asked(rspamd, as_received(body))[0] > asked(rspamd, as_received(letter()))[0] + 3
