"""A token has one spelling, and only that opens anything."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.tokens import BadToken, Tokens

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TOKENS = Tokens(("a-secret-key-for-tests-only", "an-older-key-for-tests-only"))


def test_a_token_is_read_back() -> None:
    token = TOKENS.new_form("trees", NOW)
    assert TOKENS.read_form("trees", token, NOW).served_at == NOW
    assert TOKENS.read_receipt(TOKENS.receipt("ab" * 16)) == "ab" * 16


@pytest.mark.parametrize("added", ["é", "=", "==", "!", " ", "\n", ".", "A"])
def test_nothing_can_be_added(added: str) -> None:
    for token in (TOKENS.new_form("trees", NOW) + added, added + TOKENS.new_form("trees", NOW)):
        with pytest.raises(BadToken):
            TOKENS.read_form("trees", token, NOW)


@given(st.integers(0, 200), st.characters(max_codepoint=0x2FF))
def test_no_character_can_be_exchanged(place: int, other: str) -> None:
    token = TOKENS.receipt("ab" * 16)
    place %= len(token)
    changed = token[:place] + other + token[place + 1 :]
    if changed == token:
        return
    with pytest.raises(BadToken):
        TOKENS.read_receipt(changed)
