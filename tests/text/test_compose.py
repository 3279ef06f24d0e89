"""A letter's text, whom it is filled in for, and how much of it is its writer's own."""

from dataclasses import replace

import pytest

from letters.campaign import Campaign, Target, Version
from letters.files.campaign_file import read_campaign
from letters.languages import Language
from letters.text import compose
from rig.campaigns import campaign_file

ANA = {"name": "Ana Reed", "postcode": "AB1 2CD"}
FIRST = "minister@harbours.example"
SECOND = "shadow@harbours.example"


def campaign(**words: object) -> Campaign:
    """Give a campaign with two targets, whose letter has these words in it."""
    made = read_campaign(campaign_file("trees", FIRST, SECOND))
    return replace(made, letter=replace(made.letter, **words))  # type: ignore[arg-type]


def whole(made: Campaign, shown: Target) -> str:
    """Give the body as the page offers it before it knows its writer's name."""
    keys = [point.key for point in made.letter.points]
    return compose.body(made, compose.merge_values(shown), keys)


def test_what_can_be_filled_in() -> None:
    (first, _) = campaign().targets
    assert compose.merge_values(first, **ANA) == {
        "salutation": "Minister 1",
        "target": "Minister 1, the Second",
        "role": "Minister for Harbours",
        "address": "",
        **ANA,
    }
    nameless = compose.merge_values(first)
    assert (nameless["name"], nameless["postcode"]) == ("", "")


def test_points_come_in_the_order_asked_for_and_once() -> None:
    made = campaign(opening="")
    points = ["shade", "no-such-point", "trees", "shade"]
    assert compose.body(made, {}, points) == (
        "Plant ten more. The quay has no shade at noon.\n\n"
        "Keep all forty trees. They are older than the cranes."
    )


def test_a_point_without_a_lead_begins_with_its_text() -> None:
    made = campaign()
    made = campaign(points=tuple(replace(point, lead="") for point in made.letter.points))
    assert compose.body(made, {}, ["trees"]).endswith("\n\nThey are older than the cranes.")


@pytest.mark.parametrize("reason", ["", " \n\t", "\u200b", "\u3164\n"])
def test_a_letter_without_a_reason(reason: str) -> None:
    made = campaign()
    values = compose.merge_values(made.targets[0], **ANA)
    assert compose.text(made, values, reason=reason, body="Please.") == (
        "Dear Minister 1,\n\nPlease.\n\nYours sincerely,\nAna Reed"
    )


def test_what_is_typed_keeps_all_but_its_carriage_returns() -> None:
    made = campaign()
    values = compose.merge_values(made.targets[0], **ANA)
    assert compose.text(made, values, reason=" I\r\nwalk. ", body="{name}\r\n\rand \n") == (
        "Dear Minister 1,\n\n I\nwalk. \n\n{name}\n\rand \n\n\nYours sincerely,\nAna Reed"
    )


MERGED = "{salutation}, {target}, {role}: {name} of {postcode} writes.\n\nIt is about {role}."


@pytest.mark.parametrize("known", [{"name": "", "postcode": ""}, ANA])
def test_a_paragraph_left_as_it_was_is_filled_in_for_each(known: dict[str, str]) -> None:
    made = campaign(opening=MERGED)
    shown, other = made.targets
    offered = compose.body(made, {**compose.merge_values(shown), **known}, ["trees", "shade"])
    other = replace(other, role="Shadow of Harbours")
    assert compose.for_each(made, shown, other, offered, **ANA) == compose.body(
        made, compose.merge_values(other, **ANA), ["trees", "shade"]
    )


def test_a_point_is_filled_in_too() -> None:
    made = campaign()
    (trees, shade) = made.letter.points
    made = campaign(points=(replace(trees, lead="{salutation}:", text="keep them."), shade))
    shown, other = made.targets
    assert "Minister 2: keep them." in compose.for_each(
        made, shown, other, whole(made, shown), **ANA
    )


