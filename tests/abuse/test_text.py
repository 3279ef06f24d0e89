"""Text of every kind in every field: taken unchanged or refused with a reason, never read."""

import io
from collections.abc import Callable
from io import BytesIO
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from letters.text.visible import trim
from rig.campaigns import form_fields
from tests.abuse import naughty
from tests.abuse.conftest import Site

MakeSite = Callable[..., Site]
LINES = ("name", "subject", "postcode")
TEXTS = ("reason", "body")
UNSEEN = (
    "points",
    "target",
    "opt_in",
    "token",
    "leave_empty",
    "altcha",
    "embedded",
    "nothing_of_ours",
)
ROOM = {"name": 100, "subject": 200, "postcode": 20, "reason": 2_000, "body": 10_000}
URLENCODED = "application/x-www-form-urlencoded"


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    made = make_site()
    made.load("asking", more="asks_postcode = true\n")
    return made


def hand_in(site: Site, **changes: object) -> TestResponse:
    fields = site.form("asking", **{"postcode": "AB1 2CD", **changes})
    return site.client.post("/c/asking", data=fields)


def is_kept(page: str, field: str, text: str) -> bool:
    # A page has one kind of line end; a browser sees the same.
    one_kind = text.replace("\r\n", "\n")
    return str(form_fields(page)[field]).strip() == one_kind.strip()


def refused_with_reason(answer: TestResponse, field: str, text: str) -> None:
    assert answer.status_code == 422, (field, text[:50])
    assert f'id="{field}-error"' in answer.text, (field, text[:50])
    assert is_kept(answer.text, field, text), (field, text[:50])


@pytest.mark.parametrize("field", LINES)
def test_a_line_is_taken_as_it_is(site: Site, field: str) -> None:
    for text in naughty.SINGLE_LINES:
        answer = hand_in(site, **{field: text})
        kept = trim(text) if field == "postcode" else text.strip()
        if (
            not 0 < len(kept) <= ROOM[field]
            or (field == "name" and naughty.is_no_name(text))
            or (field == "subject" and naughty.is_no_subject(text))
        ):
            refused_with_reason(answer, field, text)
        else:
            assert answer.status_code == 303, text
            assert answer.headers["Location"] == "/c/asking/thanks"
            subject, letter = site.letters()[-1]
            if field == "name":
                assert letter.endswith(f"Yours sincerely,\n{text}")
            if field == "subject":
                assert subject == text


@pytest.mark.parametrize("field", TEXTS)
def test_a_text_is_taken_as_it_is(site: Site, field: str) -> None:
    for text in (*naughty.SINGLE_LINES, *naughty.SEVERAL_LINES):
        assert hand_in(site, **{field: text}).status_code == 303, text
        letter = site.letters()[-1][1]
        assert f"\n\n{text.replace(chr(13) + chr(10), chr(10))}\n\n" in letter


@pytest.mark.parametrize("field", [*LINES, *TEXTS, "email"])
def test_control_characters_are_refused(site: Site, field: str) -> None:
    for text in naughty.CONTROLS:
        refused_with_reason(hand_in(site, **{field: text}), field, text)
    assert site.count() == 0


@pytest.mark.parametrize("field", [*LINES, "email"])
def test_more_than_one_line_is_refused(site: Site, field: str) -> None:
    for text in naughty.LINE_ENDS:
        answer = hand_in(site, **{field: text})
        assert answer.status_code == 422, text
        assert "on one line" in answer.text
        assert all("\n" not in value for _, value in answer.headers)
    assert site.count() == 0


@pytest.mark.parametrize("field", [*LINES, *TEXTS])
def test_bytes_that_are_no_text_are_refused(site: Site, field: str) -> None:
    for octets in naughty.NO_TEXT:
        fields = site.form("asking", postcode="AB1 2CD")
        del fields[field]
        body = urlencode(fields, doseq=True).encode() + f"&{field}=".encode() + octets
        answer = site.client.post("/c/asking", data=body, content_type=URLENCODED)
        assert answer.status_code == 422, octets
        assert "cannot be read" in answer.text
        shown = form_fields(answer.text)
        assert "\ufffd" in shown[field]
        assert shown["email"] == fields["email"]
        part = (
            f'--b\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n'.encode()
            + b"\xff\xfe\r\n--b--\r\n"
        )
        kind = "multipart/form-data; boundary=b"
        answer = site.client.post("/c/asking", data=part, content_type=kind)
        assert "cannot be read" in answer.text
    assert site.count() == 0


