"""Where letters came from: the code in the link, from the page to the sums, and past erasure."""

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from urllib.parse import quote

import pytest
from sqlalchemy import select, update

from letters.books import ledger
from letters.desk import export, history, sources
from letters.desk.sources import Numbers, Sources
from letters.receipts import erasure
from letters.storage.database import Database
from letters.storage.schema import reader, repeat, submission
from rig.campaigns import form_fields
from rig.servers import wait_for
from tests.desk.conftest import AtDesk
from tests.support.books import Books
from tests.support.stack import Stack, supporter

ASKS = 'confirm = "before-sending"'
LATE = datetime(2026, 3, 1, 18, 40, tzinfo=UTC)
"""Ten minutes after midnight in Kolkata."""


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def counted(books: Books, slug: str = "trees", timezone: str = "UTC") -> Sources:
    while history.read_on(books.database, books.now):
        pass
    with books.database.read() as connection:
        return sources.read(connection, books.find(slug).id, timezone)


def test_the_sums_by_source_are_the_books_and_stay_so_when_writers_are_erased(
    books: Books,
) -> None:
    books.load("trees", "a@office.example", "b@office.example", more=ASKS)
    poster = books.write("trees", source="poster")
    for address in (poster, books.write("trees", source="news-2"), books.write("trees")):
        books.confirm(address)
    books.write("trees", source="poster")  # and never says yes
    one, two, three, *_ = books.send()
    books.deliver(one)
    books.deliver(two)
    books.bounce(two)  # it did not arrive after all
    books.bounce(three)
    before = counted(books)
    with books.database.write() as connection:
        everybody = list(connection.execute(select(submission.c.id)).scalars())
        erasure.erase_all(connection, everybody, books.now)
    after = counted(books)
    assert after == before
    assert after.by_source == {
        "poster": Numbers(4, 2, 1),
        "": Numbers(2, 2, 0),
        "news-2": Numbers(2, 2, 0),
    }
    states = books.states("trees")
    assert after.together == Numbers(sum(states.values()), 6, states["delivered"])
    with books.database.read() as connection:
        assert ledger.shown(connection, books.find("trees").id).submitted == 8
    rows = list(csv.DictReader(io.StringIO("".join(export.source_rows(after)))))
    assert sum(int(row["handed_in"]) for row in rows) == 8
    letters = csv.DictReader(io.StringIO("".join(export.rows(books.database, books.find("trees")))))
    assert sorted(row["source"] for row in letters) == [*[""] * 2, *["news-2"] * 2, *["poster"] * 4]


def test_a_day_is_the_campaigns_own(books: Books) -> None:
    books.load("trees")
    books.now = LATE
    books.write("trees", source="poster")
    found = counted(books, timezone="Asia/Kolkata")
    assert list(found.by_day) == [(date(2026, 3, 2), "poster")]


def test_what_the_version_before_has_read_is_counted_all_the_same(books: Books) -> None:
    books.load("trees")
    books.write("trees", source="poster")
    with books.database.write() as connection:  # it knows one place only
        connection.execute(update(reader).values(history_id=1))
    books.write("trees", source="poster")
    assert counted(books).together == Numbers(2, 2, 0)


def test_a_repeat_keeps_the_source_that_it_came_by(books: Books) -> None:
    books.load("trees")
    ana = books.write("trees", source="poster")
    books.write("trees", ana, text="Another text", source="news")
    with books.database.read() as connection:
        assert connection.execute(select(repeat.c.source)).scalars().all() == ["news"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [("news-2_b", "news-2_b"), ("x" * 40, "x" * 40), ("x" * 41, None), ("News", None),
     ("a b", None), ("a\x00", None), ("نشرة", None), ("", None)],
)  # fmt: skip
def test_a_link_with_a_code_leads_to_a_letter_with_it(
    stack: Stack, given: str, kept: str | None
) -> None:
    stack.load("coded", "delivered@coded.example", more='embed_origins = ["https://o.example"]')
    for path in ("/c/coded", "/c/coded/embed", "/c/CODED."):
        answer = stack.get(f"{path}?source={quote(given)}")
        if answer.status == 302:
            answer = stack.get(answer.headers["Location"])
        fields = {**form_fields(answer.body.decode()), **supporter()}
        assert fields.get("source") == kept
        assert "Set-Cookie" not in answer.headers
    preview = stack.post("/c/coded", {**fields, "source": given, "preview": "1"})
    assert preview.status == 200
    assert form_fields(preview.body.decode()).get("source") == kept
    assert stack.post("/c/coded", {**fields, "source": given}).status == 303
    with stack.database.read() as connection:
        found = select(submission.c.source).where(submission.c.email == fields["email"])
        assert connection.execute(found).scalar_one() == kept


def test_the_desk_shows_the_sums_and_gives_them_as_a_spreadsheet(
    stack: Stack, sign_in: Callable[..., AtDesk]
) -> None:
    stack.load("counted", "delivered@counted.example")
    for code in ("poster", "poster", ""):
        assert stack.post("/c/counted", stack.form("counted", source=code)).status == 303
    at_desk = sign_in("sources@postbag.example")

    def is_counted() -> bool:
        lines = at_desk.page("/desk/counted/sources.csv").splitlines()[1:]
        delivered = {row.split(",")[1]: row.split(",")[2:] for row in lines}
        return delivered == {"": ["1", "1", "1"], "poster": ["2", "2", "2"]}

    wait_for(is_counted)
    page = re.sub(r"<[^>]+>|\s+", " ", at_desk.page("/desk/counted/sources"))
    assert "poster 2 2 2" in " ".join(page.split())
    assert "Together 3 3 3" in " ".join(page.split())
