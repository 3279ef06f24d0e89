"""Versions of the letter: each target gets exactly one, by its attributes."""

from dataclasses import replace

import pytest

from letters.campaign import Campaign, Target, Version
from letters.files.campaign_file import read_campaign, write_campaign
from letters.files.toml_file import FaultyFile
from letters.text import compose
from letters.text.versions import fits, for_target, letter_for, version_for
from postbag.faults import of_file

FILE = """
slug = "trees"
title = "Keep the trees"
most_chosen = 3
asks_address = "optional"
routing = "area"
asks_postcode = true
areas_from = "uk-2024"
[letter]
subject = "Trees"
salutation = "Dear {salutation},"
opening = "Please keep them.\\n\\nAll of them."
closing = "Yours,\\n{name}\\n{address}"
[[letter.points]]
key = "shade"
lead = "They give shade."
[[letter.points]]
key = "cost"
lead = "They cost little."
[[letter.versions]]
key = "friends"
when = {party = ["Green", "Labour"]}
subject = "Thank you for the trees"
opening = "Thank you."
points = ["shade"]
[[letter.versions]]
key = "chairs"
when = {committee = ["Transport"], role = ["Chair"]}
salutation = "Dear Chair {salutation},"
points = []
[[targets]]
name = "Ann Reed"
salutation = "Ms Reed"
email = "a@x.example"
areas = ["Quay"]
party = "Green"
[[targets]]
name = "Ben Moor"
salutation = "Mr Moor"
email = "b@x.example"
party = "Blue"
committee = "Health; Transport"
"Home town" = "Porttown"
[[targets_from]]
list = "uk-mps"
only = {committee = ["Transport"]}
"""


@pytest.fixture
def campaign() -> Campaign:
    return read_campaign(FILE)


def test_a_file_with_versions_attributes_and_lists_is_written_back(campaign: Campaign) -> None:
    assert read_campaign(write_campaign(campaign)) == campaign
    assert campaign.targets[1].attributes == (
        ("Home town", "Porttown"), ("committee", "Health; Transport"), ("party", "Blue"),
    )  # fmt: skip
    assert campaign.follows[0].only == (("committee", ("Transport",)),)


def person(**attributes: str) -> Target:
    return Target("A", "a@x.example", "A", attributes=tuple(sorted(attributes.items())))


@pytest.mark.parametrize(
    ("attributes", "key"),
    [
        ({"party": "Green"}, "friends"),
        ({"party": " labour "}, "friends"),
        ({"party": "Green", "committee": "Transport", "role": "Chair"}, "friends"),  # the first
        ({"committee": "Health; Transport", "role": "chair"}, "chairs"),
        ({"committee": "Transport"}, ""),
        ({"party": "Greens"}, ""),
        ({}, ""),
    ],
)
def test_the_first_version_that_fits_is_the_target_s(
    campaign: Campaign, attributes: dict[str, str], key: str
) -> None:
    version = version_for(campaign.letter, person(**attributes))
    assert (version.key if version else "") == key


def test_what_a_version_does_not_name_is_the_letter_s_own(campaign: Campaign) -> None:
    letter = letter_for(campaign.letter, person(party="Green"))
    assert (letter.subjects, letter.salutation) == (
        ("Thank you for the trees",), campaign.letter.salutation,
    )  # fmt: skip
    assert [point.key for point in letter.points] == ["shade"]
    chair = letter_for(campaign.letter, person(committee="Transport", role="Chair"))
    assert chair.points == ()


def test_an_attribute_that_is_not_there_fits_nothing() -> None:
    assert not fits((("party", ("",)),), {})
    assert fits((), {})


def letters(campaign: Campaign, written: str, shown: int, to: int) -> str:
    a, b = campaign.targets[shown], campaign.targets[to]
    return compose.for_each(campaign, a, b, written, name="Cy", postcode="", address="")


def test_a_body_left_as_it_was_offered_becomes_the_target_s_own(campaign: Campaign) -> None:
    friend, other = campaign.targets
    keys = ["shade", "cost"]

    def body(target: Target) -> str:
        return compose.body(for_target(campaign, target), compose.merge_values(target), keys)

    assert body(friend) == "Thank you.\n\nThey give shade."
    assert letters(campaign, body(friend), 0, 1) == body(other)
    assert letters(campaign, body(other), 1, 0) == body(friend)


def test_what_a_writer_changed_stays_and_the_rest_is_the_target_s_own(campaign: Campaign) -> None:
    mine = "Please keep them.\n\nAll of them.\n\nI walk there.\n\nThey cost little."
    assert letters(campaign, mine, 1, 0) == "Thank you.\n\nI walk there."
    mine = "Thank you so much.\n\nThey give shade."
    assert letters(campaign, mine, 0, 1) == mine


def test_a_subject_left_as_it_was_offered_becomes_the_target_s_own(campaign: Campaign) -> None:
    a, b = campaign.targets
    writer = {"name": "Cy", "postcode": "", "address": ""}
    assert compose.subject_for_each(campaign, a, b, "Thank you for the trees", **writer) == "Trees"
    assert compose.subject_for_each(campaign, b, a, "My trees", **writer) == "My trees"


def test_four_versions_over_650_targets(campaign: Campaign) -> None:
    parties = ["Green", "Labour", "Blue", "None"]
    targets = tuple(
        replace(person(party=parties[n % 4]), email=f"t{n}@x.example") for n in range(650)
    )
    versions = tuple(
        Version(party.lower(), (("party", (party,)),), opening=f"To {party}.") for party in parties
    )
    many = replace(campaign, targets=targets, letter=replace(campaign.letter, versions=versions))
    for n, target in enumerate(many.targets):
        words = compose.body(for_target(many, target), compose.merge_values(target), [])
        assert words == f"To {parties[n % 4]}."
        for other in (0, 1, 2, 3):
            offered = f"To {parties[other]}.\n\nMine."
            assert compose.for_each(
                many, targets[other], target, offered, name="", postcode="", address=""
            ) == f"To {parties[n % 4]}.\n\nMine."  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('points = ["shade"]', 'points = ["shad"]', 'names "shad", which is no point'),
        ('key = "chairs"', 'key = "friends"', "is that of version 1 too"),
        ('when = {party = ["Green", "Labour"]}', "when = {}", "must name attributes"),
        ('when = {party = ["Green", "Labour"]}', 'when = {party = "Green"}', "must be a list"),
        ('asks_address = "optional"', 'asks_address = "yes"', 'must be true, false or "optional"'),
        ('list = "uk-mps"', 'list = "UK MPs"', "must be small letters"),
        ("most_chosen = 3", "most_chosen = 0", "must be from 1 to 1,000"),
        ('party = "Blue"', 'emial = "b@y.example"', 'perhaps "email" is meant'),
    ],
)
def test_what_is_wrong_is_told_with_its_line(before: str, after: str, told: str) -> None:
    assert before in FILE
    with pytest.raises(FaultyFile) as error:
        read_campaign(FILE.replace(before, after))
    (fault,) = error.value.faults
    assert told in of_file(fault)
