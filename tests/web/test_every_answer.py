"""Every answer in Spanish and in Arabic: each route, each form, each button, each wrong value."""

import io
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from letters.campaign import (
    Campaign,
    Confirm,
    Identical,
    LetterTemplate,
    Pacing,
    Point,
    Routing,
    Status,
    Target,
)
from letters.campaigns import store, targets
from letters.desk.organisers import Role
from letters.languages import Language
from letters.notices import mailings
from letters.notices.mailings import Audience, Sort
from letters.notices.mailings import Draft as Mailed
from letters.organisation import Organisation
from letters.organisations import store as organisations
from letters.sending.outcomes import Answer
from letters.states import Cause
from letters.storage.database import Database
from letters.storage.migrate import migrate
from letters.submission import Draft, Submission
from rig.servers import Valkey
from sandbox.keys import new_key, public_key
from tests.support.books import Books, settings
from tests.support.client import sign_in_as
from tests.support.forms import Form, read_page
from tests.support.seldom import seldom
from tests.support.spoken import foreign_words
from tests.support.stack import SECRET_KEY
from webapp.app import create_app

TEXTS = {
    Language.ES: ("Salvemos los árboles", "Escriba a la ministra.", "Ministra"),
    Language.AR: ("أنقذوا أشجار الميناء", "اكتبوا إلى الوزيرة.", "الوزيرة"),
}
ADMIN = "ana@desk.example"
WRONG = [
    "",
    " ",
    "zzqq",
    "x" * 20_000,
    "zz\x00",
    "zz\r\nzz",
    "zz\ufffd",
    "{zz}",
    "-1",
    "2027-02-30",
]
MAIN = {"save", "preview", "look"}
SHEETS = [
    b"",
    b"PK\x03\x04",
    b"\xff\xfe",
    b"zz\n1\n",
    b"name,e-mail,email\n",
    b"name,email,Email\n",
    b"name,email\n",
    b'name,email,timezone,areas,valid_until\n,zz,zz,A*B,zz,zz\n"zz"zz,zz\n',
    b"name,email\n1,a@zz.example\n2,a@zz.example\n",
    b"name,email,zz\n1,b@zz.example,zz\n",
]


@dataclass
class Walk:
    """Somebody who opens every page and presses every button, and reads all answers."""

    app: Flask
    client: FlaskClient
    csrf: str
    language: Language
    read: int = 0
    asked: set[str] = field(default_factory=set)
    english: list[tuple[str, str, set[str]]] = field(default_factory=list)
    forms: dict[tuple[str, frozenset[str]], tuple[str, Form]] = field(default_factory=dict)
    """One of each kind: what it is for, and the names of its fields without their numbers."""
    seen: set[str] = field(default_factory=set)

    def get(self, path: str) -> TestResponse:
        return self._look(f"GET {path}", self.client.get(path, headers=self._headers))

    def post(self, path: str, fields: dict[str, Any], what: str) -> TestResponse:
        return self._look(
            f"POST {path} {what}", self.client.post(path, data=fields, headers=self._headers)
        )

    @property
    def _headers(self) -> dict[str, str]:
        return {"Accept-Language": f"{self.language}, en;q=0.5"}

    def _look(self, what: str, answer: TestResponse) -> TestResponse:
        self.asked.add(self._endpoint(answer.request.path, answer.request.method))
        if answer.mimetype == "text/html" and answer.status_code not in {301, 302, 303, 308}:
            self.read += 1
            found = foreign_words(self.language, answer.text)
            if found:
                self.english.append((what, str(answer.status_code), found))
        return answer

    def crawl(self, path: str) -> None:
        """Open a page and all that it links to, and keep each kind of form once."""
        path = path.removeprefix("http://localhost").partition("#")[0]
        if not path.startswith("/") or path in self.seen:
            return
        self.seen.add(path)
        answer = self.get(path)
        if answer.mimetype != "text/html":
            return
        forms, links = read_page(answer.text)
        for form in forms:
            action = form.action or path
            names = frozenset(re.sub(r"\d+", "", name) for name in form.fields)
            self.forms.setdefault((self._endpoint(action, form.method), names), (action, form))
        for link in links:
            self.crawl(link)

    def _endpoint(self, path: str, method: str) -> str:
        with self.app.test_request_context(path, method=method) as context:
            return f"{method.upper()} {context.request.endpoint}"

    def press(
        self, action: str, form: Form, changes: dict[str, Any], what: str, most: int = 99
    ) -> None:
        """Press each button of a form after something in it was changed."""
        buttons = sorted(form.buttons or [("", "")], key=lambda one: one[1] not in MAIN)
        for name, value in buttons[:most]:
            fields = {**form.fields, **({name: value} if name else {}), **changes}
            if form.method == "post":
                self.post(action, fields, f"{name}={value} {what}")
            else:
                self.client.get(action, query_string=fields, headers=self._headers)


