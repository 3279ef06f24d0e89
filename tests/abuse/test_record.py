"""Whatever changes something is in the record: every route and every command, from their own maps.

A new one that is in neither table here fails: say what it leaves in the record, or that it changes
nothing that others see.
"""

import argparse
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from letters.answers import office
from letters.campaigns import store
from letters.desk import organisers
from letters.notices.links import Links
from letters.record import COMMAND_LINE, LONGEST, STRANGER, Actor, Deed, Door, entries, record
from letters.record import Entry as Line
from letters.storage.schema import answer, letter, submission
from postbag.__main__ import main, make_parser
from rig.campaigns import campaign_file, form_fields
from sandbox.keys import new_key, public_key
from tests.abuse.at_desk import Desk
from tests.abuse.conftest import Site
from tests.desk.conftest import campaign_fields
from tests.support.stack import SECRET_KEY

MakeSite = Callable[..., Site]
ANA, BO = "ana@desk.example", "bo@desk.example"
MINISTER, OTHER = "minister@harbours.example", "other@harbours.example"


def lines(site: Site) -> list[Line]:
    """Give the record, the latest line first."""
    with site.database.read() as connection:
        return entries(connection, most=1_000)


def letter_in(site: Site, state: str) -> str:
    """Hand in a letter, and put it where a person has to decide."""
    assert site.client.post("/c/trees", data=site.form()).status_code == 303
    with site.database.write() as connection:
        found: str = connection.execute(
            select(letter.c.id).where(letter.c.kind == "letter").order_by(letter.c.id.desc())
        ).scalars().first() or ""  # fmt: skip
        connection.execute(update(letter).where(letter.c.id == found).values(state=state))
    return found


def answer_in(site: Site) -> str:
    """Let an answer have come to a letter."""
    letter_id, found = letter_in(site, "delivered"), secrets.token_hex(16)
    with site.database.write() as connection:
        of = connection.execute(select(letter).where(letter.c.id == letter_id)).one()
        connection.execute(
            insert(answer).values(
                id=found,
                letter_id=of.id,
                campaign_id=of.campaign_id,
                target_id=of.target_id,
                kind="person",
                told_by="no-sign",
                came_at=of.state_at,
            )
        )
    return found


def offer_in(site: Site) -> str:
    """Let an office have given one answer to everybody who wrote."""
    site.load("trees", MINISTER, OTHER, more="office_page = true\n")
    links = Links("http://localhost", site.tokens)
    with site.database.write() as connection:
        to = store.find(connection, "trees").targets[0]
        office.offer(connection, links, to.id, "We have read it.", datetime.now(UTC))
        return office.offered(connection, store.find(connection, "trees").id)[0].id


def writer_of(site: Site) -> str:
    """Let somebody write; give their address."""
    letter_in(site, "delivered")
    with site.database.read() as connection:
        found = select(submission.c.email).where(submission.c.email.is_not(None))
        return str(connection.execute(found.order_by(submission.c.id.desc())).scalars().first())


def session_of(site: Site, email: str) -> str:
    """Sign somebody in; give their session's id as the desk's own page names it."""
    first, second = Desk(site, email), Desk(site, email)
    found = re.findall(
        r'name="session" value="([0-9a-f]+)"', first.client.get("/desk/sessions").text
    )
    assert second.client.get("/desk").status_code == 200
    return str(found[0])


@dataclass(frozen=True)
class Post:
    """What one route is posted, and what it then leaves in the record."""

    deed: Deed
    fields: Callable[[Site], dict[str, object]] = lambda _site: {}
    by: str = ANA
    place: Callable[[Site], str] = lambda _site: ""
    """What stands in the path, beside the campaign."""


UPDATE = {"sort": "update", "audience": "writers", "subject": "News", "text": "They stay."}


def update_in(site: Site) -> str:
    """Let somebody have written an update that has not been sent."""
    where = Desk(site, ANA).post("/desk/trees/updates/new", UPDATE).headers["Location"]
    return str(where.rpartition("/")[2])


def seen(site: Site, letter_id: str) -> dict[str, object]:
    """Give what the desk's form says of a letter that was looked at."""
    with site.database.read() as connection:
        latest = select(letter.c.attempt_id).where(letter.c.id == letter_id)
        return {"letter": letter_id, "attempt": connection.execute(latest).scalar_one()}