@pytest.mark.parametrize("field", [*LINES, *TEXTS, "email", *UNSEEN])
def test_a_megabyte_is_refused_with_all_that_was_typed(
    site: Site, field: str, is_long: bool
) -> None:
    for text in naughty.MEGABYTES if is_long else naughty.MEGABYTES[:1]:
        answer = hand_in(site, **{field: text})
        if field in UNSEEN:
            assert answer.status_code in {303, 413, 422}
            continue
        if answer.status_code == 413:
            assert "too much at once" in answer.text
            continue
        assert answer.status_code == 422, field
        assert is_kept(answer.text, field, text)
    assert all(len(letter) < 1_000 for _, letter in site.letters())


def test_unseen_fields_take_anything(site: Site) -> None:
    for text in (*naughty.SINGLE_LINES, *naughty.LINE_ENDS, *naughty.CONTROLS):
        answer = hand_in(site, **dict.fromkeys(UNSEEN, text))
        assert answer.status_code in {303, 422}


def test_addresses_that_are_none_are_refused(site: Site) -> None:
    none = set(naughty.SINGLE_LINES) - set(naughty.HOLDS_ADDRESS)
    for text in (*none, "a@b@c.example", "a@[127.0.0.1]", "a@b.example,c@d.example",
                 "ana@readers.example>", "é@readers.example", "a@b..example", ".a@b.example",
                 "a@-b.example", f"{'a' * 65}@b.example",
                 f"a@{'b.' * 130}example"):  # fmt: skip
        refused_with_reason(hand_in(site, email=text), "email", text)
    assert site.count() == 0


def test_an_address_is_read_through_what_stands_around_it(site: Site) -> None:
    for text in (*naughty.HOLDS_ADDRESS, "a@c.example\u2060", "a@é.example"):
        assert hand_in(site, email=text).status_code == 303, text
    assert site.count() == 4


def test_a_preview_is_exact_and_stores_nothing(site: Site) -> None:
    for text in (*naughty.SINGLE_LINES, *naughty.SEVERAL_LINES):
        answer = hand_in(site, body=text, preview="1")
        assert answer.status_code == 200
        assert is_kept(answer.text, "body", text)
    assert hand_in(site, name=naughty.MARKUP[0], update="1").status_code == 200
    assert site.count() == 0


def test_bodies_of_other_kinds_are_answered_with_a_page(site: Site) -> None:
    client: FlaskClient = site.client
    boundary = "multipart/form-data; boundary=b"
    field = b'--b\r\nContent-Disposition: form-data; name="body"'
    bodies = [
        (b"", URLENCODED),
        (b"&&&===&=&a", URLENCODED),
        (b"body=%", URLENCODED),
        (b"body=%zz%1", URLENCODED),
        (b"body=a&" * 50, URLENCODED),
        (b"", boundary),
        (b"--b", boundary),
        (b"\x00" * 10_000, boundary),
        (field, boundary),
        (field + b"\r\n\r\nabc\r\n--b--\r\n", boundary),
        (field + b"\r\nContent-Type: text/plain; charset=nonsense\r\n\r\na\r\n--b--\r\n", boundary),
        (field + b"\r\nContent-Transfer-Encoding: base64\r\n\r\na\r\n--b--\r\n", boundary),
        (field + b'; filename="x.exe"\r\n\r\nabc\r\n--b--\r\n', boundary),
        (b"--b\r\nX: y\r\n\r\nabc\r\n--b--\r\n", boundary),
        (b"abc", "multipart/form-data"),
        (b"abc", "multipart/form-data; boundary="),
        (b'{"body": "abc"}', "application/json"),
        (b"\xff\x00" * 100, "application/octet-stream"),
        (b"body=abc", "text/plain"),
        (b"<a/>", "application/xml"),
        (b"body=abc", ""),
        (b"body=abc", "{{7*7}}/\x7f; charset=\x80"),
    ]
    for body, kind in bodies:
        answer = client.post("/c/asking", data=body, content_type=kind)
        assert answer.status_code == 422, (body[:60], kind)
        assert "<form" in answer.text
    assert site.count() == 0


