"""Whom a supporter writes to: by postcode, before a word is written, and out of many."""

import re
from datetime import UTC, datetime

from letters.campaigns import areas
from letters.campaigns.area_pages import Directory
from letters.campaigns.areas import ALWAYS
from letters.text.postcodes import normalise_postcode
from tests.support.stack import Stack

VERSION = """
[[letter.versions]]
key = "friends"
when = {{party = ["Green"]}}
opening = "Thank you for the trees."
"""
TARGET = """
[[targets]]
name = "{name}"
salutation = "{name}"
email = "{email}"
{more}
"""
LETTER = """
slug = "{slug}"
title = "Keep the trees"
status = "live"
confirm = "none"
{more}
[letter]
subject = "Trees"
salutation = "Dear {{salutation}},"
opening = "I walk there each day."
closing = "Yours,\\n{{name}}{closing}"
"""


def load(stack: Stack, slug: str, *targets: str, more: str = "", closing: str = "") -> None:
    file = LETTER.format(slug=slug, more=more, closing=closing) + VERSION.format()
    done = stack.postbag("campaign", "load", "-", text=file + "".join(targets))
    assert done.returncode == 0, done.stderr


def target(name: str, more: str = "") -> str:
    return TARGET.format(
        name=name, email=f"{name.split(maxsplit=1)[0].lower()}@whom.example", more=more
    )


def table(stack: Stack, name: str, rows: dict[str, str]) -> None:
    pairs = [
        (normalise_postcode(code), area)
        for code, names in rows.items()
        for area in names.split(",")
    ]
    now = datetime.now(UTC)
    table_id = areas.write(stack.database, name, ALWAYS, Directory.of(pairs), now)
    with stack.database.write() as connection:
        areas.make_current(connection, table_id, now)


def salutation(page: str) -> str:
    found = re.search(r'<p class="salutation lines"[^>]*>([^<]*)</p>', page)
    assert found is not None
    return found[1]


def body(page: str) -> str:
    found = re.search(r'<textarea[^>]*name="body"[^>]*>([^<]*)</textarea>', page)
    assert found is not None
    return found[1].strip()


def test_the_postcode_finds_who_is_written_to_and_their_version(stack: Stack) -> None:
    load(
        stack, "by-area", target("Ann Quay", 'areas = ["E1 *"]'),
        target("Ben Hill", 'areas = ["E10 *"]\nparty = "Green"'),
        more='routing = "area"\nasks_postcode = true',
    )  # fmt: skip
    page = stack.get("/c/by-area").body.decode()
    assert page.index('name="postcode"') < page.index('name="body"'), "the postcode comes first"
    found = stack.post("/c/by-area", {"find": "1", "postcode": "e10 5np"})
    text = found.body.decode()
    assert found.status == 200
    assert salutation(text) == "Dear Ben Hill,"
    assert body(text) == "Thank you for the trees."
    assert "Your letter goes to Ben Hill." in text
    assert 'value="e10 5np"' in text
    nobody = stack.post("/c/by-area", {"find": "1", "postcode": "ZZ1 1ZZ"})
    assert nobody.status == 422
    assert "We know nobody to write to for this postcode." in nobody.body.decode()
    assert stack.post("/c/by-area", {"find": "1", "postcode": ""}).status == 422
    pasted = stack.post("/c/by-area", {"find": "1", "postcode": "\u200f e10 5np\ufeff"})
    assert 'value="e10 5np"' in pasted.body.decode(), "without what nobody sees"
    own = stack.form("by-area", find="1", postcode="E10 5NP", body="My own words.")
    assert body(stack.post("/c/by-area", own).body.decode()) == "My own words."
    sent = stack.form("by-area", postcode="E1 6AN")
    assert stack.post("/c/by-area", sent).status == 303
    assert stack.books("by-area")["submitted"] == 1