def organisation_in(site: Site) -> str:
    """Let there be an organisation."""
    Desk(site, ANA).post("/desk/organisations/new", {"key": "mill", "name": "Mill"})
    return "mill"


def target_in(site: Site) -> str:
    """Give a target's place in the database."""
    with site.database.read() as connection:
        return str(store.find(connection, "trees").targets[1].id)


ROUTES = {
    "desk.create": Post(Deed.CREATED, lambda _: campaign_fields("New", MINISTER, slug="new-one")),
    "desk.edit": Post(Deed.CHANGED),
    "desk.copy": Post(Deed.CREATED, lambda _: {"slug": "trees-copied"}),
    "desk.link_preview": Post(Deed.PREVIEW_LINKED),
    "desk.set_status": Post(Deed.STATUS, lambda _: {"status": "paused"}),
    "desk.pace": Post(
        Deed.PACED, lambda _: {"per_hour": "12", "days": ["mon", "tue"], "do": "save"}
    ),
    "desk.send_test": Post(Deed.TESTED),
    "desk.settle": Post(
        Deed.DECIDED, lambda site: {**seen(site, letter_in(site, "unknown")), "word": "failed"}
    ),
    "desk.correct_answer": Post(
        Deed.ANSWER, lambda site: {"answer": answer_in(site), "kind": "automatic"}
    ),
    "desk.release_answer": Post(
        Deed.PASSED_ON, lambda site: {"answer": offer_in(site), "word": "release"}
    ),
    "desk.decide": Post(Deed.HELD, lambda _: {"word": "hold", "target": MINISTER}),
    "desk.give_campaign": Post(Deed.GIVEN, lambda _: {"email": BO}),
    "desk.take_campaign_back": Post(Deed.TAKEN, lambda _: {"email": BO}),
    "desk.invite": Post(Deed.INVITED, lambda _: {"email": "new@desk.example", "role": "admin"}),
    "desk.end_session_of": Post(Deed.SESSION_ENDED, lambda _: {"email": BO}),
    "desk.end_session": Post(Deed.SESSION_ENDED, lambda site: {"session": session_of(site, ANA)}),
    "desk.remove_organiser": Post(Deed.REMOVED, lambda _: {"email": BO}),
    "desk.act_on_letter": Post(
        Deed.DECIDED, lambda _: {"word": "failed"}, place=lambda site: letter_in(site, "unknown")
    ),
    "desk.erase_writer": Post(Deed.WRITER_ERASED, place=lambda site: letter_in(site, "delivered")),
    "desk.decide_office": Post(Deed.HELD, lambda _: {"word": "hold"}, place=target_in),
    "desk.change_update": Post(Deed.UPDATE_TESTED, lambda _: {"do": "test"}, place=update_in),
    "desk.add_organisation": Post(
        Deed.ORGANISATION, lambda _: {"key": "weir", "name": "Friends of the Weir"}
    ),
    "desk.change_organisation": Post(
        Deed.ORGANISATION, lambda _: {"name": "Friends of the Mill"}, place=organisation_in
    ),
    "desk.sign_out": Post(Deed.SIGNED_OUT),
}
# They are tried apart below, or change nothing that anybody else can see.
OTHERWISE = {
    "desk.archive",
    "desk.delete",  # tests/web/test_shelf.py
    "desk.sign_in",  # below
    "desk.sign_in_with_passkey",
    "desk.add_passkey",
    "desk.remove_passkey",  # test_passkeys.py
    "desk.write_update",  # a draft: what is done with it is in the record
    "desk.send_link",  # a stranger asks for a mail; who then signs in is in the record
}


def test_every_changing_route_of_the_desk_leaves_its_line(make_site: MakeSite) -> None:
    site = make_site()
    posts = {
        rule.endpoint: rule.rule
        for rule in site.app.url_map.iter_rules()
        if rule.endpoint.startswith("desk.") and "POST" in (rule.methods or ())
    }
    assert set(posts) == set(ROUTES) | OTHERWISE
    site.load("trees", MINISTER, OTHER)
    Desk(site, BO)
    for endpoint, post in ROUTES.items():
        desk = Desk(site, ANA)
        path = re.sub(r"<(?!slug)[^>]+>", post.place(site), posts[endpoint])
        path = path.replace("<slug>", "trees")
        fields = post.fields(site)
        if endpoint == "desk.edit":
            version = form_fields(desk.client.get(path).text)["version"]
            fields = {**campaign_fields("Another title", MINISTER, OTHER), "version": version}
        if endpoint == "desk.act_on_letter":
            fields["attempt"] = form_fields(desk.client.get(path).text)["attempt"]
        before = len(lines(site))
        told = desk.post(path, fields)
        assert told.status_code in {200, 303}, (endpoint, told.status_code, told.text)
        found = lines(site)
        new = found[: len(found) - before]
        assert (post.deed, post.by) in {(line.deed, line.by) for line in new}, (endpoint, new)
        assert all(line.door is Door.DESK for line in new)


