"""Who is erased is nowhere: no byte of a canary is left, whichever way it went."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from letters.books import ledger
from letters.campaigns import store
from letters.desk import export, history
from letters.receipts import erasure, writers
from letters.record import COMMAND_LINE
from letters.states import State
from letters.storage.schema import dispatch, metadata
from letters.webhooks import webhook
from letters.webhooks.message import Kind
from rig.campaigns import form_fields
from tests.abuse.conftest import Site

MakeSite = Callable[..., Site]
EMAIL = "can4ry@readers.example"
MORE = 'confirm = "before-sending"\nopt_in = "News, please."\nasks_postcode = true\n'
EVERYWHERE = {
    "name": "Ana Can4ry",
    "email": EMAIL,
    "postcode": "CAN4RY",
    "subject": "A can4ry subject",
    "reason": "My can4ry reason",
    "body": "My can4ry letter.",
    "closing": "With can4ry wishes,",
    "opt_in": "y",
}


def receipt(site: Site) -> str:
    """Give where the writer's own page is."""
    with site.database.write() as connection:
        (found, *_) = writers.of_address(connection, EMAIL, datetime.now(UTC), by=COMMAND_LINE)
    return f"/l/{site.tokens.receipt(found.receipt.submission_id)}"


def by_link(site: Site) -> None:
    assert site.client.post(f"{receipt(site)}/erase").status_code == 200


def by_not_me(site: Site) -> None:
    assert site.client.post(f"{receipt(site)}/not-me").status_code == 200


def by_command(site: Site) -> None:
    with site.database.write() as connection:
        assert writers.erase(connection, EMAIL, datetime.now(UTC), by=COMMAND_LINE) == 1
    erasure.forget_pages(site.database)


def kept(site: Site) -> Iterator[tuple[str, str]]:
    """Give everything that is kept, with where it is."""
    with site.database.read() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)):
                yield table.name, repr(row)
        stored = store.find(connection, "birds")
    for part in export.rows(site.database, stored):
        yield "letters.csv", part
    for part in export.consents(site.database, stored):
        yield "consents.csv", part
    if site.database.is_sqlite:
        for file in Path(str(site.database.engine.url.database)).parent.glob("*.db*"):
            yield file.name, file.read_bytes().decode("latin-1")
    books = site.app.extensions["postbag"].redis
    for key in books.scan_iter():
        yield "Redis", repr((key, books.dump(key)))


@pytest.mark.parametrize("erase", [by_link, by_not_me, by_command])
def test_nothing_is_left_of_who_is_erased(
    make_site: MakeSite, caplog: pytest.LogCaptureFixture, erase: Callable[[Site], None]
) -> None:
    site = make_site()
    site.load("birds", more=MORE)
    now = datetime.now(UTC)
    with site.database.write() as connection:
        stored = store.find(connection, "birds")
        webhook.put(connection, stored.id, "https://crm.example/in", now)
    fields = site.form("birds", **EVERYWHERE)
    assert site.client.post("/c/birds", data=fields).status_code == 303
    page = site.client.get(f"{receipt(site)}/confirm").text
    seen = form_fields(page)["seen"]
    assert site.client.post(f"{receipt(site)}/confirm", data={"seen": seen}).status_code == 303
    # What comes once more is kept beside it, and another system is to hear of the consent.
    again = site.form("birds", **{**EVERYWHERE, "name": "Another Can4ry"})
    assert site.client.post("/c/birds", data=again).status_code == 303
    history.read_on(site.database, datetime.now(UTC))
    places = {place for place, text in kept(site) if "can4ry" in text.lower()}
    assert places >= {"submission", "writing", "repeat", "letters.csv", "consents.csv"}

    erase(site)
    history.read_on(site.database, datetime.now(UTC))
    left = {place for place, text in kept(site) if re.search("can4ry", text, re.IGNORECASE)}
    assert left == set()
    assert "can4ry" not in caplog.text.lower()
    with site.database.read() as connection:
        books = ledger.count(connection, "birds")["birds"]
        queued = connection.execute(select(dispatch.c.kind)).scalars().all()
    assert (books.reconciled, books.submitted, books.states[State.CANCELLED]) == (True, 1, 1)
    assert str(Kind.CONSENT) not in queued, "it had not gone out yet, and does not now"