def campaigns(language: Language) -> Iterator[Campaign]:
    title, sentence, name = TEXTS[language]
    people = tuple(
        Target(f"{name} {n}", f"office-{n}@harbours.example", name, name, title, areas=(f"{n}",))
        for n in range(8)
    )
    usual = Campaign(
        slug="111",
        title=title,
        summary=sentence,
        letter=LetterTemplate(
            (title,),
            "{salutation}:",
            sentence,
            "{name}",
            (Point("1", title, sentence),),
            (sentence,),
        ),
        targets=people,
        language=language,
        status=Status.LIVE,
        goal=12_345,
        confirm=Confirm.NONE,
        opt_in=sentence,
        pacing=Pacing(3_600_000),
    )
    yield usual
    yield replace(usual, slug="222", confirm=Confirm.BEFORE_SENDING, routing=Routing.CHOICE)
    yield replace(usual, slug="333", routing=Routing.AREA, asks_postcode=True, goal=None)
    yield replace(usual, slug="444", status=Status.DRAFT, ends=date(2001, 1, 1))
    yield replace(usual, slug="555", status=Status.CLOSED)
    yield replace(usual, slug="666", status=Status.PAUSED, identical=Identical.DIGEST)
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    slow = Pacing(1, days=("mon", "wed"))
    yield replace(usual, slug="777", status=Status.DRAFT, ends=tomorrow, pacing=slow, opt_in="")


def fill(books: Books, language: Language) -> list[str]:
    """Let letters come into every state, and sending into trouble; give their receipts' tokens."""
    title, sentence, name = TEXTS[language]
    first, second = (Organisation(key, title) for key in ("zz", "zzz"))
    with books.database.write() as connection:
        organisations.load(connection, first, None, books.now)
        for campaign in campaigns(language):
            store.load(connection, campaign, books.now)
        organisations.load(connection, second, None, books.now)
    tokens = [
        write(books, slug, sentence, title, name)
        for slug in ("111", "111", "222", "666", "111", "222")
    ]
    one, two, three, four, five, six, *_ = [c for c in books.claim(15) if not c.is_notice]
    books.bounce(one, "550 5.1.1")
    books.deliver(two)
    books.answer([three], Answer.REFUSED, "400")
    books.answer([four], Answer.UNKNOWN)
    books.answer([five, six], Answer.TAKEN)
    books.tell(five, Cause.DROP, "zz")
    books.tell(six, Cause.DEFER, "zz")
    with books.database.write() as connection:
        targets.hold_by_hand(connection, "111", "office-6@harbours.example", books.now)
    with books.database.write() as connection:
        targets.name_successor(
            connection, "111", "office-0@harbours.example", "office-7@harbours.example", books.now
        )
    books.answer(books.claim(1), Answer.KEY_REFUSED)
    for sort, audience, later in (
        (Sort.UPDATE, Audience.WRITERS, False),
        (Sort.OUTCOME, Audience.NEWS, True),
    ):
        with books.database.write() as connection:
            draft = Mailed(sort, audience, title, sentence, includes_later=later)
            mailings.keep(connection, books.find("111").id, None, draft, books.now)
    return tokens


def write(books: Books, slug: str, sentence: str, title: str, name: str) -> str:
    stored = books.find(slug)
    email = f"{secrets.token_hex(4)}@readers.example"
    drafts = tuple(Draft(t.id, title, sentence) for t in stored.targets)
    submission = Submission(
        secrets.token_hex(16), name, email, "", "", ("1",), 0.5, opt_in=True, drafts=drafts
    )
    books.intake.take(stored, submission, books.now)
    return books.tokens.receipt(books.submission(email))


