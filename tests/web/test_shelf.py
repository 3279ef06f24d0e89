"""What is over is put apart, and a draft is deleted; letters are never."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from letters.campaign import Status
from letters.campaigns import shelf, store
from letters.campaigns.shelf import NotADraft, NotOver
from letters.campaigns.store import UnknownCampaign
from letters.record import Deed, entries
from letters.storage.database import Database
from tests.desk.conftest import AtDesk, sign_in_fixture
from tests.support.books import Books
from tests.support.stack import Stack

sign_in = sign_in_fixture


def test_a_draft_goes_with_all_that_was_in_it_and_its_record_stays(database: Database) -> None:
    books = Books(database)
    drafted, written = (
        books.load("drafted", "a@one.example", "b@two.example"),
        books.load("written"),
    )
    books.write("written")
    with database.write() as connection:
        for slug in ("drafted", "written"):
            store.set_status(connection, slug, Status.DRAFT, books.now)
        with pytest.raises(NotADraft):
            shelf.delete_draft(connection, "written", books.now)
        shelf.delete_draft(connection, "drafted", books.now)
    with database.read() as connection:
        with pytest.raises(UnknownCampaign):
            store.find(connection, "drafted")
        assert [found.campaign.slug for found in store.find_all(connection)] == ["written"]
        assert [slug for slug, *_ in store.titles(connection)] == ["written"]
        told = entries(connection)[0]
        assert (told.deed, told.slug, told.detail) == (Deed.DELETED, None, "drafted")
        assert len(entries(connection, campaign_id=drafted.id)) == 3
    assert books.states("written") == {"queued": 1}
    assert books.load("drafted").id not in {drafted.id, written.id}  # its address is free


def test_only_what_is_over_stands_apart_and_not_when_it_opens_again(database: Database) -> None:
    books = Books(database)
    books.load("trees")
    with database.write() as connection:
        with pytest.raises(NotOver):
            shelf.archive(connection, "trees", books.now)
        store.set_status(connection, "trees", Status.CLOSED, books.now)
        shelf.archive(connection, "trees", books.now)
        shelf.archive(connection, "trees", books.now)  # twice is once
    assert books.find("trees").is_archived(books.now)
    with database.write() as connection:
        store.set_status(connection, "trees", Status.LIVE, books.now)
    assert not books.find("trees").is_archived(books.now)
    with database.write() as connection:
        shelf.take_out(connection, "trees", books.now)
    assert books.find("trees").archived_at is None
    with database.read() as connection:
        deeds = [told.deed for told in entries(connection)]
    assert (deeds.count(Deed.ARCHIVED), deeds.count(Deed.TAKEN_OUT)) == (1, 1)


def test_the_desk_asks_before_a_draft_goes(stack: Stack, sign_in: Callable[..., AtDesk]) -> None:
    for slug in ("going", "staying"):
        stack.load(slug, f"delivered@{slug}.example")
    olu, now = sign_in("shelf@desk.example"), datetime.now(UTC)
    assert olu.post("/desk/staying/delete", {}).status == 422
    assert "Only a draft that never had a letter" in olu.page("/desk/staying/delete")
    assert olu.post("/desk/staying/archive", {"word": "in"}).status == 422
    stack.postbag("campaign", "status", "going", "draft")
    assert "/desk/going/delete" in olu.page("/desk/going")
    assert "Delete this draft?" in olu.page("/desk/going/delete")
    assert olu.post("/desk/going/delete", {}).headers["Location"] == "/desk"
    assert olu.get("/desk/going").status == 404
    stack.postbag("campaign", "status", "staying", "closed")
    assert olu.post("/desk/staying/archive", {"word": "in"}).status == 303
    assert "Take it out of the archive" in olu.page("/desk/staying")
    _, _, archived = olu.page("/desk").partition('id="group-archived"')
    assert "/desk/staying" in archived
    with stack.database.read() as connection:
        assert store.find(connection, "staying").is_archived(now)
