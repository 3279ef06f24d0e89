"""Did my letter go? From an address, a name or an id to the answer, and the link mailed again."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from letters.desk import organisers
from letters.desk.organisers import Role
from letters.desk.seek import finding
from letters.desk.seek.finding import Asked, Place, Way
from letters.record import Deed, entries
from letters.sending.outcomes import Answer
from letters.states import State
from letters.storage.database import Database
from rig.campaigns import form_fields
from rig.servers import Valkey
from tests.abuse.at_desk import Desk
from tests.abuse.conftest import Site
from tests.support.books import Books, settings_as_given
from webapp.app import create_app

ANNA = "anna.reed@readers.example"
NOBODY = "nobody@readers.example"
ORGANISER = "bo@desk.example"


@pytest.fixture
def books(database: Database) -> Books:
    made = Books(database, datetime.now(UTC) - timedelta(hours=1))
    made.load("trees")
    made.load("roads", "second@harbours.example", more='confirm = "before-sending"')
    return made


@pytest.fixture
def site(books: Books, valkey: Valkey) -> Iterator[Site]:
    url = books.database.engine.url.render_as_string(hide_password=False)
    environment = settings_as_given(DATABASE_URL=url, REDIS_URL=valkey.new_database())
    app = create_app({**environment, "LOG_FORMAT": "text"})
    yield Site(app, books.database, books.tokens)
    app.extensions["postbag"].database.close()


def organiser_of(site: Site, books: Books, slug: str) -> Desk:
    """Give somebody to whom one campaign was given."""
    desk = Desk(site, ORGANISER, Role.ORGANISER)
    with books.database.write() as connection:
        who = organisers.known(connection, ORGANISER)
        organisers.give(connection, books.find(slug).id, who, books.now)
    return desk


def letters_on(page: str) -> list[str]:
    """Give the ids of the letters that a page leads to, in order."""
    return re.findall(r'href="/desk/\w+/letters/([0-9a-f]{32})"', page)


def only_letter_of(books: Books, slug: str, email: str) -> str:
    with books.database.read() as connection:
        (line,) = finding.find(connection, books.find(slug), Asked(email)).letters
    return line.letter_id


def asked(books: Books, words: str, slug: str = "trees", **more: object) -> finding.Found:
    with books.database.read() as connection:
        wanted = Asked(words, **more)  # type: ignore[arg-type]
        return finding.find(connection, books.find(slug), wanted)


def test_from_the_question_to_the_answer_in_two_steps(site: Site, books: Books) -> None:
    books.write("trees", ANNA)
    (sent,) = books.send()
    books.block(sent, "550 5.7.1 too large")
    desk = organiser_of(site, books, "trees")
    assert 'name="q"' in desk.client.get("/desk/trees").text
    answer = desk.client.get("/desk/trees/letters?q=%20An.Nareed%2Bletters@READERS.example").text
    assert "bounced" in answer
    (letter_id,) = letters_on(answer)
    page = desk.client.get(f"/desk/trees/letters/{letter_id}").text
    assert "550 5.7.1 too large" in page
    assert "The receiving server refused it." in page
    before = len(books.mails(ANNA))
    done = desk.post(f"/desk/trees/letters/{letter_id}", {"word": "link"})
    assert "The link is on its way" in desk.client.get(done.location).text
    mails = books.mails(ANNA)
    assert len(mails) == before + 1
    assert f"/l/{books.tokens.receipt(books.submission(ANNA))}" in mails[-1].body


def test_a_writer_is_found_by_what_somebody_remembers(books: Books) -> None:
    books.write("trees", ANNA)
    books.write("trees", NOBODY)
    for words, way in (
        (ANNA, Way.ADDRESS),
        ("ANNA.REED+any@Readers.Example", Way.ADDRESS),
        ("annareed@readers.example", Way.ADDRESS),
        ("an.na.reed@readers.example", Way.ADDRESS),
        (f"Anna <{ANNA}>,", Way.ADDRESS),
        ("reed áná ANNA.", Way.NAME),
        ("Anna R’eed", Way.NAME),  # O'Brien is typed with a mark of some kind, or with none
        ("anna.reed@", Way.NAME),
    ):
        found = asked(books, words)
        assert (found.way, [line.email for line in found.letters]) == (way, [ANNA]), words
        assert found.next is None


def test_a_letter_is_found_by_its_id_by_an_attempts_and_by_its_submissions(books: Books) -> None:
    books.write("trees", ANNA)
    (sent,) = books.send()
    for given in (sent.letter_id, sent.attempt_id.upper(), books.submission(ANNA)):
        assert [line.letter_id for line in asked(books, given).letters] == [sent.letter_id]


def test_state_and_target_narrow_what_is_shown_and_nobody_is_named_unasked(
    site: Site, books: Books
) -> None:
    books.load("trees", "one@harbours.example", "two@harbours.example")
    books.write("trees", ANNA)
    one, _ = books.send()
    books.deliver(one)
    page = Desk(site).client.get
    assert len(letters_on(page("/desk/trees/letters").text)) == 2
    assert letters_on(page("/desk/trees/letters?state=delivered").text) == [one.letter_id]
    to_two = letters_on(page("/desk/trees/letters?target=two@harbours.example").text)
    assert len(to_two) == 1
    assert to_two != [one.letter_id]
    assert letters_on(page("/desk/trees/letters?state=bounced").text) == []
    assert ANNA not in page("/desk/trees/letters").text
    assert ANNA in page("/desk/trees/letters?q=anna").text


def test_pages_of_fifty_have_every_letter_once(site: Site, books: Books) -> None:
    books.load("trees", *(f"office-{n}@harbours.example" for n in range(53)))
    for _ in range(2):
        books.write("trees")  # all of a moment
    for query in ("", "q=reed", "state=queued"):
        desk, path, seen = Desk(site), f"/desk/trees/letters?{query}", []
        for _ in range(3):
            page = desk.client.get(path).text
            seen += letters_on(page)
            following = re.search(r'href="([^"]+)" rel="next"', page)
            path = following[1].replace("&amp;", "&") if following else ""
        assert (len(seen), len(set(seen)), path) == (106, 106, ""), query


def test_a_name_is_looked_for_in_so_many_letters_and_one_can_go_on(books: Books) -> None:
    books.write("trees", ANNA)
    for _ in range(6):
        books.write("trees", f"b.{books.now.timestamp()}@readers.example")
    stored = books.find("trees")
    with books.database.read() as connection:
        first = finding.find(connection, stored, Asked("anna.reed@"), look_at_most=4)
        assert (first.letters, first.looked_at) == ((), 4)
        place = Place.read(str(first.next))
        rest = finding.find(connection, stored, Asked("anna.reed@", after=place), look_at_most=4)
    assert [line.email for line in rest.letters] == [ANNA]
    assert (rest.looked_at, rest.next) == (3, None)


def test_who_has_not_said_yes_is_found_by_their_address_and_not_named(
    site: Site, books: Books
) -> None:
    books.write("roads", ANNA)
    letter_id = only_letter_of(books, "roads", ANNA)
    desk = Desk(site)
    assert asked(books, "Ana Reed", "roads").letters == ()
    for path in (f"/desk/roads/letters/{letter_id}", f"/desk/roads/letters/{letter_id}/writer"):
        page = desk.client.get(path).text
        assert "Ana Reed" not in page
        assert ANNA not in page
        assert "Please." not in page
    books.confirm(ANNA)
    assert "Ana Reed" in desk.client.get(f"/desk/roads/letters/{letter_id}").text


def test_its_text_is_for_admins(site: Site, books: Books) -> None:
    books.write("trees", ANNA, text="Dear Minister 1,\n\nMine alone.\n\nAna")
    path = f"/desk/trees/letters/{only_letter_of(books, 'trees', ANNA)}"
    assert "Mine alone." in Desk(site).client.get(path).text
    mine = organiser_of(site, books, "trees").client.get(path).text
    assert ANNA in mine
    assert "Mine alone." not in mine
    assert "Mine alone." not in organiser_of(site, books, "trees").client.get(f"{path}/writer").text


def test_an_organiser_of_another_campaign_finds_nothing(site: Site, books: Books) -> None:
    books.write("roads", ANNA)
    theirs = only_letter_of(books, "roads", ANNA)
    desk = organiser_of(site, books, "trees")
    nowhere = desk.client.get("/nowhere")
    mine, others = "/desk/trees/letters", "/desk/roads/letters"
    closed = (others, f"{others}/{theirs}", f"{mine}/{theirs}", f"{mine}/{theirs}/writer")
    for path in closed:
        answer = desk.client.get(path)
        assert answer.status_code == 404, path
        assert without_tokens(answer.text) == without_tokens(nowhere.text), path
        assert desk.post(path, {"word": "link"}).status_code in {404, 405}
    for words in (ANNA, theirs):
        found = without_tokens(desk.client.get(f"/desk/trees/letters?q={words}").text)
        missing = without_tokens(desk.client.get(f"/desk/trees/letters?q={NOBODY}").text)
        assert "No letter of this campaign was found." in found
        if words == ANNA:
            assert found.replace(ANNA, NOBODY) == missing
    assert books.states("roads") == {"unconfirmed": 1}


def without_tokens(page: str) -> str:
    """Give a page without what is another each second that it is asked for."""
    return re.sub(r'name="csrf_token" value="[^"]+"', "", page)


def statements(site: Site, desk: Desk, path: str) -> list[str]:
    """Give what one page asks of the database: what takes the time that one could measure."""
    asked_for: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked_for.append(statement)

    engine = site.app.extensions["postbag"].database.engine
    event.listen(engine, "before_cursor_execute", note)
    desk.client.get(path)
    event.remove(engine, "before_cursor_execute", note)
    return asked_for


def test_nor_does_the_time_tell_an_organiser_of_another_campaign(site: Site, books: Books) -> None:
    """What is there and what is not take the same statements, in the same order."""
    books.write("roads", ANNA)
    theirs, submission_id = only_letter_of(books, "roads", ANNA), books.submission(ANNA)
    books.confirm(ANNA)
    (sent,) = books.send()
    desk = organiser_of(site, books, "trees")
    mine, nothing = "/desk/trees/letters", "0" * 32
    for words in (ANNA, "AN.NAREED%2Bx@readers.example"):
        nobodys = words.lower().replace("a", "b", 1)  # as long, so spelt in as many ways
        found = statements(site, desk, f"{mine}?q={words}")
        assert found == statements(site, desk, f"{mine}?q={nobodys}"), words
    of_nothing = statements(site, desk, f"{mine}?q={nothing}")
    for given in (theirs, submission_id, sent.attempt_id):
        assert statements(site, desk, f"{mine}?q={given}") == of_nothing, given
    of_nobody = statements(site, desk, f"{mine}/{nothing}")
    assert statements(site, desk, f"{mine}/{theirs}") == of_nobody
    nowhere = statements(site, desk, "/desk/nowhere/letters")
    assert statements(site, desk, "/desk/roads/letters") == nowhere


def test_a_person_decides_on_its_page(site: Site, books: Books) -> None:
    desk = Desk(site)
    for answer, word, state in (
        (Answer.UNKNOWN, "sent", State.ACCEPTED),
        (Answer.UNKNOWN, "again", State.QUEUED),
        (Answer.UNKNOWN, "failed", State.FAILED),
        (Answer.REFUSED, "queue-again", State.QUEUED),
    ):
        email = books.write("trees")
        books.answer([one for one in books.claim() if not one.is_notice][-1:], answer)
        path = f"/desk/trees/letters/{only_letter_of(books, 'trees', email)}"
        page = desk.client.get(path).text
        assert f'value="{word}"' in page
        seen = {"attempt": form_fields(page)["attempt"]}
        assert desk.post(path, {"word": word}).status_code == 409  # on what nobody has seen
        assert desk.post(path, {"word": word, **seen}).location == path
        assert asked(books, email).letters[0].state is state
        assert desk.post(path, {"word": "sent", **seen}).status_code == 409
    assert sum(books.states("trees").values()) == 4  # and they reconcile


def test_a_writer_is_shown_and_erased_where_one_may_see_them(site: Site, books: Books) -> None:
    for slug in ("trees", "roads"):
        books.write(slug, ANNA)
    path = f"/desk/trees/letters/{only_letter_of(books, 'trees', ANNA)}"
    desk = organiser_of(site, books, "trees")
    assert "Erase it" in desk.client.get(f"{path}/writer").text
    done = desk.post(f"{path}/writer", {})
    page = desk.client.get(done.location).text
    assert "1 submission was erased" in page
    assert ANNA not in page
    assert books.states("trees") == {"cancelled": 1}
    assert books.states("roads") == {"unconfirmed": 1}
    assert "Nothing is kept" in desk.client.get(f"{path}/writer").text
    assert asked(books, ANNA).letters == ()


def test_who_looked_is_in_the_record_without_the_person(site: Site, books: Books) -> None:
    books.write("trees", ANNA)
    letter_id = only_letter_of(books, "trees", ANNA)
    desk = organiser_of(site, books, "trees")
    for path in ("?q=anna", f"/{letter_id}", f"/{letter_id}/writer"):
        desk.client.get(f"/desk/trees/letters{path}")
    desk.post(f"/desk/trees/letters/{letter_id}", {"word": "link"})
    with books.database.read() as connection:
        lines = [(line.deed, line.detail) for line in entries(connection) if line.by == ORGANISER]
    assert lines == [
        (Deed.WRITER_LINKED, "1"),
        (Deed.WRITER_SHOWN, "1"),
        (Deed.LETTER_SHOWN, letter_id),
        (Deed.LETTERS_SOUGHT, "1"),
    ]
