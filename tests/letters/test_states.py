"""Every pair of state and cause has an answer, and events settle a letter in any order."""

from itertools import permutations, product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.states import FINAL, NOT_LEFT, RULES_OUT, Cause, State, advance, is_news

PROOFS = (Cause.TAKEN, Cause.DEFER, Cause.DELIVER, Cause.DROP, Cause.BOUNCE)
PROVEN = (State.ACCEPTED, State.DEFERRED, State.DELIVERED, State.DROPPED, State.BOUNCED)
UNPROVEN = tuple(state for state in State if state not in PROVEN)


def after(state: State, *causes: Cause) -> State:
    for cause in causes:
        state = advance(state, cause) or state
    return state


@pytest.mark.parametrize(("state", "cause"), list(product(State, Cause)))
def test_every_pair_has_an_answer(state: State, cause: Cause) -> None:
    next_state = advance(state, cause)
    assert next_state is None or isinstance(next_state, State)
    assert next_state is not state


@pytest.mark.parametrize("state", UNPROVEN)
def test_proof_wins_over_every_state_that_does_not_know(state: State) -> None:
    for cause, proven in zip(PROOFS, PROVEN, strict=True):
        assert advance(state, cause) is proven


@pytest.mark.parametrize("state", [s for s in State if s is not State.QUEUED])
def test_only_what_waits_is_claimed(state: State) -> None:
    assert advance(state, Cause.CLAIM) is None


@pytest.mark.parametrize("state", PROVEN)
def test_what_sendgrid_has_never_waits_again(state: State) -> None:
    # A person may queue again what did not arrive; what was not sent waits for its office.
    others = [c for c in Cause if c not in {*PROOFS, Cause.AGAIN, Cause.SUPPRESS}]
    assert all(advance(state, cause) is None for cause in others)


def test_an_unknown_letter_waits_for_a_word() -> None:
    assert after(State.QUEUED, Cause.CLAIM, Cause.LOST) is State.UNKNOWN
    assert after(State.UNKNOWN, Cause.CLAIM, Cause.CANCEL, Cause.EXPIRE) is State.UNKNOWN
    assert after(State.UNKNOWN, Cause.AGAIN) is State.QUEUED


def test_what_has_not_left_can_be_withdrawn_and_nothing_else_can() -> None:
    for state in State:
        assert (advance(state, Cause.CANCEL) is State.CANCELLED) == (state in NOT_LEFT)


def test_final_states_leave_only_by_proof_or_a_persons_word() -> None:
    for state, cause in product(FINAL, Cause):
        if advance(state, cause) is not None:
            assert cause in {*PROOFS, Cause.AGAIN, Cause.SUPPRESS}


def test_put_back_books_do_not_know_of_what_had_not_left() -> None:
    for state in State:
        may_have_left = state in {*NOT_LEFT, State.SENDING}
        assert (advance(state, Cause.ROLLED_BACK) is State.UNKNOWN) == may_have_left


@pytest.mark.parametrize("state", UNPROVEN)
@pytest.mark.parametrize("count", range(1, 6))
def test_every_order_of_up_to_five_events_gives_one_state(state: State, count: int) -> None:
    for history in product(PROOFS, repeat=count):
        if list(history) != sorted(history):
            continue  # the same events in another order come up as a permutation
        ends = {after(state, *order) for order in permutations(history)}
        assert len(ends) == 1


@given(st.lists(st.sampled_from(PROOFS), min_size=1, max_size=8), st.randoms(), st.integers(1, 46))
def test_copies_and_shuffles_change_nothing(
    history: list[Cause], chance: object, copies: int
) -> None:
    shuffled = history * copies
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert after(State.SENDING, *shuffled) is after(State.SENDING, *sorted(history))


def test_ten_thousand_shuffles_with_46_copies_give_one_state() -> None:
    chance = Random(46)
    for _ in range(10_000):
        history = chance.choices(PROOFS, k=chance.randint(1, 5))
        # As many as were seen of one event.
        shuffled = sorted(history * 46, key=lambda _: chance.random())
        assert after(State.UNKNOWN, *shuffled) is after(State.UNKNOWN, *history)


@pytest.mark.parametrize("cause", Cause)
def test_a_word_on_an_attempt_counts_while_nothing_later_is_known(cause: Cause) -> None:
    def counts(*, is_ruled_out: bool, is_earlier: bool) -> bool:
        return is_news(cause, is_ruled_out=is_ruled_out, is_earlier=is_earlier)

    assert counts(is_ruled_out=False, is_earlier=False)
    # An attempt that was ruled out was not taken; one that something followed rules nothing out.
    on_its_way = cause in {Cause.TAKEN, Cause.DEFER}
    assert counts(is_ruled_out=True, is_earlier=False) is not on_its_way
    assert counts(is_ruled_out=False, is_earlier=True) is (cause not in RULES_OUT)
