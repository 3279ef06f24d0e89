"""Four versions of a letter over 650 targets: check, letters and spreadsheet agree."""

import csv
import io
from collections import Counter
from dataclasses import replace

from letters.books import ledger
from letters.campaign import Campaign, Version
from letters.campaigns import store
from letters.campaigns.versions import by_version
from letters.desk import export
from letters.files.campaign_file import read_campaign
from letters.intake.posted import Posted
from letters.intake.routing import whom
from letters.intake.written import submission_of, written_of
from letters.notices import rehearsal
from letters.receipts import receipt as receipts
from letters.states import State
from letters.storage.database import Database
from letters.text.compose import body, merge_values, text
from letters.text.versions import for_target
from rig.campaigns import campaign_file
from tests.support.books import Books

PARTIES = ("Green", "Labour", "Blue", "Red", "")
OF_PARTIES = tuple(party.lower() for party in PARTIES[:4])
KEYS = ["trees", "shade"]


def load_parties(books: Books, people: int, more: str = "") -> Campaign:
    """Load a campaign whose people have five parties in turn, the last of them none."""
    addresses = (f"t{n}@x.example" for n in range(people))
    made = read_campaign(campaign_file("trees", *addresses, more=more))
    targets = tuple(
        replace(target, attributes=(("party", PARTIES[n % 5]),) if PARTIES[n % 5] else ())
        for n, target in enumerate(made.targets)
    )
    versions = tuple(
        Version(party.lower(), (("party", (party,)),), opening=f"To {party}.", points=("shade",))
        for party in PARTIES[:4]
    )
    campaign = replace(made, targets=targets, letter=replace(made.letter, versions=versions))
    with books.database.write() as connection:
        store.load(connection, campaign, books.now)
    return campaign


def test_check_letters_figures_and_spreadsheet_agree(database: Database) -> None:
    books = Books(database)
    campaign = load_parties(books, 650)
    stored = books.find("trees")
    assert stored.campaign == campaign

    sheets = rehearsal.sheets(stored.campaign, 2)
    assert {sheet.version for sheet in sheets} == {"", *OF_PARTIES}
    openings = {sheet.text.split("\n\n")[1] for sheet in sheets}
    assert openings == {campaign.letter.opening, *(f"To {party}." for party in PARTIES[:4])}, (
        "the check shows each version"
    )

    shown = campaign.targets[0]
    offered = body(for_target(campaign, shown), merge_values(shown), KEYS)
    posted = Posted("Ana", "ana@readers.example", subject="Keep the trees", body=offered)
    written = written_of(stored, posted, whom(stored, posted, books.now))
    assert written.faults == ()
    books.intake.take(stored, submission_of(written, "t" * 32, must_confirm=False), books.now)
    rows = list(csv.DictReader(io.StringIO("".join(export.rows(database, stored)))))
    assert Counter(row["version"] for row in rows) == {
        "green": 130, "labour": 130, "blue": 130, "red": 130, "": 130,
    }  # fmt: skip
    of = {row["target_email"]: row["version"] for row in rows}
    for claim in books.send():
        words = claim.body.split("\n\n")[1]
        version = of[claim.to_email]
        assert words == (f"To {version.capitalize()}." if version else campaign.letter.opening)
        if version == "green":
            books.deliver(claim)
    with database.read() as connection:
        counted = by_version(connection, stored, ledger.by_target(connection, stored.id))
    assert [each.key for each in counted] == [*OF_PARTIES, ""]
    for each in counted:
        state = State.DELIVERED if each.key == "green" else State.ACCEPTED
        assert (each.targets, each.states) == (130, Counter({state: 130}))


def versions_told(books: Books) -> list[str]:
    """Give the version of each letter in the spreadsheet, in the order of writing."""
    rows = csv.DictReader(io.StringIO("".join(export.rows(books.database, books.find("trees")))))
    return [row["version"] for row in rows]


def test_letters_left_as_offered_go_along_with_another_version(database: Database) -> None:
    books = Books(database)
    campaign = load_parties(books, 5, 'confirm = "before-sending"')
    green = books.find("trees").targets[0]
    values = merge_values(green.target, name="Ana Reed")
    own = for_target(campaign, green.target)
    offered = text(own, values, reason="", body=body(own, values, KEYS))
    as_offered = books.write("trees", text=offered, targets=[0])
    as_written = books.write("trees", text="My own words.", targets=[0])
    changed = replace(green.target, attributes=(("party", "Labour"),))
    with database.write() as connection:
        store.load(
            connection, replace(campaign, targets=(changed, *campaign.targets[1:])), books.now
        )
    with database.read() as connection:
        found = [
            receipts.read(connection, books.submission(email), books.now).letters[0].text
            for email in (as_offered, as_written)
        ]
    assert found == [offered.replace("To Green.", "To Labour."), "My own words."]
    assert versions_told(books) == ["labour", "green"]


def test_a_letter_is_counted_by_the_version_that_it_was_written_from(database: Database) -> None:
    """Whatever its target gets later, and whether the file still has that version."""
    books = Books(database)
    campaign = load_parties(books, 5)
    books.write("trees")
    for sent in books.send():
        books.deliver(sent)
    blue = replace(campaign.targets[0], attributes=(("party", "Blue"),))
    letter = replace(campaign.letter, versions=campaign.letter.versions[1:3])
    later = replace(campaign, targets=(blue, *campaign.targets[1:]), letter=letter)
    with database.write() as connection:
        store.load(connection, later, books.now)
    books.write("trees", targets=[0])
    stored = books.find("trees")
    with database.read() as connection:
        counted = by_version(connection, stored, ledger.by_target(connection, stored.id))
    delivered, waiting = Counter({State.DELIVERED: 1}), Counter({State.QUEUED: 1})
    assert {of.key: (of.targets, of.states) for of in counted} == {
        "labour": (1, delivered),
        "blue": (2, delivered + waiting),
        "green": (0, delivered),
        "red": (0, delivered),
        "": (2, delivered),
    }
    assert Counter(versions_told(books)) == Counter([*OF_PARTIES, "", "blue"])
