"""The wall takes what is signed, whatever it is like, and nothing else."""

import random
import time
from collections.abc import Iterator
from typing import Final

import psutil
import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from letters.storage.database import Database
from letters.storage.schema import answer
from rig.inbound import PATH, form, parsed_post, raw_message, raw_post
from sandbox.behaviour.events import SIGNATURE_HEADER, TIMESTAMP_HEADER, signature_headers
from sandbox.keys import new_key, public_key
from tests.answers.office import DOMAIN, THROUGH_US, Office
from tests.support.books import Books
from webapp.app import create_app

MOST_BYTES: Final = 30 * 2**20
MOST_GROWN_BYTES: Final = 8 * 2**20
KEY: Final = new_key()


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


@pytest.fixture
def client(database: Database, books: Books) -> Iterator[FlaskClient]:
    environment = {
        "DATABASE_URL": database.engine.url.render_as_string(hide_password=False),
        "REDIS_URL": "redis://127.0.0.1:1",
        "SECRET_KEY": "a-secret-key-for-tests-only",
        "PUBLIC_URL": "https://post.example",
        "SENDGRID_API_KEY": "SG.test",
        "SENDGRID_EVENT_PUBLIC_KEY": public_key(new_key()),
        "MAIL_FROM": "letters@postbag.example",
        "REPLY_DOMAIN": DOMAIN,
        "SENDGRID_INBOUND_PUBLIC_KEY": public_key(KEY),
        "LOG_FORMAT": "text",
    }
    app = create_app(environment)
    yield app.test_client()
    app.extensions["postbag"].database.close()


@pytest.fixture
def to(books: Books) -> str:
    """Give the own address of a letter that has left."""
    books.load("trees", more=THROUGH_US)
    books.write("trees")
    (letter,) = books.send()
    return Office(books).address(letter)


def signed(body: bytes) -> dict[str, str]:
    return dict(signature_headers(KEY, body, time.time()))


def post(client: FlaskClient, body: bytes, content_type: str, headers: dict[str, str]) -> int:
    return client.post(PATH, data=body, content_type=content_type, headers=headers).status_code


def answers(books: Books) -> int:
    with books.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(answer)).scalar_one())


def test_only_what_is_signed_with_its_own_key_is_taken(
    client: FlaskClient, books: Books, to: str
) -> None:
    body, kind = raw_post(to, raw_message(to))
    true = signed(body)
    stranger = dict(signature_headers(new_key(), body, time.time()))
    for headers in (
        {},
        {SIGNATURE_HEADER: true[SIGNATURE_HEADER]},
        {**true, SIGNATURE_HEADER: "MAA="},
        {**true, SIGNATURE_HEADER: "not base64"},
        {**true, TIMESTAMP_HEADER: "1"},
        stranger,
    ):
        assert post(client, body, kind, headers) == 403
    assert post(client, body + b" ", kind, true) == 403
    assert answers(books) == 0
    assert [post(client, body, kind, true) for _ in range(3)] == [204] * 3
    assert answers(books) == 1


def test_nothing_tells_a_letters_address_from_nobodys(
    client: FlaskClient, books: Books, to: str
) -> None:
    name = to.partition("@")[0]
    nobody = f"{name[:-2]}{'aq'[name[-1] == 'a']}@{DOMAIN}"
    seen = set()
    for address in (to, nobody, f"{'b' * 51}a@{DOMAIN}", "someone@elsewhere.example"):
        body, kind = raw_post(address, raw_message(address))
        response = client.post(PATH, data=body, content_type=kind, headers=signed(body))
        headers = [(k, v) for k, v in response.headers if k != "Date"]
        seen.add((response.status_code, response.data, tuple(headers)))
    assert len(seen) == 1


def test_too_much_is_refused_unread(client: FlaskClient, books: Books, to: str) -> None:
    body, kind = raw_post(to, b"x")
    assert (
        client.post(
            PATH,
            data=body,
            content_type=kind,
            headers=signed(body),
            environ_overrides={"CONTENT_LENGTH": str(MOST_BYTES + 1)},
        ).status_code
        == 413
    )


