"""Merge fields in organisers' words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.campaign import Campaign
from letters.files.campaign_file import read_campaign
from letters.text import compose
from letters.text.merge import FIELDS, MergeError, fields, merge
from rig.campaigns import campaign_file

VALUES = {
    "salutation": "Minister Example",
    "target": "The Hon. A. Example",
    "role": "Minister for Harbours",
    "name": "Ada Supporter",
    "postcode": "AB1 2CD",
}


@pytest.mark.parametrize(
    ("text", "merged"),
    [
        ("Dear {salutation},", "Dear Minister Example,"),
        ("{target}, {role}", "The Hon. A. Example, Minister for Harbours"),
        ("Yours,\n{name}\n{postcode}", "Yours,\nAda Supporter\nAB1 2CD"),
        ("{name}{name}", "Ada SupporterAda Supporter"),
        ("a {{brace}} stays", "a {brace} stays"),
        ("{{name}}", "{name}"),
        ("{{{name}}}", "{Ada Supporter}"),
        ("", ""),
    ],
)
def test_filling_in(text: str, merged: str) -> None:
    assert merge(text, VALUES) == merged


@pytest.mark.parametrize("value", ["{role}", "{{", "}}", "{nothing}", "\\1 \\g<0>", "%s {0}"])
def test_what_is_filled_in_is_not_read_again(value: str) -> None:
    assert merge("{name}, {role}", VALUES | {"name": value}) == f"{value}, Minister for Harbours"


@pytest.mark.parametrize(
    ("text", "position", "named"),
    [
        ("Dear {minister},", 5, "{minister}"),
        ("Dear { name }", 5, "{ name }"),
        ("Dear {Name}", 5, "{Name}"),
        ("Dear {", 5, "{"),
        ("Dear {name", 5, "{name"),
        ("{}", 0, "{}"),
        ("{name.__class__}", 0, "{name.__class__}"),
        ("{name!r}", 0, "{name!r}"),
        ("Dear name}", 9, "}"),
        ("{{name}", 6, "}"),
        ("a {{ b { c", 7, "{ c"),
    ],
)
def test_a_stray_brace_is_named(text: str, position: int, named: str) -> None:
    for read in (fields, lambda text: merge(text, VALUES)):
        with pytest.raises(MergeError) as caught:
            read(text)
        assert caught.value.position == position
        assert caught.value.found == named
        assert caught.value.args == (position, named)


def test_which_fields_a_text_has() -> None:
    assert fields("{{role}} {name} {target} {name}") == {"name", "target"}
    assert fields("none") == frozenset()


@given(st.text())
def test_any_text_can_be_written_with_doubled_braces(text: str) -> None:
    doubled = text.replace("{", "{{").replace("}", "}}")
    assert merge(doubled, {}) == text
    assert fields(doubled) == frozenset()


@given(st.lists(st.sampled_from([*FIELDS, "words "]), max_size=8), st.text())
def test_fields_and_merge_agree(parts: list[str], value: str) -> None:
    text = "".join(f"{{{part}}}" if part in FIELDS else part for part in parts)
    merged = merge(text, dict.fromkeys(fields(text), value))
    assert merged == "".join(value if part in FIELDS else part for part in parts)


def two_ministers() -> Campaign:
    file = campaign_file("trees", "a@x.example", "b@x.example")
    file = file.replace("I walk under", "I, {name}, ask you, {target}: I walk under")
    return read_campaign(file.replace('subject = "Keep', 'subject = "{salutation}: keep'))


def test_what_a_writer_left_as_it_was_speaks_to_each_target_in_its_name() -> None:
    campaign = two_ministers()
    first, second = campaign.targets
    served = compose.body(campaign, compose.merge_values(first), ["trees", "shade"])
    told = compose.for_each(campaign, first, second, served, name="Ana", postcode="")
    values = compose.merge_values(second, name="Ana")
    assert told == compose.body(campaign, values, ["trees", "shade"])
    subject = compose.subject_for_each(
        campaign, first, second, "Minister 1: keep the trees", name="Ana", postcode=""
    )
    assert subject == "Minister 2: keep the trees"


def test_what_a_writer_typed_stays_as_it_was() -> None:
    campaign = two_ministers()
    first, second = campaign.targets
    typed = "My own {target}, Minister 1.\n\n\n\nAnd an end.\n"
    assert compose.for_each(campaign, first, second, typed, name="Ana", postcode="") == typed
    mine = "Minister 1, hear me"
    assert compose.subject_for_each(campaign, first, second, mine, name="A", postcode="") == mine
