"""What leaves the desk as a spreadsheet: inert, one snapshot, and nobody who was erased."""

import csv
import io
import re
import secrets
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from letters.campaigns import store
from letters.campaigns.stored import StoredCampaign
from letters.desk import export
from letters.files.campaign_file import read_campaign
from letters.intake.take import Intake
from letters.notices.links import Links
from letters.receipts import erasure
from letters.storage.database import Database
from letters.storage.schema import submission
from letters.submission import Draft, Submission
from letters.tokens import Tokens
from rig.campaigns import campaign_file

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
STARTS = ("=", "+", "-", "@", "\t", "\r")


def spreadsheet_cells(text: str, separator: str) -> list[str]:
    """Split a file as spreadsheets do where a separator of their own country is set."""
    return [cell for row in csv.reader(io.StringIO(text), delimiter=separator) for cell in row]


def is_inert(cell: str) -> bool:
    return not cell.lstrip(" \u00a0\ufeff").startswith(STARTS)


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
    ["=1+1", "+1", "-1", "@SUM(1)", " =1", "a;=1+1", "a|@1", '"=1";=2', "\u00a0=1", "＝1"],  # noqa: RUF001
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


@given(st.text(alphabet=[*"=+-@;|\t\r\n ,'\"a", "\u00a0", "＝"], max_size=12))  # noqa: RUF001
def test_no_cell_and_no_part_of_one_is_a_formula(cell: str) -> None:
    safe = export.safe(cell)
    assert all(map(is_inert, re.split(r"[;|\t\r\n]", safe)))
    assert safe.replace("'", "") == cell.replace("'", "")


def test_only_those_who_ticked_are_in_the_consents_with_wording_and_time(
    database: Database,
) -> None:
    stored = begun(database)
    hand_in(database, stored, "Ana Reed")
    hand_in(database, stored, "Ben Okri", opt_in=False)
    (row,) = csv.DictReader(io.StringIO("".join(export.consents(database, stored))))
    assert tuple(row) == export.CONSENT_COLUMNS
    assert row["supporter_name"] == "Ana Reed"
    assert row["given_at"] == NOW.isoformat()
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
    assert row["confirmed_at"] == NOW.isoformat()


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


def test_an_export_is_the_snapshot_of_the_moment_at_which_it_began(database: Database) -> None:
    stored = begun(database)
    for n in range(3):
        hand_in(database, stored, f"Ana {n}")
    lines = export.rows(database, stored)
    written = [next(lines), next(lines)]
    hand_in(database, stored, "Too Late")
    written += list(lines)
    assert len(list(csv.DictReader(io.StringIO("".join(written))))) == 3
