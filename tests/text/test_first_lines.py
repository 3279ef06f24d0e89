"""First lines that should be looked at before a campaign goes live."""

from dataclasses import replace

import pytest

from letters.campaign import Campaign, Target
from letters.files.campaign_file import read_campaign
from letters.text.first_lines import Oddity, odd_lines
from postbag.reasons import cautions
from rig.campaigns import campaign_file


def campaign(*people: tuple[str, str], salutation: str = "Dear {salutation},") -> Campaign:
    made = read_campaign(campaign_file("trees", "a@x.example"))
    targets = tuple(
        Target(name, f"t{place}@x.example", greeted) for place, (name, greeted) in enumerate(people)
    )
    return replace(made, targets=targets, letter=replace(made.letter, salutation=salutation))


@pytest.mark.parametrize(
    ("name", "salutation", "line", "oddity"),
    [
        ("Ann Reed", "Hon", "Dear Hon,", Oddity.TITLE_ALONE),
        ("Ann Reed", "Rt. Hon.", "Dear Rt. Hon.,", Oddity.TITLE_ALONE),
        ("Ana Peña", "Excma. Sra.", "Dear Excma. Sra.,", Oddity.TITLE_ALONE),
        ("Ana Peña", "Sr./Sra.", "Dear Sr./Sra.,", Oddity.TITLE_ALONE),
        ("ليلى حداد", "السيدة", "Dear السيدة,", Oddity.TITLE_ALONE),
        ("Ann Reed", "Dear Ms Reed", "Dear Dear Ms Reed,", Oddity.GREETED_TWICE),
        ("Ann Reed", "Ms Reed,", "Dear Ms Reed,,", Oddity.GREETED_TWICE),
        ("Reed, Ann", "Reed, Ann", "Dear Reed, Ann,", Oddity.SURNAME_FIRST),
        ("Ann Reed", "ANN REED", "Dear ANN REED,", Oddity.CAPITALS),
        ("Ann Reed", "Ann REED", "Dear Ann REED,", Oddity.CAPITALS),
        ("Vacant", "Vacant", "Dear Vacant,", Oddity.VACANT),
        ("VACANT SEAT", "Member", "Dear Member,", Oddity.VACANT),
        ("Vacant - by-election in May", "Member", "Dear Member,", Oddity.VACANT),
        ("Ann Reed", "N/A", "Dear N/A,", Oddity.VACANT),
        ("Ann Reed", "-", "Dear -,", Oddity.VACANT),
        ("Vacante", "Señoría", "Dear Señoría,", Oddity.VACANT),
        ("شاغر", "النائب", "Dear النائب,", Oddity.VACANT),
    ],
)
def test_an_odd_first_line_is_named(name: str, salutation: str, line: str, oddity: Oddity) -> None:
    (odd,) = odd_lines(campaign((name, salutation), ("Ben Moor", "Mr Moor")))
    assert (odd.target.name, odd.line, odd.oddity) == (name, line, oddity)


@pytest.mark.parametrize(
    "salutation",
    ["Minister", "Senator", "Prime Minister", "Ms Reed", "The Hon. A. Reed", "Ann Reed, MP",
     "Members of the UK branch", "Dr. Reed", "Jo", "Yoon-ah Na", "Na", "ليلى حداد",
     "Madam Ambassador"],
)  # fmt: skip
def test_a_usual_first_line_is_not(salutation: str) -> None:
    assert odd_lines(campaign(("Ann Reed", salutation))) == ()


def test_only_what_the_line_says_is_looked_at() -> None:
    assert odd_lines(campaign(("Ann Reed", "Hon"), salutation="Dear Minister,")) == ()
    (odd,) = odd_lines(campaign(("REED, Ann", "Hon"), salutation="To {target}:"))
    assert (odd.line, odd.oddity) == ("To REED, Ann:", Oddity.SURNAME_FIRST)
    (odd,) = odd_lines(campaign(("Ana", "Estimada Ana"), salutation="Estimada {salutation}:"))
    assert odd.oddity is Oddity.GREETED_TWICE


def test_many_are_counted() -> None:
    told = cautions(campaign(*[("Ann Reed", "Hon")] * 63))
    assert told[0] == (
        "The letter to Ann Reed (t0@x.example) begins “Dear Hon,”: a title alone greets nobody, so "
        "put the name behind it."
    )
    assert told[-1] == "And 43 more letters begin oddly."