def test_thousands_of_fields_are_too_much(site: Site) -> None:
    for body in (b"a=1&" * 5_000, b"&" * 4_000_000, b"points=trees&" * 5_000):
        answer = site.client.post("/c/asking", data=body, content_type=URLENCODED)
        assert answer.status_code == 413
        assert "too much at once" in answer.text
    parts = {f"field-{n}": "x" for n in range(3_000)}
    for path in ("/c/asking", "/c/nowhere", "/l/forged/edit", "/desk/sign-in"):
        answer = site.client.post(path, data=parts, content_type="multipart/form-data")
        assert answer.status_code == 413
    many = {**site.form("asking", postcode="A"), "points": ["trees"] * 1_500}
    assert site.client.post("/c/asking", data=many).status_code == 303


@pytest.mark.parametrize("size", [2**18, 6 * 2**20])
def test_more_than_a_page_can_hold_is_refused_wherever_it_is_posted(site: Site, size: int) -> None:
    body = {"body": "x" * size}
    for path in ("/c/asking", "/c/nowhere", "/l/x/edit", "/desk/sign-in", "/desk/new"):
        answer = site.client.post(path, data=body)
        assert answer.status_code == 413, path
        assert "too much at once" in answer.text


def test_what_is_posted_where_nothing_takes_it_is_not_read(site: Site) -> None:
    for path, status in (("/nowhere", 404), ("/", 405), ("/c/asking/thanks", 405), ("/desk", 405),
                         ("/healthz", 405), ("/static/style.css", 405)):  # fmt: skip
        unread = BytesIO(b"body=mine" + b"x" * 2**20)
        answer = site.client.post(path, input_stream=unread, content_length=2**20 + 9,
                                  content_type=URLENCODED)  # fmt: skip
        assert answer.status_code == status, path
        assert unread.tell() == 0, path
        assert "mine" not in answer.text


def test_of_repeated_fields_one_counts(site: Site) -> None:
    fields = site.form("asking", postcode="A")
    for name in ("name", "email", "subject", "body", "token"):
        twice = {**fields, name: [fields[name], "<b>\r\nBcc: x@y.example"]}
        assert site.client.post("/c/asking", data=twice).status_code == 303, name
    assert site.count() == 1, "the token makes them one submission"


def test_a_text_posted_as_a_file_is_no_text(site: Site) -> None:
    fields = site.form("asking", postcode="A")
    for name in ("name", "email", "subject", "reason", "body", "token", "leave_empty", "points"):
        posted = {k: v for k, v in fields.items() if k != name}
        posted[name] = (io.BytesIO(b"from a file"), "x.txt")
        answer = site.client.post("/c/asking", data=posted, content_type="multipart/form-data")
        assert answer.status_code in {303, 422}, name
        assert "from a file" not in answer.text
    assert all("from a file" not in letter for _, letter in site.letters())


def test_names_in_addresses_of_pages_are_only_names(site: Site) -> None:
    for text in ("%00", "tre%00es", "%FF", "%ED%A0%80", "{{7*7}}", "%0d%0aX-Injected:%201", "..%2f",
                 "%3Cscript%3E", "'%20OR%201=1--", "a" * 5_000, "😀"):  # fmt: skip
        for path in ("/c/{}", "/c/{}/thanks", "/c/{}/count.json", "/c/{}/letter.pdf", "/c/{}/embed",
                     "/l/{}", "/l/{}/confirm", "/l/x.{}", "/desk/sign-in/{}", "/{}",
                     "/static/{}"):  # fmt: skip
            answer = site.client.get(path.format(text))
            assert answer.status_code in {308, 403, 404}, (path, text)
            assert answer.headers.get("Location", "/").startswith(("/", "http://localhost/"))
            assert "X-Injected" not in answer.headers
            assert "<script>" not in answer.text
        assert site.client.post(f"/c/{text}", data={"body": "x"}).status_code in {308, 404}
        answer = site.client.post(f"/l/{text}/edit", data={"body": "x"})
        assert answer.status_code in {308, 404}


