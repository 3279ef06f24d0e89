"""What leaves the desk as a spreadsheet: inert, all that was there, and nobody who was erased."""

import csv
import io
import re
import secrets
import socket
import struct
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask, Response
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import QueuePool, select, update
from sqlalchemy.exc import DBAPIError

from letters.campaigns import store
from letters.campaigns.stored import StoredCampaign
from letters.desk import csv_cells, export
from letters.files.campaign_file import read_campaign
from letters.intake.take import Intake
from letters.notices.links import Links
from letters.receipts import erasure
from letters.storage.database import Database, StorageUnavailable
from letters.storage.schema import submission
from letters.submission import Draft, Submission
from letters.tokens import Tokens
from rig.campaigns import campaign_file
from webapp.site.guards.unhurried import PAUSE_SECONDS, unhurried

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
STARTS = ("=", "+", "-", "@", "\t", "\r")


def spreadsheet_cells(text: str, separator: str) -> list[str]:
    """Split a file as spreadsheets do where a separator of their own country is set."""
    return [cell for row in csv.reader(io.StringIO(text), delimiter=separator) for cell in row]


def is_inert(cell: str) -> bool:
    return not cell.lstrip(" \u00a0\u200b\ufeff").startswith(STARTS)


def begun(database: Database, confirm: str = "none") -> StoredCampaign:
    more = f'opt_in = "=HYPERLINK(1)"\nconfirm = "{confirm}"\n'
    slug = f"trees-{secrets.token_hex(3)}"
    with database.write() as connection:
        store.load(connection, read_campaign(campaign_file(slug, more=more)), NOW)
    with database.read() as connection:
        return store.find(connection, slug)


def hand_in(database: Database, stored: StoredCampaign, name: str, *, opt_in: bool = True) -> str:
    new = Submission(
        token_id=secrets.token_hex(16),
        name=name,
        email=f"{secrets.token_hex(4)}@readers.example",
        postcode="@AB1",
        reason="",
        points=(),
        personal_share=0.5,
        opt_in=opt_in,
        drafts=(Draft(stored.targets[0].id, '=1+1,"=2"', "Keep the trees."),),
    )
    tokens = Tokens(("a-secret-key-for-tests",))
    Intake(database, Links("http://localhost", tokens)).take(stored, new, NOW)
    with database.read() as connection:
        found: str = connection.execute(
            select(submission.c.id).where(submission.c.email == new.email)
        ).scalar_one()
    return found


@pytest.mark.parametrize(
    "name",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(1)",
        " =1",
        "a;=1+1",
        "a|@1",
        '"=1";=2',
        "\u00a0=1",
        "\u200b=1",
        "＝1",  # noqa: RUF001
    ],
)
def test_what_a_supporter_types_is_inert_in_every_cell(database: Database, name: str) -> None:
    stored = begun(database)
    hand_in(database, stored, name)
    for text in (
        "".join(export.rows(database, stored)),
        "".join(export.consents(database, stored)),
    ):
        for separator in (",", ";", "\t", "|"):
            assert all(map(is_inert, spreadsheet_cells(text, separator))), (text, separator)
    (row,) = csv.DictReader(io.StringIO("".join(export.rows(database, stored))))
    assert row["supporter_name"].replace("'", "") == name
    assert row["opt_in"] == "yes"
    assert row["opt_in_wording"] == "'=HYPERLINK(1)"


TYPED = st.text(alphabet=[*"=+-@;|\t\r\n ,'\"a", "\u00a0", "＝"], max_size=12)  # noqa: RUF001


@given(TYPED)
def test_no_cell_and_no_part_of_one_is_a_formula(typed: str) -> None:
    safe = csv_cells.safe(typed)
    assert all(map(is_inert, re.split(r"[;|\t\r\n]", safe)))
    assert safe.replace("'", "") == typed.replace("'", "")


@given(st.lists(TYPED, min_size=2))
def test_a_line_is_read_back_cell_by_cell(typed: list[str]) -> None:
    line = ",".join(map(csv_cells.cell, typed))
    (read,) = csv.reader(io.StringIO(line, newline=""))
    assert read == list(map(csv_cells.safe, typed))


def test_only_those_who_ticked_are_in_the_consents_with_wording_and_time(
    database: Database,
) -> None:
    stored = begun(database)
    hand_in(database, stored, "Ana Reed")
    hand_in(database, stored, "Ben Okri", opt_in=False)
    (row,) = csv.DictReader(io.StringIO("".join(export.consents(database, stored))))
    assert tuple(row) == export.CONSENT_COLUMNS
    assert row["supporter_name"] == "Ana Reed"
    assert row["given_at"] == f"{NOW:%Y-%m-%d %H:%M:%S}"
    assert row["confirmed_at"] == ""


