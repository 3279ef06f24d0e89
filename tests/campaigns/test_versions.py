"""Four versions of a letter over 650 targets: check, letters and spreadsheet agree."""

import csv
import io
from collections import Counter
from dataclasses import replace

from letters.campaign import Version
from letters.campaigns import store
from letters.desk import export
from letters.files.campaign_file import read_campaign
from letters.intake.posted import Posted
from letters.intake.routing import whom
from letters.intake.written import submission_of, written_of
from letters.notices import rehearsal
from letters.storage.database import Database
from letters.text.compose import body, merge_values
from letters.text.versions import for_target
from rig.campaigns import campaign_file
from tests.support.books import Books

PARTIES = ("Green", "Labour", "Blue", "Red", "")
KEYS = ["trees", "shade"]


def test_check_letters_and_spreadsheet_agree(database: Database) -> None:
    books = Books(database)
    made = read_campaign(campaign_file("trees", *(f"t{n}@x.example" for n in range(650))))
    targets = tuple(
        replace(target, attributes=(("party", PARTIES[n % 5]),) if PARTIES[n % 5] else ())
        for n, target in enumerate(made.targets)
    )
    versions = tuple(
        Version(party.lower(), (("party", (party,)),), opening=f"To {party}.", points=("shade",))
        for party in PARTIES[:4]
    )
    campaign = replace(made, targets=targets, letter=replace(made.letter, versions=versions))
    with database.write() as connection:
        store.load(connection, campaign, books.now)
    stored = books.find("trees")
    assert stored.campaign == campaign

    sheets = rehearsal.sheets(stored.campaign, 5)
    openings = {sheet.text.split("\n\n")[1] for sheet in sheets}
    assert openings == {made.letter.opening, *(f"To {party}." for party in PARTIES[:4])}, (
        "the check shows each version"
    )

    shown = targets[0]
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
        assert words == (f"To {version.capitalize()}." if version else made.letter.opening)