def test_a_look_up_table_finds_them_and_several_areas_let_the_writer_choose(stack: Stack) -> None:
    table(stack, "us-districts", {"02134": "MA-07,MA-05", "02139": "MA-07", "99999": "AK-01"})
    load(
        stack, "by-table", target("Ann Seven", 'areas = ["MA-07"]'),
        target("Ben Five", 'areas = ["MA-05"]'),
        more='routing = "area"\nasks_postcode = true\nareas_from = "us-districts"',
    )  # fmt: skip
    one = stack.post("/c/by-table", {"find": "1", "postcode": "02139-1234"})
    assert (one.status, salutation(one.body.decode())) == (200, "Dear Ann Seven,")
    several = stack.post("/c/by-table", {"find": "1", "postcode": "٠٢١٣٤"})
    text = several.body.decode()
    assert several.status == 200
    choices = re.findall(r'type="radio" name="target" value="(\d+)"', text)
    assert len(choices) == 2
    undecided = stack.form("by-table", postcode="02134")
    assert stack.post("/c/by-table", undecided).status == 422
    decided = stack.form("by-table", postcode="02134", target=choices[1], preview="1")
    preview = stack.post("/c/by-table", decided).body.decode()
    assert "Dear Ben Five," in preview
    assert stack.post("/c/by-table", {"find": "1", "postcode": "99999"}).status == 422
    assert stack.post("/c/by-table", {"find": "1", "postcode": "00000"}).status == 422


def test_a_writer_chooses_no_more_than_the_campaign_allows(stack: Stack) -> None:
    names = [f"T{n} Person" for n in range(7)]
    load(stack, "choose", *map(target, names), more='routing = "choice"\nmost_chosen = 3')
    keys = re.findall(r'name="target" value="(\d+)"', stack.get("/c/choose").body.decode())
    assert len(keys) == 7
    refused = stack.post("/c/choose", stack.form("choose", target=keys[:4]))
    assert refused.status == 422
    assert "You can write to 3 of them at once" in refused.body.decode()
    assert stack.post("/c/choose", stack.form("choose", target=keys[:3])).status == 303


def test_hundreds_are_searched_without_javascript(stack: Stack) -> None:
    people = [target(f"P{n} Núñez", f'party = "P{n % 7}"') for n in range(60)]
    load(stack, "hundreds", *people, more='routing = "choice"')
    page = stack.get("/c/hundreds").body.decode()
    assert len(re.findall(r'name="target" value="', page)) == 60
    found = stack.post("/c/hundreds", {"find": "1", "who": "nunez P17"})
    assert found.status == 200
    before, _, after = found.body.decode().partition("<details>")
    assert "P17 Núñez" in before
    assert "P16 Núñez" not in before
    assert "P16 Núñez" in after
    chosen = re.findall(r'name="target" value="(\d+)"', before)
    mine = stack.form("hundreds", find="1", who="nobody", target=chosen, body="My own words.")
    kept = stack.post("/c/hundreds", mine).body.decode()
    assert "Nobody here matches that." in kept
    assert f'value="{chosen[0]}" checked' in kept
    assert body(kept) == "My own words."


def test_a_postal_address_stands_in_the_letter(stack: Stack) -> None:
    load(stack, "street", target("Ann Quay"), more="asks_address = true", closing="\\n{address}")
    page = stack.get("/c/street").body.decode()
    assert '<textarea dir="auto" id="address" name="address"' in page
    missing = stack.post("/c/street", stack.form("street"))
    assert missing.status == 422
    assert "Please tell us your postal address" in missing.body.decode()
    long = stack.post("/c/street", stack.form("street", address="1\n2\n3\n4\n5"))
    assert long.status == 422
    there = stack.form("street", address="1 Quay Street\r\nPorttown")
    preview = stack.post("/c/street", {**there, "preview": "1"}).body.decode()
    assert "1 Quay Street\nPorttown" in preview.replace("\r\n", "\n")
    assert stack.post("/c/street", there).status == 303


def test_a_closing_left_as_offered_is_each_targets_own_and_a_changed_one_is_for_all(
    stack: Stack,
) -> None:
    version = VERSION.format() + 'closing = "Your friend,\\n{name}"\n'
    file = LETTER.format(slug="ends", more="", closing="") + version
    file += target("Ann Quay") + target("Ben Hill", 'party = "Green"')
    assert stack.postbag("campaign", "load", "-", text=file).returncode == 0

    def ends(**fields: object) -> list[str]:
        answer = stack.post("/c/ends", stack.form("ends", preview="1", name="Ana", **fields))
        texts = re.findall(r"<pre[^>]*data-preview>([^<]*)</pre>", answer.body.decode())
        return [text.rpartition("\n\n")[2] for text in texts]

    assert ends() == ["Yours,\nAna", "Your friend,\nAna"]
    assert ends(closing="In hope,") == ["In hope,\nAna", "In hope,\nAna"]
    refused = stack.post("/c/ends", stack.form("ends", closing="x" * 2_001))
    assert refused.status == 422
    assert "x" * 2_001 in refused.body.decode(), "what was typed is kept"
    assert "1 character too long" in refused.body.decode()
