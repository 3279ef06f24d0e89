"""Letters that the paper's fonts lack are told before anybody asks for the PDF."""

from dataclasses import replace

import pytest

from letters.campaign import Campaign, LetterTemplate, Point, Target
from letters.text.paper.glyphs import Lack, Part, lacking
from letters.text.paper.printed import unprintable
from letters.text.paper.sheet import Sheet

LETTER = LetterTemplate(
    ("Trees",), "Dear {salutation},", "Keep them.", "Yours,\n{name}", (Point("a", "All.", "Old."),)
)
TREES = Campaign("trees", "Trees", LETTER, (Target("Ana Reed", "a@quay.example", "Ms Reed"),))


@pytest.mark.parametrize(
    "text",
    [
        "Grüße, ½ – “ş” ệ",
        "Ἀθῆναι ΐ",
        "Київ",
        "قَالَ ٣ پ",
        "A\u0301 e\u0302",
        "😀 ❤\ufe0f ② \uf0b7",
        "\x02\u200b",
    ],
)
def test_what_the_fonts_have_and_what_is_no_letter_is_set(text: str) -> None:
    assert lacking([Sheet(text, "", text, text, text, text)]) == ()


@pytest.mark.parametrize("character", "李हא日한ก")
def test_a_writing_that_the_fonts_lack_is_named_with_its_place(character: str) -> None:
    letter = replace(LETTER, opening=f"Keep {character}them{character}.")
    other = Target(f"{character} Reed", "b@quay.example", "Ms Reed")
    campaign = replace(TREES, letter=letter, targets=(*TREES.targets, other))
    assert unprintable(campaign) == (Lack(Part.ADDRESS, character), Lack(Part.BODY, character))