def test_a_paragraph_of_ones_own_stays() -> None:
    made = campaign(opening=MERGED)
    shown, other = made.targets
    changed = "Minister 1, I write to you.\n\nIt is about Minister for Harbours."
    assert compose.for_each(made, shown, other, changed, **ANA) == changed


def test_a_paragraph_left_out_does_not_move_the_others() -> None:
    made = campaign(opening=MERGED)
    shown, other = made.targets
    other = replace(other, role="Shadow")
    assert compose.for_each(made, shown, other, "It is about Minister for Harbours.", **ANA) == (
        "It is about Shadow."
    )


def test_a_value_that_holds_a_blank_line_is_filled_in_whole() -> None:
    made = campaign(opening="To {role}.")
    shown, other = made.targets
    other = replace(other, role="Harbours\n\nand Trees")
    found = compose.for_each(made, shown, other, whole(made, shown), **ANA)
    assert found.startswith("To Harbours\n\nand Trees.\n\nKeep all forty trees.")


BODIES = {
    "left as it was": "{role} today.\n\nKeep all forty trees. They are older than the cranes.",
    "a point left out": "{role} today.",
    "all one's own": "Please keep them.",
}


@pytest.mark.parametrize("written", BODIES.values(), ids=BODIES)
def test_every_target_gets_a_text_of_its_own_in_their_order(written: str) -> None:
    made = campaign(opening="{role} today.")
    made = replace(made, letter=replace(made.letter, points=made.letter.points[:1]))
    shown, other = made.targets
    targets = [other, shown, replace(other, role="Clerk")]
    served = written.replace("{role}", shown.role)
    assert list(compose.for_all(made, shown, targets, served, **ANA)) == [
        written.replace("{role}", target.role) for target in targets
    ]


def test_every_target_gets_a_subject_of_its_own_in_their_order() -> None:
    made = campaign(subjects=("To {salutation}",))
    shown, other = made.targets
    for written, each in (
        ("To Minister 1", ["To Minister 2", "To Minister 1"]),
        ("Trees", ["Trees", "Trees"]),
    ):
        assert list(compose.subjects_for_all(made, shown, [other, shown], written, **ANA)) == each


@pytest.mark.parametrize("known", [{"name": "", "postcode": ""}, ANA])
def test_a_subject_left_as_it_was_is_filled_in_for_each(known: dict[str, str]) -> None:
    made = campaign(subjects=("Another", "{salutation}, from {postcode}, {name}"))
    shown, other = made.targets
    values = {**compose.merge_values(shown), **known}
    written = f"{values['salutation']}, from {values['postcode']}, {values['name']}".strip()
    assert compose.subject_for_each(made, shown, other, written, **ANA) == (
        "Minister 2, from AB1 2CD, Ana Reed"
    )


def test_a_subject_that_ends_in_an_empty_field_ends_in_no_space() -> None:
    made = campaign(subjects=("{name} for {salutation} ",))
    shown, other = made.targets
    found = compose.subject_for_each(made, shown, other, "for Minister 1", **ANA)
    assert found == "Ana Reed for Minister 2"


def test_a_subject_of_ones_own_stays() -> None:
    made = campaign()
    shown, other = made.targets
    mine = "Minister 1, keep them"
    assert compose.subject_for_each(made, shown, other, mine, **ANA) == mine


GIVEN = "one two three four five six"


@pytest.mark.parametrize(
    ("written", "share"),
    [
        ("", 0.0),
        (" \n", 0.0),
        ("One TWO three\nFour", 0.0),
        (GIVEN, 0.0),
        ("mine", 1.0),
        ("one", 0.0),  # shorter than a run: all of it stands there
        ("three four", 0.0),
        ("one two four", 1.0),
        ("one two three mine", 1.0),  # three in a row are chance
        ("mine one two three four", 0.2),
        ("one two three four mine", 0.2),
        ("three four five six mine yours", 2 / 6),
        ("one two three four mine three four five six", 1 / 9),
    ],
)
def test_how_much_is_a_writers_own(written: str, share: float) -> None:
    assert compose.personal_share(written, GIVEN) == pytest.approx(share)


