"""A name before an address says who writes, and nothing that filters take for a trick."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.text.display_name import display_name, reply_name


@pytest.mark.parametrize(
    "name",
    [
        "Ana Reed",
        'O\'Neil "Bo"',
        "Reed, Ana; jr",
        "Zoë Ångström-Šimić",
        "عائشة بنت أحمد",
        "علی‌رضا",  # with a joiner inside
        "田中 花子",
        "𠮷田",  # beyond the first 65,536
        "12:30",
        "J. R.  Hartley",  # as it was typed
    ],
)
def test_a_name_stays_as_it_was_typed(name: str) -> None:
    assert display_name(name) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("ana@example.org", "ana example.org"),
        ("Doe; Jane <jane@evil.example>", "Doe; Jane jane evil.example"),
        ("=?utf-8?q?spoof?=", "utf-8?q?spoof"),
        ("Ana 🌳", "Ana"),
        ("Ana 👩🏽‍🚒 Reed", "Ana Reed"),
        ("❤️ Ana", "Ana"),
        ("1️⃣ Ana", "1 Ana"),
        ("\u202eanA", "anA"),
        ("Ana\u200b\ufeff Reed", "Ana Reed"),
        ("Ana\x00\x07Reed", "AnaReed"),
        ("see http://x.example", "see http x.example"),
        ("🌳🌳", ""),
    ],
)
def test_what_filters_take_for_a_trick_is_left_out(name: str, shown: str) -> None:
    assert display_name(name) == shown


def test_in_reply_to_nothing_parts_a_name() -> None:
    assert reply_name("Reed, Ana; jr") == "Reed  Ana  jr"


@given(st.text(max_size=100))
def test_no_name_holds_an_address_or_a_sign_that_is_not_seen(name: str) -> None:
    for shown in (display_name(name), reply_name(name)):
        assert not set(shown) & set("@<>\r\n\0")
        assert "=?" not in shown
        assert all(unicodedata.category(c) not in {"Cc", "Cs"} for c in shown)
        assert shown == shown.strip() or shown == name
        assert display_name(shown) == shown
