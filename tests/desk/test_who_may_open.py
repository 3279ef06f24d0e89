"""Who may open what: two organisers, an admin and a stranger against every route and method."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from letters.campaigns import store
from letters.desk import sign_ins
from letters.storage.schema import campaign, letter, organiser, writing
from rig.campaigns import form_fields
from rig.servers import wait_for
from tests.desk.conftest import AtDesk, campaign_fields, new_link
from tests.support.stack import Stack, cookie_of
from tests.support.stand_in import StandInProcess
from webapp.app import create_app
from webapp.desk.entry.door import ADMINS_ONLY, OPEN

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SECRET = "Only mine to read"


def desk_rules(stack: Stack) -> list[tuple[str, str, frozenset[str]]]:
    """Give every route of the desk from the app's own map: endpoint, rule and methods."""
    app = create_app(stack.environment)
    return [
        (rule.endpoint, rule.rule, frozenset(rule.methods or ()))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/desk") or rule.endpoint.startswith("desk.")
    ]


def path_of(rule: str, slug: str, letter_id: str = "forged", **places: str) -> str:
    known = {"slug": slug, "letter_id": letter_id, "target_id": "999", "key": "lantern", **places}
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: known.get(found[1], "forged"), rule)


def target_of(stack: Stack, slug: str) -> str:
    """Give the place of a campaign's first target in the database."""
    with stack.database.read() as connection:
        return str(store.find(connection, slug).targets[0].id)


def letter_of(stack: Stack, slug: str) -> str:
    """Give the id of a campaign's first letter."""
    with stack.database.read() as connection:
        wanted = select(letter.c.id).select_from(letter.join(campaign)).order_by(letter.c.id)
        mine = wanted.where(letter.c.kind == "letter", campaign.c.slug == slug)
        found = connection.execute(mine).scalars().first()
    assert found is not None
    return str(found)


@pytest.fixture
def mine(stack: Stack) -> str:
    """Give a campaign that belongs to one organiser, with a letter in it."""
    slug = f"mine-{datetime.now(UTC):%H%M%S%f}"
    owner = AtDesk(stack, "owner@doors.example", "organiser")
    fields = campaign_fields(SECRET, f"delivered@{slug}.example", slug=slug)
    assert owner.post("/desk/new", fields).status == 303
    assert owner.post(f"/desk/{slug}/status", {"status": "live"}).status == 303
    assert stack.post(f"/c/{slug}", stack.form(slug)).status == 303
    wait_for(lambda: stack.states(slug) == {"delivered": 1})
    return slug


def ask(stack: Stack, method: str, path: str, cookie: str = "") -> tuple[int, str]:
    headers = {"Cookie": cookie} if cookie else {}
    answer = StandInProcess(url=stack.url).request(method, path, headers=headers)
    return answer.status, answer.body.decode()


def test_every_route_of_the_desk_is_closed_unless_listed_open(stack: Stack, mine: str) -> None:
    rules = desk_rules(stack)
    assert {endpoint for endpoint, _, _ in rules} >= OPEN | ADMINS_ONLY
    assert len(rules) > 20
    for endpoint, rule, _ in rules:
        if endpoint in OPEN:
            continue
        for method in METHODS:
            status, body = ask(stack, method, path_of(rule, mine))
            assert status in {303, 400, 405} or (method == "OPTIONS" and status == 303), rule
            assert SECRET not in body


def test_an_organiser_opens_only_what_is_theirs(stack: Stack, mine: str) -> None:
    other = AtDesk(stack, "other@doors.example", "organiser")
    assert SECRET not in other.page("/desk")
    assert mine not in other.page("/desk/record")
    before, letter_id = stack.postbag("campaign", "dump", mine).stdout, letter_of(stack, mine)
    for endpoint, rule, methods in desk_rules(stack):
        if "<slug>" not in rule:
            continue
        for method in METHODS:
            status, body = ask(stack, method, path_of(rule, mine, letter_id), other.cookie)
            assert status in {400, 404, 405}, (method, rule, status)
            assert SECRET not in body
        if "POST" in methods:
            fields = {"status": "closed", "do": "save", "word": "link"}
            status = other.post(path_of(rule, mine, letter_id), fields).status
            assert status == 404, (endpoint, status)
            assert other.post(path_of(rule, "no-such"), {}).status == 404  # the same answer
    assert stack.postbag("campaign", "dump", mine).stdout == before


