"""Addresses as people type and paste them."""

import pytest

from letters.text.addresses import (
    BadAddress,
    Malformed,
    canonical,
    near_miss,
    read_address,
    spellings,
)

PLAIN = "ana@readers.example"


@pytest.mark.parametrize(
    "typed",
    [
        PLAIN,
        f" {PLAIN} ",
        f"\u200b{PLAIN}",
        f"{PLAIN}\ufeff",
        f"\u200f{PLAIN}\u200e",
        f"\u202a{PLAIN}\u202c",
        f"mailto:{PLAIN}",
        f"MAILTO:{PLAIN}?subject=Hello",
        f"Ana Reed <{PLAIN}>",
        f'"Reed, Ana" <{PLAIN}>',
        f"<{PLAIN}>",
        f"{PLAIN}.",
        f"{PLAIN},",
        f"{PLAIN};",
        f"Ana <mailto:{PLAIN}>;",
        f"\u00a0{PLAIN}\u3000",
        f"\u00ad{PLAIN}\u2060",
        f"{PLAIN} .,; ",
        f"{PLAIN}\u200b.",
        f"Ana < {PLAIN}; >.",
        f"mailto: {PLAIN}. ?subject=a@b.example",
        f"mailto://{PLAIN}",
        f"{PLAIN}،",
        f"{PLAIN}。",
        f"{PLAIN[:2]}\u00ad{PLAIN[2:]}",  # a soft hyphen, copied along from a page
    ],
)
def test_what_stands_around_an_address_is_read_through(typed: str) -> None:
    assert read_address(typed) == PLAIN


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("zw@münchen.example", "zw@xn--mnchen-3ya.example"),
        ("zw@MÜNCHEN.example", "zw@xn--mnchen-3ya.example"),
        ("a@例え.example", "a@xn--r8jz45g.example"),
        ("a@xn--mnchen-3ya.example", "a@xn--mnchen-3ya.example"),
    ],
)
def test_an_international_domain_is_kept_in_ascii(typed: str, read: str) -> None:
    assert read_address(typed) == read


@pytest.mark.parametrize("typed", ["", "  ", "\u200b", "<>", "mailto:", "."])
def test_nothing_is_told_from_something_wrong(typed: str) -> None:
    with pytest.raises(BadAddress) as caught:
        read_address(typed)
    assert caught.value.why is Malformed.EMPTY