def test_the_receipts_forms_take_text_as_the_page_does(site: Site) -> None:
    hand_in(site)
    with site.database.read() as connection:
        (submission_id,) = connection.exec_driver_sql("SELECT id FROM submission").scalars()
        (letter_id,) = connection.exec_driver_sql(
            "SELECT id FROM letter WHERE kind = 'letter'"
        ).scalars()
    path = f"/l/{site.tokens.receipt(submission_id)}"
    for text in (*naughty.SINGLE_LINES, *naughty.SEVERAL_LINES):
        answer = site.client.post(
            f"{path}/edit", data={"letter": letter_id, "subject": "Trees", "body": text}
        )
        assert answer.status_code == 303, text
        assert site.letters()[0][1] == text.replace("\r\n", "\n")
    for text in (*naughty.CONTROLS, *naughty.LINE_ENDS):
        changed = {"letter": letter_id, "subject": text, "body": "Kept."}
        assert site.client.post(f"{path}/edit", data=changed).status_code == 422, text
    for text in (*naughty.SINGLE_LINES, *naughty.CONTROLS):
        posted = {"letter": text, "subject": "S", "body": "B"}
        assert site.client.post(f"{path}/edit", data=posted).status_code == 409, text
        assert site.client.post(f"{path}/cancel", data=posted).status_code == 409, text
    for octets in naughty.NO_TEXT:
        body = f"letter={letter_id}&subject=S&body=".encode() + octets
        answer = site.client.post(f"{path}/edit", data=body, content_type=URLENCODED)
        assert answer.status_code == 422
        assert "cannot be read" in answer.text
    for text in naughty.MEGABYTES[:3]:
        posted = {"letter": letter_id, "subject": "S", "body": text}
        assert site.client.post(f"{path}/edit", data=posted).status_code in {413, 422}


def test_the_desks_open_form_takes_anything(site: Site) -> None:
    client = site.app.test_client()
    crumb = form_fields(client.get("/desk/sign-in").text)
    for text in (*naughty.SINGLE_LINES, *naughty.CONTROLS, *naughty.LINE_ENDS):
        answer = client.post("/desk/sign-in", data={**crumb, "email": text})
        assert answer.status_code in {200, 422}, text
        if answer.status_code == 422:
            assert form_fields(answer.text)["email"] == text.strip()[:254], text
        else:
            assert "7*7" not in answer.text
        wrong = client.post("/desk/sign-in", data={**crumb, "csrf_token": text, "email": "a"})
        assert wrong.status_code == 400


def test_whatever_hypothesis_finds(make_site: MakeSite, is_long: bool) -> None:
    site = make_site()
    site.load("asking", more="asks_postcode = true\n")
    anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)

    @settings(
        max_examples=2_000 if is_long else 60,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(name=anything, subject=anything, reason=anything, body=anything, postcode=anything)
    def check(**texts: str) -> None:
        before = site.count()
        answer = hand_in(site, **texts)
        assert answer.status_code in {303, 422}
        if answer.status_code == 422:
            assert site.count() == before
            assert "-error" in answer.text
            for field in TEXTS:
                assert is_kept(answer.text, field, texts[field])
        else:
            subject, letter = site.letters()[-1]
            name = texts["name"].strip()
            body = texts["body"].replace("\r\n", "\n")
            assert subject == texts["subject"].strip()
            assert letter.endswith(f"\n\n{body}\n\nYours sincerely,\n{name}")

    check()

    @settings(
        max_examples=1_000 if is_long else 60,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(
        body=st.binary(max_size=300),
        kind=st.sampled_from([URLENCODED, "multipart/form-data; boundary=b", "text/plain", ""]),
        opening=st.sampled_from(
            [
                b"",
                b"body=",
                b"--b\r\n",
                b'--b\r\nContent-Disposition: form-data; name="body"\r\n\r\n',
            ]
        ),
    )
    def check_bytes(body: bytes, kind: str, opening: bytes) -> None:
        answer = site.client.post("/c/asking", data=opening + body, content_type=kind)
        assert answer.status_code in {200, 303, 413, 422}

    check_bytes()