@dataclass(frozen=True)
class Ground:
    """An installation with something of every kind in it."""

    app: Flask
    client: FlaskClient
    books: Books
    tokens: list[str]
    language: Language


@pytest.fixture(params=[seldom(Language.ES), Language.AR])
def ground(request: pytest.FixtureRequest, tmp_path: Path, valkey: Valkey) -> Iterator[Ground]:
    url = f"sqlite:///{tmp_path / 'postbag.db'}"
    database = Database(url)
    migrate(database)
    app = create_app(
        {
            "DATABASE_URL": url,
            "REDIS_URL": valkey.new_database(),
            "SECRET_KEY": SECRET_KEY,
            "PUBLIC_URL": "http://localhost",
            "SENDGRID_API_KEY": "SG.x",
            "SENDGRID_EVENT_PUBLIC_KEY": public_key(new_key()),
            "MAIL_FROM": "letters@postbag.example",
            "FORM_LIMIT": "100000/hour",
            "FORM_MIN_SECONDS": "0",
            "UNKNOWN_GRACE": "1",
            "LOG_FORMAT": "text",
        }
    )
    books = Books(database, datetime.now(UTC) - timedelta(hours=1), settings(SECRET_KEY=SECRET_KEY))
    tokens = fill(books, request.param)
    for email, role in (("bo@desk.example", Role.ORGANISER), ("olu@desk.example", Role.ADMIN)):
        sign_in_as(app, database, email, role)
    client = sign_in_as(app, database, ADMIN, Role.ADMIN)
    yield Ground(app, client, books, tokens, request.param)
    database.close()
    app.extensions["postbag"].database.close()


@pytest.fixture
def walk(ground: Ground) -> Walk:
    """Open every page that a link leads to."""
    client = ground.client
    forms, _ = read_page(client.get("/desk/sessions").text)
    found = Walk(ground.app, client, forms[0].fields["csrf_token"][0], ground.language)
    found.seen = {"/desk/sign-out"}
    for start in ("/", "/desk", "/desk/sign-in", "/desk/new", "/nowhere", "/l/zz", "/u/zz"):
        found.crawl(start)
    for slug in ("111", "222", "333", "444", "555", "666", "777"):
        for page in (f"/c/{slug}", f"/c/{slug}/embed", f"/c/{slug}/thanks", f"/desk/{slug}"):
            found.crawl(page)
    for token in ground.tokens:
        submission_id = ground.books.tokens.read_receipt(token)
        found.crawl(f"/u/{ground.books.tokens.updates(submission_id)}")
        found.crawl(f"/l/{token}")
        found.crawl(f"/l/{token}/confirm")
    return found


def test_no_answer_has_a_word_of_english(walk: Walk, *, is_long: bool) -> None:
    leaves = {"POST desk.sign_out", "POST desk.end_session"}
    given = [form for (endpoint, _), form in walk.forms.items() if endpoint not in leaves]
    for action, form in given:
        typed = [
            name
            for name in form.fields
            if name not in {"csrf_token", "token", "version"} and not re.search(r"-[1-9]-", name)
        ]
        for value in WRONG if is_long else WRONG[::3]:
            walk.press(action, form, dict.fromkeys(typed, value), f"all {value[:20]!r}", most=2)
        for name in typed:
            walk.press(action, form, {name: "zzqq"}, name, most=1)
        for name in form.files:
            for sheet in SHEETS:
                read = {"do": "read-spreadsheet", name: (io.BytesIO(sheet), "1.csv")}
                walk.press(action, form, read, repr(sheet), most=1)
    for action, form in given:
        walk.press(action, form, {}, "as it is")
    posts = [
        (str(rule.endpoint), str(rule.rule))
        for rule in walk.app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and f"POST {rule.endpoint}" not in walk.asked
    ]
    for _, path in posts:
        bare = path.replace("<slug>", "111").replace("<token>", "zz").replace("<key>", "zz")
        walk.post(bare, {"csrf_token": walk.csrf}, "with nothing in it")
        walk.post(bare, dict.fromkeys(("email", "letter", "target"), "zz"), "without a token")
    assert walk.english == []
    assert walk.read > 500


def test_english_is_found_where_it_is(ground: Ground) -> None:
    page = ground.client.get("/desk/111", headers={"Accept-Language": "en"}).text
    assert {"letters", "waiting"} <= foreign_words(ground.language, page)
