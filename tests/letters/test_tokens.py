"""A token has one spelling, and only that opens anything."""

import random
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


def test_what_an_older_key_made_is_known_and_new_things_are_made_by_the_new_one() -> None:
    before = Tokens(("an-older-key-for-tests-only",))
    today = Tokens(("a-new-key-for-tests-only", "an-older-key-for-tests-only"))
    alone = Tokens(("a-new-key-for-tests-only",))
    for old, new, reader in ((before, today, today), (today, today, alone)):
        assert reader.read_form("trees", old.new_form("trees", NOW), NOW).served_at == NOW
        assert reader.read_receipt(old.receipt("ab" * 16)) == "ab" * 16
        assert reader.read_office(old.office(7)) == 7
        assert reader.read_reply(old.reply("ab" * 16)) == "ab" * 16
        assert reader.read_device(old.device(7)) == 7
        reader.read_challenge("browser", old.challenge("browser", NOW), NOW)
        assert old.blind("notice", "ana@readers.example") in new.blinds(
            "notice", "ana@readers.example"
        )
    assert today.blinds("notice", "ana@readers.example") == (
        alone.blind("notice", "ana@readers.example"),
        before.blind("notice", "ana@readers.example"),
    )


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


@given(st.binary(min_size=16, max_size=16))
def test_a_letters_own_address_leads_back_to_it_in_any_case(raw: bytes) -> None:
    name = TOKENS.reply(raw.hex())
    assert len(name) == 52
    assert TOKENS.read_reply(name) == TOKENS.read_reply(name.upper()) == raw.hex()
    older = Tokens(("an-older-key-for-tests-only",))
    assert TOKENS.read_reply(older.reply(raw.hex())) == raw.hex()


@given(st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=52, max_size=52))
def test_a_guessed_address_is_nobodys(name: str) -> None:
    with pytest.raises(BadToken):
        TOKENS.read_reply(name)


@given(st.integers(0, 51), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_an_address_near_a_true_one_is_nobodys(place: int, other: str) -> None:
    true = TOKENS.reply("ab" * 16)
    near = true[:place] + other + true[place + 1 :]
    if near != true:
        with pytest.raises(BadToken):
            TOKENS.read_reply(near)


def test_no_guess_finds_an_address(*, is_long: bool) -> None:
    # Whoever has seen some true ones, and guesses near them too.
    alphabet, chance = "abcdefghijklmnopqrstuvwxyz234567", random.Random(16)
    true = [TOKENS.reply(f"{0x019CAD00_00000000_00000000_00000000 + n:032x}") for n in range(1_000)]
    known, found = frozenset(true), 0
    for n in range(10_000_000 if is_long else 2_000):
        if n % 3 == 0:
            guess = "".join(chance.choices(alphabet, k=51)) + chance.choice("aq")
        else:
            first, second = chance.choices(true, k=2)
            place = chance.randrange(1, 52)
            guess = first[:place] + second[place:]
            if n % 3 == 1:
                guess = f"{first[: place - 1]}{chance.choice(alphabet)}{first[place:]}"
        try:
            TOKENS.read_reply(guess)
        except BadToken:
            continue
        found += guess not in known
    assert found == 0


def test_letters_of_one_moment_have_addresses_that_are_not_alike() -> None:
    first, second = (TOKENS.reply(f"{n:032x}") for n in (1, 2))
    assert sum(a == b for a, b in zip(first, second, strict=True)) < 12
