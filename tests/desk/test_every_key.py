"""The editor has every key of the campaign file: versions of the letter and lists among them."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from letters.campaign import AsksAddress, Followed, Version
from letters.campaigns import following, store
from letters.files.campaign_file import read_campaign
from letters.files.spreadsheet import read_targets
from rig.campaigns import campaign_file
from tests.desk.conftest import AtDesk, campaign_fields, stored
from tests.support.forms import read_page
from tests.support.stack import Stack

MORE = """most_chosen = 2
asks_address = true
areas_from = "uk-2024"
proof_of_work = true
matters_by = 2999-03-01T12:00:00
"""
VERSIONS = """
[[letter.versions]]
key = "friends"
when = {party = ["Green", "Labour; New"], role = ["Clerk"]}
subjects = ["Thank you", "Dear friend"]
salutation = "Dear friend {salutation},"
opening = "You know these trees.\\n\\nSo do I."
closing = "Yours,\\n{name}"
points = ["shade"]
[[letter.versions]]
key = "others"
when = {"who: what" = ["a"]}
points = []
"""
FOLLOWED = """
party = "Green"
notes = "two\\nlines; and more"
[[targets_from]]
list = "mps"
only = {committee = ["Transport", "Trade"]}
"""
MPS = """name,email,committee,party
A. One,one@mps.example,Transport,Green
B. Two,two@mps.example,Health,Blue
"""
FRIENDS: dict[str, Any] = {
    "versions-0-key": "friends",
    "versions-0-when": "party: Green",
    "versions-0-opening": "You know these trees.",
    "versions-0-offers": "all",
}


@pytest.fixture(scope="module")
def ana(stack: Stack, sign_in: Callable[..., AtDesk]) -> AtDesk:
    with stack.database.write() as connection:
        following.load(connection, "mps", read_targets(MPS).targets, datetime.now(UTC))
    return sign_in("ana@every-key.example")


def form_of(page: str) -> dict[str, Any]:
    """Give what stands in the editor, as a browser would post it."""
    forms, _links = read_page(page)
    (fields,) = (form.fields for form in forms if "title" in form.fields)
    alone = {name: v[0] if len(v) == 1 else v for name, v in fields.items()}
    return {**alone, "do": "save"}


def test_what_a_file_says_is_shown_and_stored_again_as_it_was(stack: Stack, ana: AtDesk) -> None:
    file = campaign_file("every-key", "a@every-key.example", more=MORE)
    file = file.replace("\n[[targets]]", f"{VERSIONS}\n[[targets]]") + FOLLOWED
    with stack.database.write() as connection:
        store.load(connection, read_campaign(file), datetime.now(UTC))
    before = stored(stack, "every-key")
    assert [target.of_list for target in before.targets] == ["", "mps"]
    fields = {**form_of(ana.page("/desk/every-key/edit")), "per_hour": "30"}
    assert fields["versions-0-when"] == 'party: Green; "Labour; New"\nrole: Clerk'
    assert fields["follows-0-only"] == "committee: Transport; Trade"
    assert ana.post("/desk/every-key/edit", {**fields, "title": "Other"}).status == 303
    after = stored(stack, "every-key")
    assert after == replace(before, title="Other", pacing=after.pacing)

    others = {"most_chosen": "3", "asks_address": "optional", "areas_from": "", "matters_by": "",
              "hold_after_soft_failures": "4", "proof_of_work": []}  # fmt: skip
    fewer = {"versions-0-when": "", "versions-0-key": "", "follows-0-only": ""}
    fewer |= {key: "" for key in fields if re.match("versions-0-(subjects|salut|open|clos)", key)}
    again = {**form_of(ana.page("/desk/every-key/edit")), **others, **fewer}
    assert ana.post("/desk/every-key/edit", again).status == 303
    now = stored(stack, "every-key")
    assert (now.most_chosen, now.asks_address, now.areas_from) == (3, AsksAddress.OPTIONAL, "")
    assert (now.matters_by, now.proof_of_work) == (None, False)
    assert now.pacing.hold_after_soft_failures == 4
    assert now.letter.versions == (Version("others", (("who: what", ("a",)),), points=()),)
    assert now.follows == (Followed("mps"),)
    assert len(now.targets) == 3


def test_a_version_is_written_moved_and_taken_out(stack: Stack, ana: AtDesk) -> None:
    fields = campaign_fields("Versions", "a@v.example", **FRIENDS)
    fields |= {"targets-0-attributes": "party: Green", "points-0-key": "~0", "points-1-key": "~1",
               "points-1-lead": "Plant ten more.", "do": "add-version"}  # fmt: skip
    page = ana.post("/desk/new", fields).body.decode()
    assert re.search(r'id="versions-1-key"[^>]*autofocus', page)
    more = {"versions-1-key": "rest", "versions-1-when": "party: Blue", "versions-1-salutation":
            "Dear all,", "versions-1-offers": "some", "versions-1-points": ["~1"]}  # fmt: skip
    looked_at = ana.post("/desk/new", {**form_of(page), **more, "do": "preview"}).body.decode()
    assert "version “friends”" in looked_at
    assert "Dear Minister 1,\n\nYou know these trees." in looked_at
    moved = ana.post("/desk/new", {**form_of(looked_at), "do": "raise-version-1"}).body.decode()
    assert form_of(moved)["versions-1-key"] == "friends"
    assert ana.post("/desk/new", form_of(moved)).status == 303
    rest = Version(
        "rest", (("party", ("Blue",)),), salutation="Dear all,", points=("plant-ten-more",)
    )
    friends = Version("friends", (("party", ("Green",)),), opening="You know these trees.")
    assert stored(stack, "versions").letter.versions == (rest, friends)
    assert stored(stack, "versions").targets[0].attributes == (("party", "Green"),)
    kept = form_of(ana.page("/desk/versions/edit"))
    page = ana.post("/desk/versions/edit", {**kept, "do": "remove-version-0"}).body.decode()
    assert ana.post("/desk/versions/edit", form_of(page)).status == 303
    assert stored(stack, "versions").letter.versions == (friends,)


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"versions-0-key": ""}, "versions-0-key", "Short name of the version is empty: fill"),
        ({"versions-0-key": "our friends"}, "versions-0-key", "Short name of the version may have"),
        ({"versions-0-when": ""}, "versions-0-when", "Write whom it is for, such as party"),
        ({"versions-0-when": "Green"}, "versions-0-when", "“Green” cannot be read. Write one a"),
        ({"versions-0-when": "party:"}, "versions-0-when", "“party:” cannot be read. Write one a"),
        ({"versions-0-subjects": "{who}"}, "versions-0-subjects", "Subject has {who}, which is no"),
        ({"versions-0-opening": "x" * 10_001}, "versions-0-opening", "Opening has 10,001 char"),
        ({"versions-1-key": "friends", "versions-1-when": "a: b"}, "versions-1-key", "version 1"),
        ({"targets-0-attributes": "Green"}, "targets-0-attributes", "“Green” cannot be read."),
        ({"targets-0-attributes": "email: x"}, "targets-0-attributes", "“email” cannot be read."),
        ({"targets-0-attributes": "roles: x"}, "targets-0-attributes", "is nearly “role”"),
        ({"follows-0-list": "mps", "follows-0-only": "x"}, "follows-0-only", "“x” cannot be read"),
        ({"follows-0-list": "", "follows-0-only": "a: b"}, "follows-0-list", "List is empty: fill"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept(
    ana: AtDesk, wrong: dict[str, str], field: str, sentence: str
) -> None:
    answer = ana.post("/desk/new", campaign_fields("Faults", "a@f.example", **{**FRIENDS, **wrong}))
    page = answer.body.decode()
    assert answer.status == 422
    assert re.search(rf'id="{field}-error">[^<]*{re.escape(sentence)}', page)
    assert page.count(f'id="{field}"') == 1
    kept = form_of(page)
    assert {name: kept[name] for name in wrong} == wrong


def test_a_campaign_follows_a_list_and_nothing_else(stack: Stack, ana: AtDesk) -> None:
    fields = campaign_fields("Following", **{"follows-0-list": "mps", "do": "save"})
    nobody = {**fields, "follows-0-only": "party: Red"}
    answer = ana.post("/desk/new", nobody)
    assert answer.status == 422
    assert "Nobody there fits: follow another list" in answer.body.decode()
    assert ana.post("/desk/new", {**fields, "follows-0-only": "party: green"}).status == 303
    assert [target.name for target in stored(stack, "following").targets] == ["A. One"]
    kept = form_of(ana.page("/desk/following/edit"))
    assert ana.post("/desk/following/edit", kept).status == 303
    assert form_of(ana.page("/desk/following/edit"))["version"] == kept["version"], "unchanged"


def test_a_campaign_that_is_begun_keeps_its_versions(ana: AtDesk) -> None:
    ticked = {"versions-0-offers": "some", "versions-0-points": ["a", "b"]}
    begun = campaign_fields("Half", **FRIENDS, do="autosave") | ticked
    begun |= {"points-0-key": "a", "points-1-key": "b", "points-1-lead": "B"}
    kept = ana.post("/desk/new", begun).body.decode()
    fields = form_of(ana.page(f"/desk/new?unfinished={kept}"))
    assert {name: fields[name] for name in (*FRIENDS, *ticked)} == {**FRIENDS, **ticked}