def test_what_admins_do_is_closed_to_organisers(stack: Stack, mine: str) -> None:
    owner = AtDesk(stack, "owner@doors.example", "organiser")
    for endpoint, rule, methods in desk_rules(stack):
        if endpoint not in ADMINS_ONLY:
            continue
        path = path_of(rule, mine)
        fields = {"email": "new@doors.example", "role": "admin", "name": "Mine"}
        asked = owner.post(path, fields) if "POST" in methods else owner.get(path)
        assert asked.status == 404, endpoint
    assert "new@doors.example" not in stack.postbag("organiser", "list").stdout
    assert "other@" not in owner.page("/desk/organisers")


def test_an_admin_gives_a_campaign_and_takes_it_back(stack: Stack, mine: str) -> None:
    admin, other = (
        AtDesk(stack, "admin@doors.example"),
        AtDesk(stack, "o2@doors.example", "organiser"),
    )
    assert admin.post(f"/desk/{mine}/people/give", {"email": other.email}).status == 303
    assert SECRET in other.page("/desk")
    assert other.get(f"/desk/{mine}/letters.csv").status == 200
    assert admin.post(f"/desk/{mine}/people/take-back", {"email": other.email}).status == 303
    assert other.get(f"/desk/{mine}").status == 404
    assert stack.postbag("organiser", "give", other.email, mine).returncode == 0
    assert other.get(f"/desk/{mine}").status == 200


def test_nobody_decides_about_another_campaigns_letter(stack: Stack, mine: str) -> None:
    other = AtDesk(stack, "other@doors.example", "organiser")
    slug = f"their-{mine}"
    other.post("/desk/new", campaign_fields("Theirs", "delivered@their.example", slug=slug))
    fields = {"letter": letter_of(stack, mine), "word": "failed"}
    assert other.post(f"/desk/{slug}/settle", fields).status == 409
    assert stack.states(mine) == {"delivered": 1}


def test_links_that_open_nothing_give_a_page_that_helps(stack: Stack) -> None:
    link = new_link(stack, "links@doors.example")
    stack.sign_in(link)
    with stack.database.write() as connection:
        owner = connection.execute(select(organiser.c.id)).scalars().first()
        assert owner is not None
        old = sign_ins.new_link(connection, owner, datetime.now(UTC) - timedelta(days=3))
    for path in (link, "/desk/sign-in/forged", f"/desk/sign-in/{old}", f"{link[:-1]}x"):
        answer = stack.get(path)
        page = answer.body.decode()
        assert answer.status == 403
        assert "Ask for a new link" in page
        assert "Set-Cookie" not in answer.headers
        assert "@" not in re.sub(r"<[^>]+>", "", page)


def test_what_was_typed_survives_a_session_that_ended(stack: Stack) -> None:
    ana = AtDesk(stack, "late@doors.example")
    csrf = re.search(r'name="csrf_token" value="([^"]+)"', ana.page("/desk/new"))
    assert csrf is not None
    stack.postbag("organiser", "sign-out", ana.email)
    fields = campaign_fields("An hour of work", "a@b.example", csrf_token=csrf[1])
    answer = stack.post("/desk/new", fields, Cookie=ana.cookie)
    assert answer.status == 403
    assert "An hour of work" in answer.body.decode()
    assert "Sign in" in answer.body.decode()


def test_sessions_are_listed_in_plain_words_and_end_at_once(stack: Stack) -> None:
    ana = AtDesk(stack, "two@doors.example")
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    second = stack.sign_in(new_link(stack, ana.email), **{"User-Agent": agent})
    page = ana.page("/desk/sessions")
    assert "Firefox · Linux" in page
    assert "Gecko" not in page
    (session,) = re.findall(r'name="session" value="([0-9a-f]+)"', page)
    other = AtDesk(stack, "third@doors.example", "organiser")
    other.post("/desk/sessions/end", {"session": session})
    assert stack.get("/desk", Cookie=second).status == 200  # it was not theirs to end
    assert ana.post("/desk/sessions/end", {"session": session}).status == 303
    assert stack.get("/desk", Cookie=second).status == 303
    assert ana.post("/desk/organisers/remove", {"email": other.email}).status == 303
    assert other.get("/desk").status == 303
    assert ana.post("/desk/organisers/remove", {"email": ana.email}).status == 422


