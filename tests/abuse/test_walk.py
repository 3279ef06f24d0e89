"""A walk over all routes, made from the app's own map.

What looks changes nothing; what changes something wants the token of the session it comes from, and
is done by those alone to whom it was given.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from werkzeug.routing import Rule

from letters.campaigns import store
from letters.desk import organisers, sign_ins
from letters.desk.organisers import Role
from letters.record import Deed, entries
from letters.storage.identity import new_id
from letters.storage.schema import letter, metadata, office_answer, submission
from tests.abuse.at_desk import Desk
from tests.abuse.conftest import Site
from tests.desk.conftest import campaign_fields
from webapp.desk.entry.door import ADMINS_ONLY, OPEN

MakeSite = Callable[..., Site]
SECRET = "Keep the harbour"  # in the title of a campaign that not everybody may see
OWNER, OTHER, ADMIN = "owner@desk.example", "other@desk.example", "admin@desk.example"
# What leaves the desk with people's names is on the record: these write one line there, on a GET.
EXPORTS = frozenset({"desk.letters_csv", "desk.consents_csv"})
LOOKS = frozenset({"desk.show_letter", "desk.show_writer"})  # who looks at one person is, too
ON_RECORD = EXPORTS | LOOKS
UPDATE = {"sort": "update", "audience": "writers", "subject": "News", "text": "They stay."}


@dataclass
class Walk:
    """A site with a campaign of one organiser, a letter in it, and links that are good."""

    site: Site
    receipt: str
    sign_in: str
    owner: Desk
    other: Desk
    admin: Desk
    places: dict[str, str]
    """What stands in the places of a path."""

    def rules(self, method: str, under: str = "") -> Iterator[tuple[Rule, str]]:
        """Give every rule with this method, and a path that it takes."""
        for rule in self.site.app.url_map.iter_rules():
            if method not in (rule.methods or ()) or not rule.rule.startswith(under):
                continue
            token = self.sign_in if rule.rule.startswith("/desk") else self.receipt
            places = {**self.places, "token": token}
            parts = re.split(r"<([^>]+)>", rule.rule)
            yield rule, "".join(places.get(part, part) for part in parts)

    def everything(self) -> dict[str, list[Any]]:
        """Give every row of the database."""
        with self.site.database.read() as connection:
            return {
                table.name: [tuple(row) for row in connection.execute(select(table))]
                for table in metadata.sorted_tables
            }


@pytest.fixture
def walk(make_site: MakeSite) -> Walk:
    site = make_site()
    site.load("trees", more='confirm = "before-sending"\nopt_in = "News, please."\n')
    assert site.client.post("/c/trees", data=site.form(opt_in="y")).status_code == 303
    owner = Desk(site, OWNER, Role.ORGANISER)
    other, admin = Desk(site, OTHER, Role.ORGANISER), Desk(site, ADMIN)
    now = datetime.now(UTC)
    with site.database.write() as connection:
        submission_id = connection.execute(select(submission.c.id)).scalar_one()
        mine = store.find(connection, "trees")
        organisers.give(connection, mine.id, organisers.known(connection, OWNER), now)
        _, token = sign_ins.invite(connection, "new@desk.example", now)
        letter_id = connection.execute(
            select(letter.c.id).where(letter.c.kind == "letter")
        ).scalar_one()
    update = owner.post("/desk/trees/updates/new", UPDATE).headers["Location"]
    admin.post("/desk/organisations/new", {"key": "mill", "name": "Friends of the Mill"})
    places = {
        "slug": "trees",
        "path:filename": "style.css",
        "int:target_id": str(mine.targets[0].id),
        "letter_id": letter_id,
        "mailing_id": update.rpartition("/")[2],
        "key": "mill",
    }
    return Walk(site, site.tokens.receipt(submission_id), token, owner, other, admin, places)


def test_get_and_head_change_nothing(walk: Walk) -> None:
    before = walk.everything()
    browsers: dict[str, FlaskClient] = {
        "stranger": walk.site.app.test_client(),
        "owner": walk.owner.client,
        "other": walk.other.client,
        "admin": walk.admin.client,
    }
    seen = 0
    for who, client in browsers.items():
        for method in ("HEAD", "GET"):
            for rule, path in walk.rules(method):
                if method == "GET" and rule.endpoint in ON_RECORD:
                    continue
                with client.open(path, method=method) as answer:
                    status = answer.status_code
                assert status in {200, 204, 303, 404, 503}, (who, method, path, status)
                seen += status == 200
                assert walk.everything() == before, (who, method, path)
    assert seen > 100


def test_an_export_writes_its_line_and_nothing_else(walk: Walk) -> None:
    before = walk.everything()
    for rule, path in walk.rules("GET"):
        if rule.endpoint in ON_RECORD:
            assert walk.owner.client.get(path).status_code == 200
    after = walk.everything()
    assert len(after.pop("audit")) == len(before.pop("audit")) + len(ON_RECORD)
    assert after == before


def test_every_post_of_the_desk_wants_the_token_of_its_own_session(walk: Walk) -> None:
    before = walk.everything()
    posts = list(walk.rules("POST", "/desk"))
    assert len(posts) >= 20
    fields = {"email": OTHER, "role": "admin", "status": "closed", "word": "hold", "do": "save"}
    for rule, path in posts:
        for desk in (walk.owner, walk.admin):
            wrong_tokens = (
                None,
                "",
                "wrong",
                desk.csrf[::-1],
                desk.csrf[:-1],
                desk.csrf.upper(),
                walk.other.csrf,
            )
            for token in wrong_tokens:
                posted = fields if token is None else {**fields, "csrf_token": token}
                status = desk.client.post(path, data=posted).status_code
                assert status == 400, (rule.endpoint, token, status)
    assert walk.everything() == before


def test_everybody_opens_what_is_theirs_and_nothing_else(walk: Walk) -> None:
    stranger = walk.site.app.test_client()
    for rule, path in walk.rules("GET", "/desk"):
        of_campaign = "<slug>" in rule.rule
        answers = {
            "stranger": stranger.get(path),
            "other": walk.other.client.get(path),
            "owner": walk.owner.client.get(path),
            "admin": walk.admin.client.get(path),
        }
        statuses = {who: answer.status_code for who, answer in answers.items()}
        if rule.endpoint in OPEN:
            assert set(statuses.values()) == {200}, rule
        else:
            assert statuses["stranger"] == 303, rule
            for_admins = rule.endpoint in ADMINS_ONLY
            assert statuses["other"] == (404 if of_campaign or for_admins else 200), rule
            assert statuses["owner"] == (404 if for_admins else 200), rule
            assert statuses["admin"] == 200, rule
        for who in ("stranger", "other"):
            assert SECRET not in answers[who].text, (who, rule)
            assert OWNER not in answers[who].text, (who, rule)
    # What is not given to somebody answers as what is not there.
    there, nowhere = walk.other.client.get("/desk/trees"), walk.other.client.get("/desk/nothing")
    assert (there.status_code, there.text) == (nowhere.status_code, nowhere.text)


def test_nobody_does_with_their_own_token_what_is_not_theirs(walk: Walk) -> None:
    stranger = walk.site.app.test_client()
    before = walk.everything()
    fields = {"email": OTHER, "role": "admin", "status": "closed", "word": "hold", "do": "save"}
    for rule, path in walk.rules("POST", "/desk"):
        if rule.endpoint in OPEN:
            continue
        assert stranger.post(path, data=fields).status_code == 400
        if "<slug>" in rule.rule or rule.endpoint in ADMINS_ONLY:
            assert walk.other.post(path, fields).status_code == 404, rule
        if rule.endpoint in ADMINS_ONLY:
            assert walk.owner.post(path, fields).status_code == 404, rule
    after = walk.everything()
    old, new = before.pop("audit"), after.pop("audit")
    assert after == before
    with walk.site.database.read() as connection:
        lines = entries(connection, most=len(new) - len(old))
    assert {(line.by, line.deed) for line in lines} == {
        (OTHER, Deed.REFUSED),
        (OWNER, Deed.REFUSED),
    }


# What a form names and no path does: a letter, an answer, a target.
NAMES_IN_ITS_FORM = ("desk.decide", "desk.settle", "desk.correct_answer", "desk.release_answer")
WORDS = ("hold", "release", "again", "link", "failed", "queue-again", "successor", "send", "delete")


def test_nobody_reaches_another_campaign_by_its_ids_under_a_path_of_their_own(walk: Walk) -> None:
    made = walk.other.post("/desk/new", campaign_fields("Ours", "office@ours.example"))
    assert made.headers["Location"] == "/desk/ours/ready"
    answer_id, now = new_id(datetime.now(UTC)), datetime.now(UTC)
    with walk.site.database.write() as connection:
        theirs = store.find(connection, "trees")
        of = {"target_id": theirs.targets[0].id, "campaign_id": theirs.id}
        connection.execute(
            insert(office_answer).values(id=answer_id, text=SECRET, came_at=now, **of)
        )
    places = {**walk.places, "slug": "ours"}
    named = {"answer": answer_id, "letter": places["letter_id"], "kind": "person"}
    named |= {"target": places["int:target_id"], "email": "office@ours.example"}
    borrowed = replace(walk, places=places)
    before = walk.everything()
    for method in ("GET", "POST"):
        for rule, path in borrowed.rules(method, "/desk/<slug>"):
            if rule.rule.count("<") == 1 and (
                method == "GET" or rule.endpoint not in NAMES_IN_ITS_FORM
            ):
                continue
            for word in WORDS if method == "POST" else WORDS[:1]:
                if method == "GET":
                    answer = walk.other.client.get(path)
                else:
                    answer = walk.other.post(path, {**named, "word": word, "do": word})
                assert answer.status_code in {404, 409, 422}, (rule, word)
                assert SECRET not in answer.text, (rule, word)
    after = walk.everything()
    assert {name: after[name] for name in after if name != "audit"} == {
        name: before[name] for name in before if name != "audit"
    }
