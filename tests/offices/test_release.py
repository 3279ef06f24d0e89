"""Releasing an office: SendGrid takes its address off its lists first, or it stays held."""

import socket
from collections.abc import Iterator
from itertools import count

import pytest

from letters.offices import mailbox, suppression
from letters.reasons import Hold
from letters.states import Cause
from letters.storage.database import Database
from rig.servers import wait_for
from tests.desk.conftest import AtDesk
from tests.support.books import Books, settings
from tests.support.command import Terminal
from tests.support.stack import Stack
from tests.support.stand_in import API_KEY, StandInProcess
from worker.wall.suppression import TakenOff, take_off

_numbers = count(1)
HELD_FOR = {
    Hold.SUPPRESSED: (Cause.SUPPRESS, "Bounced Address"),
    Hold.BOUNCED: (Cause.BOUNCE, "550 no such mailbox"),
    Hold.COMPLAINED: (Cause.DELIVER, None),
}
RELEASES = ["office release {to}", "targets release trees {to}"]


@pytest.fixture(scope="module")
def _sendgrid() -> Iterator[StandInProcess]:
    with StandInProcess() as running:
        yield running


@pytest.fixture
def sendgrid(
    _sendgrid: StandInProcess,
    terminal: Terminal,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[StandInProcess]:
    """Give the account at which this test's terminal asks, at peace."""
    monkeypatch.setenv("SENDGRID_API_HOST", _sendgrid.url)
    monkeypatch.setenv("SENDGRID_API_KEY", API_KEY)
    yield _sendgrid
    _sendgrid.request("DELETE", "/chaos")


def is_listed(sendgrid: StandInProcess, to: str) -> bool:
    headers = {"Authorization": f"Bearer {API_KEY}"}
    return bool(sendgrid.request("GET", f"/v3/suppression/bounces/{to}", headers=headers).json())


def held(database: Database, why: Hold) -> tuple[Books, str]:
    """Let an office be held that SendGrid has on its list of bounces, with two letters waiting."""
    books, to = Books(database), f"dropped+{next(_numbers)}@office.example"
    books.load("trees", to)
    books.write("trees")
    (claim,) = books.send()
    books.tell(claim, HELD_FOR[why][0], HELD_FOR[why][1], why)
    while books.states("trees").get("held", 0) < 2:
        books.write("trees")
    return books, to


@pytest.mark.parametrize("why", HELD_FOR)
@pytest.mark.parametrize("command", RELEASES)
def test_an_address_is_taken_off_before_its_letters_go(
    database: Database, sendgrid: StandInProcess, terminal: Terminal, command: str, why: Hold
) -> None:
    books, to = held(database, why)
    assert is_listed(sendgrid, to)
    assert terminal.run(*command.format(to=to).split()).status == 0
    assert not is_listed(sendgrid, to)
    assert books.states("trees")["queued"] == 2


@pytest.mark.parametrize("command", RELEASES)
def test_a_key_that_may_not_releases_nothing(
    database: Database, sendgrid: StandInProcess, terminal: Terminal, command: str
) -> None:
    books, to = held(database, Hold.SUPPRESSED)
    sendgrid.order({"mode": "account", "scopes": "mail.send"})
    refused = terminal.run(*command.format(to=to).split())
    assert refused.status != 0
    assert "Take it off at SendGrid, under Suppressions" in refused.said
    assert books.states("trees") == {"held": 2}
    by_hand = terminal.run(*command.format(to=to).split(), "--taken-off")
    assert by_hand.status == 0, by_hand.said
    assert books.states("trees") == {"queued": 2}


def test_a_key_that_only_reads_is_enough_once_the_address_is_off(
    database: Database, sendgrid: StandInProcess, terminal: Terminal
) -> None:
    books, to = held(database, Hold.SUPPRESSED)
    every = ("bounces", "blocks", "invalid_emails", "spam_reports")
    scopes = [*(f"suppression.{name}.read" for name in every), "asm.suppressions.global.read"]
    sendgrid.order({"mode": "account", "scopes": " ".join(scopes)})
    assert terminal.run("office", "release", to).status != 0
    sendgrid.request("DELETE", "/chaos")
    headers = {"Authorization": f"Bearer {API_KEY}"}
    sendgrid.request("DELETE", f"/v3/suppression/bounces/{to}", headers=headers)
    sendgrid.order({"mode": "account", "scopes": " ".join(scopes)})
    assert terminal.run("office", "release", to).status == 0
    assert books.states("trees") == {"queued": 2}


def test_the_second_key_is_asked_where_the_first_may_not(sendgrid: StandInProcess) -> None:
    keys = {"SENDGRID_API_HOST": sendgrid.url, "SENDGRID_API_KEY": "SG.sends-only"}
    to = f"dropped+{next(_numbers)}@office.example"
    assert take_off(settings(**keys), [to]) is TakenOff.MAY_NOT
    assert is_listed(sendgrid, to)
    assert take_off(settings(**keys, SENDGRID_READ_KEY=API_KEY), [to]) is TakenOff.DONE
    assert not is_listed(sendgrid, to)


def test_without_an_answer_nothing_is_released(
    database: Database, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    books, to = held(database, Hold.SUPPRESSED)
    monkeypatch.setenv("SEND_TIMEOUT", "1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("SENDGRID_API_HOST", f"http://127.0.0.1:{silent.getsockname()[1]}")
        refused = terminal.run("office", "release", to)
    assert refused.status != 0
    assert "Try again later" in refused.said
    assert books.states("trees") == {"held": 2}


def test_whom_an_organiser_holds_nobody_is_asked_about(database: Database) -> None:
    books = Books(database)
    books.load("trees", "clerk@office.example")
    with database.write() as connection:
        mailbox.hold(connection, "clerk@office.example", "They asked us to wait.", books.now)
        assert suppression.to_take_off(connection, "clerk@office.example") == []


def test_every_spelling_is_asked_about(database: Database) -> None:
    books = Books(database)
    books.load("trees", "Clerk@Office.Example")
    books.load("ships", "clerk+letters@office.example")
    books.write("trees")
    (claim,) = books.send()
    books.bounce(claim)
    with database.read() as connection:
        found = suppression.to_take_off(connection, "clerk@office.example")
    assert found == ["clerk+letters@office.example", "clerk@office.example"]


def test_at_the_desk_letters_go_once_they_may(stack: Stack) -> None:
    slug = "listed"
    to = f"dropped@{slug}.example"
    stack.load(slug, to)
    for _ in range(2):
        stack.post(f"/c/{slug}", stack.form(slug))
    wait_for(lambda: stack.states(slug) == {"held": 2})
    desk = AtDesk(stack, "ana@listed.example")
    fields = {"target": to, "word": "release", "sure": "yes"}
    stack.stand_in.order({"mode": "account", "scopes": "mail.send"})
    refused = desk.post(f"/desk/{slug}/target", fields)
    stack.stand_in.request("DELETE", "/chaos")
    assert refused.status == 409
    assert "under Suppressions" in refused.body.decode()
    assert stack.states(slug) == {"held": 2}
    assert 'name="taken_off"' in desk.page(f"/desk/{slug}")
    before = len(stack.messages(to))
    assert desk.post(f"/desk/{slug}/target", fields).status == 303
    wait_for(lambda: stack.states(slug) == {"delivered": 2})
    assert len(stack.messages(to)) == before + 2