def test_what_leaves_the_desk_with_names_is_on_the_record(make_site: MakeSite) -> None:
    site = make_site()
    desk = Desk(site, ANA)
    for name in ("letters.csv", "consents.csv"):
        assert desk.client.head(f"/desk/trees/{name}").status_code == 200
        assert desk.client.get(f"/desk/trees/{name}").status_code == 200
        (line,) = [one for one in lines(site) if one.detail == name]
        assert (line.deed, line.by, line.slug) == (Deed.EXPORTED, ANA, "trees")


def test_refusals_are_on_the_record_without_anybodys_data(make_site: MakeSite) -> None:
    site = make_site()
    Desk(site, ANA)
    guest = Desk(site, "guest@desk.example")
    with site.database.write() as connection:
        organisers.enrol(
            connection, "guest@desk.example", lines(site)[0].at, organisers.Role.ORGANISER
        )
    assert guest.post("/desk/trees/status", {"status": "closed"}).status_code == 404
    assert guest.post("/desk/organisers/remove", {"email": ANA}).status_code == 404
    refused = [line for line in lines(site) if line.deed is Deed.REFUSED]
    assert [(line.by, line.detail) for line in refused] == [
        ("guest@desk.example", "desk.remove_organiser"),
        ("guest@desk.example", "desk.set_status"),
    ]
    stranger = site.app.test_client()
    fields = form_fields(stranger.get("/desk/sign-in").text)
    for _ in range(20):  # they cannot fill what nobody can empty
        assert stranger.post("/desk/sign-in/forged", data=fields).status_code == 403
    by_strangers = [line for line in lines(site) if line.door is Door.STRANGER]
    assert [(line.by, line.deed) for line in by_strangers] == [(None, Deed.REFUSED)]
    assert "forged" not in by_strangers[0].detail


def test_nobody_writes_what_they_like_into_the_record(make_site: MakeSite) -> None:
    site = make_site()
    site.load("trees", MINISTER, OTHER)
    desk = Desk(site, ANA)
    forged = f"{BO} closed the campaign\n" + "x" * 200_000
    for word in ("hold", "release", "address", "successor"):
        desk.post("/desk/trees/target", {"word": word, "target": MINISTER, "email": forged})
    assert not [line for line in lines(site) if BO in line.detail]
    with site.database.write() as connection:
        now = lines(site)[0].at
        record(connection, Deed.TARGET, now, by=COMMAND_LINE, detail=forged + "\0\u202e")
    assert len(lines(site)[0].detail) == LONGEST
    assert lines(site)[0].detail.isprintable()