def test_an_address_that_nobody_confirmed_gives_no_consent(database: Database) -> None:
    stored = begun(database, "before-sending")
    submission_id = hand_in(database, stored, "Ana Reed")
    assert len(list(csv.DictReader(io.StringIO("".join(export.consents(database, stored)))))) == 0
    with database.write() as connection:
        connection.execute(
            update(submission).where(submission.c.id == submission_id).values(confirmed_at=NOW)
        )
    (row,) = csv.DictReader(io.StringIO("".join(export.consents(database, stored))))
    assert row["confirmed_at"] == f"{NOW:%Y-%m-%d %H:%M:%S}"


def test_nobody_who_was_erased_is_in_any_export(database: Database) -> None:
    stored = begun(database)
    submission_id = hand_in(database, stored, "Ana Reed")
    with database.write() as connection:
        erasure.erase(connection, submission_id, NOW)
    letters = "".join(export.rows(database, stored))
    (row,) = csv.DictReader(io.StringIO(letters))  # the letter still counts
    assert row["opt_in"] == "no"
    for text in (letters, "".join(export.consents(database, stored))):
        assert "Ana" not in text
        assert "readers.example" not in text
        assert "1+1" not in text
        assert "HYPERLINK" not in text


def test_an_export_holds_what_was_there_when_it_began_and_no_transaction_meanwhile(
    database: Database,
) -> None:
    stored = begun(database)
    for n in range(3):
        hand_in(database, stored, f"Ana {n}")
    lines = export.rows(database, stored)
    written = [next(lines), next(lines)]
    pool = database.engine.pool
    assert isinstance(pool, QueuePool)
    assert pool.checkedout() == 0  # the reader may pause for as long as it likes
    hand_in(database, stored, "Too Late")
    written += list(lines)
    whole = "".join(written)
    names = {row["supporter_name"] for row in csv.DictReader(io.StringIO(whole))}
    assert names == {"Ana 0", "Ana 1", "Ana 2"}
    assert whole.endswith("\r\n")


def test_who_joins_while_a_file_is_taken_stands_in_it(database: Database) -> None:
    before = begun(database)
    joined = campaign_file(
        before.campaign.slug,
        "minister@harbours.example",
        "joined@harbours.example",
        more='confirm = "none"\n',
    )
    with database.write() as connection:
        store.load(connection, read_campaign(joined), NOW)
    with database.read() as connection:
        after = store.find(connection, before.campaign.slug)
    known = {at.id for at in before.targets}
    (new,) = [at for at in after.targets if at.id not in known and not at.withdrawn][-1:]
    hand_in(database, replace(after, targets=(new,)), "Ana")
    told = list(csv.DictReader(io.StringIO("".join(export.rows(database, before)))))
    assert [row["target_email"] for row in told] == [new.target.email]


def test_an_export_that_breaks_off_lacks_its_last_line_end(database: Database) -> None:
    stored = begun(database)
    hand_in(database, stored, "Ana Reed")
    lines = export.rows(database, stored)
    written = next(lines)
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE writing RENAME TO gone")
    with pytest.raises((DBAPIError, StorageUnavailable)):
        next(lines)
    assert written == ",".join(export.COLUMNS)


def test_the_reader_of_one_download_may_pause() -> None:
    app = Flask("downloads")
    ours, theirs = zip(*(socket.socketpair() for _ in range(3)), strict=True)
    with ExitStack() as stack:
        for each in (*ours, *theirs):
            stack.enter_context(each)
        answers = []
        for connection in ours:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 10, 0))
            with app.test_request_context(environ_overrides={"gunicorn.socket": connection}):
                answers.append(unhurried(Response("a,b")))
        assert [patience(connection) for connection in ours] == [PAUSE_SECONDS, 10, 10]
        for answer in answers:
            answer.close()
        with app.test_request_context(environ_overrides={"gunicorn.socket": ours[2]}):
            unhurried(Response("a,b")).close()
        assert patience(ours[2]) == PAUSE_SECONDS  # a place is free again


def patience(connection: socket.socket) -> int:
    seconds, _ = struct.unpack(
        "ll", connection.getsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, 16)
    )
    return int(seconds)