def broken(to: str) -> Iterator[tuple[str, bytes, str]]:
    """Give posts that no mail program made."""
    deep = b"".join(
        f'Content-Type: multipart/mixed; boundary="{n}"\r\n\r\n--{n}\r\n'.encode()
        for n in range(5_000)
    )
    yield "a bomb of parts in parts", *raw_post(to, deep + b"\r\nat last")
    many = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 50_000
    yield "fifty thousand parts", *raw_post(to, many)
    yield "a header of a megabyte", *raw_post(to, b"Subject: " + b"x" * 2**20 + b"\r\n\r\nhi")
    headers = b"".join(f"X-{n}: y\r\n".encode() for n in range(100_000))
    yield "a hundred thousand headers", *raw_post(to, headers + b"\r\nhi")
    yield (
        "a word of many words",
        *raw_post(to, b"Subject: " + b"=?utf-8?q?x?= " * 50_000 + b"\r\n\r\nhi"),
    )
    yield "parameters", *raw_post(to, b"Content-Type: text/plain" + b';";' * 50_000 + b"\r\n\r\nhi")
    yield "no message", *raw_post(to, b"")
    yield "nothing but NUL", *raw_post(to, b"\0" * 5_000)
    yield "half characters", *raw_post(to, raw_message(to, "x").replace(b"x", b"\xed\xa0\x80\0"))
    for charset in ("punycode", "idna", "unicode_escape", "zlib", "rot13", "utf-7", "undefined"):
        yield charset, *raw_post(to, raw_message(to).replace(b"utf-8", charset.encode()))
    for encoding in (b"base64", b"x-uuencode", b"quoted-printable", b"\xff", b"gzip"):
        garbled = raw_message(to).replace(b"8bit", encoding) + b"=\r\n=ZZ begin\xff"
        yield str(encoding), *raw_post(to, garbled)
    yield "brackets", *parsed_post(to, None, html="<" * 400_000)
    yield "tags in tags", *parsed_post(to, None, html="<div>" * 50_000)
    yield "comments", *parsed_post(to, None, html="<!--" * 50_000)
    yield "no text at all", *parsed_post(to, None)
    body, kind = parsed_post(to)
    yield "an envelope that is none", body.replace(b'{"to": [', b'{"to": [['), kind
    yield "charsets that are none", body.replace(b'{"subject"', b'[{"subject"'), kind
    yield "cut off", body[: len(body) // 2], kind
    yield "no boundary", body, "multipart/form-data"
    yield "another boundary", body, "multipart/form-data; boundary=other"
    yield "another kind", body, "application/json"
    yield "no kind", body, ""
    yield "empty", b"", "text/plain"
    yield "many fields", *form({f"f{n}": "x" for n in range(3_000)})
    yield (
        "an archive of archives",
        *parsed_post(
            to, files=[(f"{'../' * 50}\r\nx.zip", "application/zip", b"PK\x03\x04" * 100_000)]
        ),
    )


def test_whatever_comes_is_taken_in_a_bounded_time(
    client: FlaskClient, books: Books, to: str
) -> None:
    for name, body, kind in broken(to):
        began = time.process_time()
        assert post(client, body, kind, signed(body)) == 204, name
        assert time.process_time() - began < 10, name
    assert answers(books) > 20


def test_forged_cut_and_replayed_posts_bring_nothing(
    client: FlaskClient, books: Books, to: str, is_long: bool
) -> None:
    chance = random.Random(7)
    body, kind = raw_post(to, raw_message(to))
    true = signed(body)
    assert post(client, body, kind, true) == 204
    rest = 0
    for n in range(10_000 if is_long else 300):
        if n == 100:  # what is made once has been made
            rest = psutil.Process().memory_info().rss
        cut = chance.randrange(1, len(body) - 1)
        flipped = bytearray(body)
        flipped[cut] ^= 1 << chance.randrange(8)
        forged = chance.choice([body[:cut], bytes(flipped), body[:cut] + b"--" + body[cut:]])
        assert post(client, forged, kind, true) == 403
        assert post(client, body, kind, true) == 204
    assert psutil.Process().memory_info().rss - rest < MOST_GROWN_BYTES
    assert answers(books) == 1