def test_nothing_prewritten_leaves_all_to_the_writer() -> None:
    assert compose.personal_share("all of it is mine", "") == 1.0


CLOSINGS = {
    "Yours sincerely,\n{name}": ("Yours sincerely,", "\nAna Reed"),
    "Yours, {salutation}'s voter\n\n{name}\n{postcode}": (
        "Yours, Minister 1's voter",
        "\n\nAna Reed\nAB1 2CD",
    ),
    "Greetings from {name} of the quay": ("Greetings from", " Ana Reed of the quay"),
    "{name}\n{postcode}": ("", "\nAna Reed\nAB1 2CD"),
    "{{name}} is no field": ("{name} is no field", ""),
}


@pytest.mark.parametrize("closing", CLOSINGS)
def test_a_closing_is_its_writers_down_to_the_name(closing: str) -> None:
    own, signed = CLOSINGS[closing]
    made = campaign(closing=closing)
    values = compose.merge_values(made.targets[0], **ANA)
    assert compose.closing_of(made, values) == compose.Closing(own, signed)

    def ends(typed: str | None) -> str:
        kept = compose.own_closing(made, made.targets[:1], typed)
        whole = compose.text(made, values, reason="", body="Please.", closing=kept)
        return whole.removeprefix("Dear Minister 1,\n\nPlease.")

    offered = ends(None)
    assert offered == f"\n\n{own}{signed}".replace("\n\n\n", "\n\n")
    assert ends(own) == ends(f"{own}\r\n") == offered, "it was left as it was"
    assert ends("With {name},\r\nyours") == f"\n\nWith {{name}},\nyours{signed}", "it is data"
    if own:
        assert ends(" \u200b") == (f"\n\n{signed.lstrip()}" if signed else "")


def test_a_closing_without_a_signature_keeps_its_end() -> None:
    made = campaign(closing="Kind regards \n")
    assert compose.closing_of(made, {}) == compose.Closing("Kind regards", " \n")


def test_a_closing_is_as_offered_if_any_version_offers_it() -> None:
    made = campaign(
        closing="Yours sincerely,\n{name}",
        versions=(Version("second", (("party", ("Green",)),), closing="In haste,\n{name}"),),
    )
    first, second = made.targets
    second = replace(second, attributes=(("party", "Green"),))
    assert compose.own_closing(made, [first, second], "In haste,") is None
    assert compose.own_closing(made, [first], "In haste,") == "In haste,"


FOOT = {
    Language.EN: "For this office: what came, what waits, and your wish",
    Language.ES: "Para esta oficina: lo que ha llegado, lo que espera y lo que desea",
}
PAGE = f"https://act.example/o/12.{'k' * 43}"


def test_a_letter_ends_with_the_way_to_its_offices_page() -> None:
    made = campaign(closing="Yours,\n{name}")
    values = compose.merge_values(made.targets[0], **ANA)
    foot = compose.foot(Language.EN, PAGE)
    bare = compose.text(made, values, reason="", body="Please.")
    whole = compose.text(made, values, reason="", body="Please.", foot=foot)
    assert whole == f"{bare}\n\n{foot}"
    assert compose.without_foot(whole) == bare
    assert (compose.foot_of(whole), compose.foot_of(bare)) == (foot, "")


@pytest.mark.parametrize("language", FOOT)
def test_the_foot_speaks_the_letters_language(language: Language) -> None:
    assert compose.foot(language, PAGE) == f"-- \n{FOOT[language]}\n{PAGE}"


@pytest.mark.parametrize(
    "typed", ["\n\n-- \nAna\nhttps://act.example/o/12.short", "\n\n-- \nAna Reed", "\n\n-- \n"]
)
def test_what_a_writer_signs_with_is_no_foot(typed: str) -> None:
    assert compose.without_foot(f"Please.{typed}") == f"Please.{typed}"