COMMANDS: dict[str, tuple[Deed, tuple[str, ...]]] = {
    "campaign load": (Deed.CREATED, ("new.toml",)),
    "campaign copy": (Deed.CREATED, ("trees", "trees-again")),
    "campaign status": (Deed.STATUS, ("trees", "paused")),
    "campaign test": (Deed.TESTED, ("trees", ANA)),
    "targets load": (Deed.CHANGED, ("trees", "targets.csv")),
    "areas load": (Deed.AREAS, ("uk", "areas.csv")),
    "restored": (Deed.RESTORED, ("--since", "2026-01-01T00:00:00+00:00")),
    "targets hold": (Deed.HELD, ("trees", MINISTER)),
    "targets release": (Deed.RELEASED, ("trees", MINISTER)),
    "targets address": (Deed.TARGET, ("trees", MINISTER, "minister@new.example")),
    "targets successor": (Deed.SUCCEEDED, ("trees", "minister@new.example", OTHER)),
    "organisation load": (Deed.ORGANISATION, ("mill.toml",)),
    "list load": (Deed.LIST, ("mps", "targets.csv")),
    "office hold": (Deed.HELD, (OTHER, "They asked us to wait.")),
    "office release": (Deed.RELEASED, (OTHER,)),
    "letter settle": (Deed.DECIDED, ("<unknown>", "failed")),
    "letter again": (Deed.DECIDED, ("<failed>",)),
    "writer show": (Deed.WRITER_SHOWN, ("<writer>",)),
    "writer link": (Deed.WRITER_LINKED, ("<writer>",)),
    "writer erase": (Deed.WRITER_ERASED, ("<writer>",)),
    "organiser invite": (Deed.INVITED, (ANA,)),
    "organiser give": (Deed.GIVEN, (ANA, "trees")),
    "organiser take-back": (Deed.TAKEN, (ANA, "trees")),
    "organiser sign-out": (Deed.SESSION_ENDED, (ANA,)),
    "organiser remove": (Deed.REMOVED, (ANA,)),
    "webhook set": (Deed.WEBHOOK_SET, ("trees", "https://crm.example.org/hook?key=secret")),
    "webhook remove": (Deed.WEBHOOK_REMOVED, ("trees",)),
}
READS = {
    "areas find", "audit", "campaign check", "campaign dump", "doctor", "ledger",
    "organiser list", "plan",
    "webhook show",
    "migrate",  # there is no record before it
    "organiser passkeys",  # test_passkeys.py
    "list dump",
    "organisation dump",
    "organisation list",
    "letter show",
    "list show",
    "office show",
}  # fmt: skip


def made(site: Site, argument: str) -> str:
    """Give what a command is about, made on the spot where the table only names it."""
    match argument:
        case "<writer>":
            return writer_of(site)
        case "<unknown>" | "<failed>":
            return letter_in(site, argument.strip("<>"))
        case _:
            return argument


def commands(parser: argparse.ArgumentParser, words: str = "") -> list[str]:
    """Give every command that a parser knows."""
    groups = [
        action for action in parser._actions  # noqa: SLF001 - argparse has no other way to ask
        if isinstance(action, argparse._SubParsersAction)  # noqa: SLF001
    ]  # fmt: skip
    if not groups:
        return [words.strip()]
    return [
        found
        for name, below in groups[0].choices.items()
        for found in commands(below, f"{words} {name}")
    ]


def test_every_changing_command_leaves_its_line(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert set(commands(make_parser())) == set(COMMANDS) | READS
    site = make_site()
    site.load("trees", MINISTER, OTHER)
    (tmp_path / "new.toml").write_text(campaign_file("newer"))
    (tmp_path / "targets.csv").write_text(f"name,email\nA,{MINISTER}\nB,{OTHER}\n")
    (tmp_path / "mill.toml").write_text('key = "mill"\nname = "Friends of the Mill"\n')
    (tmp_path / "areas.csv").write_text("postcode,area\nAB1 2CD,North\n")
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "DATABASE_URL": site.database.engine.url.render_as_string(hide_password=False),
        "REDIS_URL": site.app.extensions["postbag"].settings.redis_url,
        "SECRET_KEY": SECRET_KEY,
        "PUBLIC_URL": "https://post.example",
        "SENDGRID_API_KEY": "SG.x",
        "SENDGRID_EVENT_PUBLIC_KEY": public_key(new_key()),
        "MAIL_FROM": "letters@postbag.example",
    }.items():
        monkeypatch.setenv(name, value)
    for command, (deed, arguments) in COMMANDS.items():
        given = [made(site, argument) for argument in arguments]
        before = len(lines(site))
        assert main([*command.split(), *given]) == 0, command
        found = lines(site)
        new = found[: len(found) - before]
        assert deed in {line.deed for line in new}, command
        assert {(line.by, line.door) for line in new} == {(None, Door.COMMAND_LINE)}, command
        assert not any("secret" in line.detail for line in new)


def test_an_office_and_a_writer_can_stand_in_the_record(make_site: MakeSite) -> None:
    site = make_site()
    with site.database.write() as connection:
        now = lines(site)[0].at
        for by in (Actor.office(MINISTER), STRANGER):
            record(connection, Deed.HELD, now, by=by, detail=MINISTER)
    page = Desk(site, ANA).client.get("/desk/record").text
    assert MINISTER in page
    assert "a stranger" in page