def test_the_audit_log_is_only_added_to(stack: Stack) -> None:
    AtDesk(stack, "log@doors.example")
    for statement in ("UPDATE audit SET detail = ''", "DELETE FROM audit"):
        with pytest.raises(DBAPIError), stack.database.write() as connection:
            connection.execute(text(statement))


def test_whoever_redirects_a_campaigns_letters_stands_in_the_record(
    stack: Stack, mine: str
) -> None:
    owner = AtDesk(stack, "owner@doors.example", "organiser")
    to, other = f"delivered@{mine}.example", f"delivered@elsewhere-{mine}.example"
    fields = {"target": to, "word": "address", "email": other}
    assert owner.post(f"/desk/{mine}/target", fields).status == 303
    assert owner.post(f"/desk/{mine}/target", {**fields, "email": "none"}).status == 409
    back = stack.postbag("targets", "address", mine, other, to)
    assert back.returncode == 0, back.stderr
    told = [
        (entry["by"], entry["deed"], entry["detail"])
        for entry in json.loads(stack.postbag("audit", mine, "--json").stdout)["audit"]
        if entry["deed"] == "target"
    ]
    assert told == [
        (None, "target", f"{other} → {to}"),
        (owner.email, "target", f"{to} → {other}"),
    ]
    assert other in owner.page(f"/desk/{mine}/record")


def test_stored_markup_is_inert_on_every_page_and_export(stack: Stack, mine: str) -> None:
    bad = "\"><script>alert(1)</script>'{{7*7}}<img src=x onerror=alert(2)>"
    fields = stack.form(mine, name="\"'{{7*7}}", subject=bad, reason=bad, body=bad)
    assert stack.post(f"/c/{mine}", fields).status == 303
    formula = stack.form(mine, name="=cmd|' /C calc'!A0", subject="@SUM(1)", body="+1")
    assert stack.post(f"/c/{mine}", formula).status == 303
    assert stack.books(mine)["submitted"] == 3
    admin, letter_id = AtDesk(stack, "admin@doors.example"), letter_of(stack, mine)
    update = {"sort": "update", "audience": "writers", "subject": "News", "text": bad}
    told = admin.post(f"/desk/{mine}/updates/new", update)
    places = {
        "target_id": target_of(stack, mine),
        "mailing_id": told.headers["Location"].rpartition("/")[2],
    }
    for endpoint, rule, methods in desk_rules(stack):
        if "GET" not in methods or "token" in rule:
            continue
        answer = admin.get(path_of(rule, mine, letter_id, **places))
        kind = answer.headers["Content-Type"]
        if kind.startswith("text/html"):
            page = answer.body.decode()
            assert answer.status == 200, endpoint
            assert "<script>alert" not in page, endpoint
            assert "<img src=x" not in page, endpoint
        elif kind.startswith("application/json"):
            json.loads(answer.body)
        elif kind.startswith("text/csv"):
            table = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"), newline="")))
            cells = [cell for row in table for cell in row]
            assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t\r")], endpoint


def test_whoever_asks_gets_a_link_by_mail_and_signs_in_with_it(stack: Stack) -> None:
    email = f"asks-{datetime.now(UTC):%H%M%S%f}@doors.example"
    stack.at_desk(email, "organiser")
    page = stack.get("/desk/sign-in")
    cookie = cookie_of(page)
    fields = {**form_fields(page.body.decode()), "email": email.upper()}
    answer = stack.post("/desk/sign-in", fields, Cookie=cookie)
    assert "a link is on its way" in answer.body.decode()
    wait_for(lambda: stack.messages(email))
    (mail,) = stack.messages(email)
    text = mail["content"][0]["value"]
    assert "within 15 minutes" in text
    (link,) = [line for line in text.splitlines() if line.startswith(stack.url)]
    mine = stack.sign_in(link, Cookie=cookie_of(answer, cookie))
    assert stack.get("/desk", Cookie=mine).status == 200

    def links_in_clear() -> list[str]:
        with stack.database.read() as connection:
            bodies = connection.execute(select(writing.c.body)).scalars()
            return [body for body in bodies if body and "/desk/sign-in/" in body]

    wait_for(lambda: not links_in_clear())
