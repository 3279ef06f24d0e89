"""Reading and writing organisation files, and the colours that they may name."""

import random
import re
from pathlib import Path

import pytest

from letters import colours
from letters.files.organisation_file import read_organisation, write_organisation
from letters.files.toml_file import FaultyFile
from letters.organisation import Lack, Organisation
from postbag.faults import of_file

ROOT = Path(__file__).parents[2]
FULL = """\
key = "lantern"
name = "Lantern Committee"
website = "https://lantern.example/about"
contact = "us@lantern.example"
privacy = "We keep **little**."
controller = "Lantern Committee, 1 Quay Street, Porttown"
imprint = '''
Lantern Committee

Mara Lind'''
logo = "lantern.png"
accent = "#0F5F6B"
mail_from = "letters@lantern.example"
"""


def faults_in(text: str) -> list[str]:
    with pytest.raises(FaultyFile) as caught:
        read_organisation(text)
    return [of_file(fault) for fault in caught.value.faults]


def test_all_that_an_organisation_can_say_comes_back() -> None:
    found, logo = read_organisation(FULL)
    assert found == Organisation(
        key="lantern",
        name="Lantern Committee",
        website="https://lantern.example/about",
        contact="us@lantern.example",
        privacy="We keep **little**.",
        controller="Lantern Committee, 1 Quay Street, Porttown",
        imprint="Lantern Committee\n\nMara Lind",
        accent="#0f5f6b",
        mail_from="letters@lantern.example",
    )
    assert logo == "lantern.png"
    assert found.lacks == ()
    assert read_organisation(write_organisation(found, logo)) == (found, logo)


def test_what_it_has_to_say_before_a_campaign_goes_live() -> None:
    found, _logo = read_organisation('key = "lantern"\nprivacy_url = "https://lantern.example/p"')
    assert found.lacks == (Lack.NAME, Lack.CONTACT, Lack.CONTROLLER)


def test_every_fault_is_told_with_its_key_and_line() -> None:
    faults = faults_in("""\
key = "Lantern Committee"
nmae = "Lantern"
website = "lantern.example"
contact = "lantern"
privacy = "We keep little."
privacy_url = "https://lantern.example/privacy"
accent = "green"
""")
    assert [fault.partition(":")[0] for fault in faults] == [
        f"Line {n}" for n in (1, 2, 3, 4, 6, 7)
    ]
    assert faults[1] == 'Line 2: nmae is not a known key: perhaps "name" is meant.'
    assert faults[2].startswith("Line 3: website must be an address such as")
    assert faults[4] == "Line 6: privacy_url stands beside privacy: keep one of the two."
    assert faults[5] == 'Line 7: accent must be a colour such as "#14507f".'
    assert faults_in('name = "Lantern"') == ["Line 1: key is missing: add it."]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//lantern.example"])
def test_an_address_leads_to_a_page(url: str) -> None:
    assert "website" in faults_in(f'key = "lantern"\nwebsite = "{url}"')[0]


def test_an_accent_can_be_read_or_is_refused_with_the_nearest_that_can() -> None:
    drawn = random.Random(15)
    refused = 0
    for _ in range(200):
        accent = f"#{drawn.randrange(1 << 24):06x}"
        try:
            read_organisation(f'key = "lantern"\naccent = "{accent}"')
        except FaultyFile as error:
            refused += 1
            (fault,) = error.faults
            assert float(fault.flaw.found) < colours.LEAST
            accent = fault.flaw.near
            read_organisation(f'key = "lantern"\naccent = "{accent}"')
        for ground in (*colours.LIGHT, colours.ON_LIGHT):
            assert colours.contrast(accent, ground) >= colours.LEAST
        for ground in (*colours.DARK, colours.ON_DARK):
            assert colours.contrast(colours.by_night(accent), ground) >= colours.LEAST
    assert 0 < refused < 200


def test_a_refused_accent_keeps_its_hue() -> None:
    (fault,) = faults_in('key = "lantern"\naccent = "#ff8000"')
    assert fault.startswith("Line 2: accent stands out from a page by 2.2 to 1")
    red, green, blue = (int(fault.split("#")[1][place : place + 2], 16) for place in (0, 2, 4))
    assert red > green > blue == 0


def test_the_grounds_are_those_of_the_pages() -> None:
    style = (ROOT / "webapp" / "static" / "style.css").read_text()
    day, _, night = style.partition("@media (prefers-color-scheme: dark)")
    for part, grounds, words in (
        (day, colours.LIGHT, colours.ON_LIGHT),
        (night, colours.DARK, colours.ON_DARK),
    ):
        found = {
            name: re.search(rf"--{name}: (#[0-9a-f]+);", part)[1]  # type: ignore[index]
            for name in ("ground", "sheet", "own", "on-accent")
        }
        assert (found["ground"], found["sheet"], found["own"]) == grounds
        assert found["on-accent"] in {words, words[:4]}