@pytest.mark.parametrize(
    "typed",
    [
        "ana",
        "ana@",
        "@readers.example",
        "ana@readers",
        "a b@readers.example",
        "ana@@readers.example",
        "ana@readers@readers.example",
        ".ana@readers.example",
        "josé@readers",
        "josé reed@readers.example",
        "josé@\u2488.example",
        f"{'a' * 65}@readers.example",
        "Ana <a@readers.example> <b@readers.example>",
        "a@x.example, b@x.example",
        "ana@-.example",
        "ana\n@readers.example",
        "ana@readers.example\nBcc: x",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(BadAddress) as caught:
        read_address(typed)
    assert caught.value.why is Malformed.NO_ADDRESS


@pytest.mark.parametrize("typed", ["josé@readers.example", "用户@例え.example"])
def test_letters_beyond_ascii_before_the_at_have_a_reason_of_their_own(typed: str) -> None:
    with pytest.raises(BadAddress) as caught:
        read_address(typed)
    assert caught.value.why is Malformed.LOCAL_NOT_ASCII


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("jo@gmial.com", "jo@gmail.com"),
        ("jo@gmai.com", "jo@gmail.com"),
        ("jo@gmaill.com", "jo@gmail.com"),
        ("jo@gnail.com", "jo@gmail.com"),
        ("jo@gmail.con", "jo@gmail.com"),
        ("jo@gmail.cm", "jo@gmail.com"),
        ("jo@hotmial.com", "jo@hotmail.com"),
        ("jo@outlok.com", "jo@outlook.com"),
        ("jo@harbours.con", "jo@harbours.com"),
        ("Jo@Gmial.Com", "jo@gmail.com"),
        ("jo@mail.gmail.con", "jo@mail.gmail.com"),
        ("jo@ggmail.com", "jo@gmail.com"),  # one too many, at the front, the end, in the middle
        ("jo@gmail.comm", "jo@gmail.com"),
        ("jo@gmaail.com", "jo@gmail.com"),
        ("jo@mail.co", "jo@mail.com"),  # one too few
        ("jo@ahoo.com", "jo@yahoo.com"),
        ("jo@xahoo.com", "jo@yahoo.com"),  # another
        ("jo@gmail.cop", "jo@gmail.com"),
        ("jo@ayhoo.com", "jo@yahoo.com"),  # two that changed places
        ("jo@yahooc.om", "jo@yahoo.com"),
        ("jo@yahoo.cmo", "jo@yahoo.com"),
        ("jo@wbe.de", "jo@web.de"),
        ("jo@me.co", "jo@me.com"),
        ("jo@gmx.comm", "jo@gmx.com"),
        ("jo@ggmaill.com", None),  # two slips
        ("jo@gmail.comxx", None),
        ("jo@yhaoo.cmo", "jo@yhaoo.com"),  # the ending says enough
        ("jo@haooy.com", None),
        ("jo@zzhoo.com", None),  # two that are others, side by side, apart, and the first
        ("jo@yxhxo.com", None),
        ("jo@xahho.com", None),
        ("jo@con", None),
        ("con", None),
    ],
)
def test_a_slip_of_a_finger_is_asked_about(typed: str, meant: str | None) -> None:
    assert near_miss(typed) == meant


@pytest.mark.parametrize(
    "typed",
    ["jo@gmail.com", "jo@readers.example", "jo@email.com", "jo@mail.com", "jo@me.com", "jo@web.de"],
)
def test_a_domain_of_its_own_is_left_alone(typed: str) -> None:
    assert near_miss(typed) is None


def test_spellings_of_one_mailbox_have_one_form() -> None:
    spelt = ["Ana.Reed+trees@Gmail.com", "anareed@googlemail.com", "a.n.a.reed@gmail.com"]
    assert {canonical(each) for each in spelt} == {"anareed@gmail.com"}


@pytest.mark.parametrize(
    ("spelt", "one"),
    [
        ("Ana.Reed+a+b@Readers.Example", "ana.reed@readers.example"),
        ("+trees@readers.example", "+trees@readers.example"),  # nothing else is left of it
        ("a.b@gmail.example", "a.b@gmail.example"),
        ('"a@b"@readers.example', '"a@b"@readers.example'),
    ],
)
def test_the_one_form_of_an_address(spelt: str, one: str) -> None:
    assert canonical(spelt) == one


def test_the_longest_part_before_the_at() -> None:
    longest = f"{'a' * 64}@readers.example"
    assert read_address(longest) == longest


def test_an_error_says_why() -> None:
    with pytest.raises(BadAddress, match=r"^no-address$"):
        read_address("ana")


def test_an_address_told_without_its_dots_is_tried_with_them() -> None:
    assert spellings("A.bcd+trees@home.example") == (
        "a.bcd@home.example",  # as typed, first
        "abcd@home.example",
        "ab.cd@home.example",
        "abc.d@home.example",
        "a.b.cd@home.example",
        "a.bc.d@home.example",
        "ab.c.d@home.example",
    )


@pytest.mark.parametrize(("characters", "spelt"), [(24, 1 + 23 + 253), (25, 1 + 24)])
def test_a_long_address_is_not_tried_for_ever(characters: int, spelt: int) -> None:
    assert len(spellings(f"{'a' * characters}@home.example")) == spelt


def test_where_dots_do_not_count_none_are_tried() -> None:
    assert spellings("Ana.Reed@googlemail.com") == ("anareed@gmail.com",)
