"""An office that SendGrid sends nothing to: its letters wait, in every order of the news."""

from datetime import UTC, datetime
from itertools import combinations_with_replacement, permutations, product

import pytest

from letters.books.changes import Taken
from letters.books.happenings import Happening, Row
from letters.offices import mailbox
from letters.reasons import Hold
from letters.sending import settling
from letters.sending.claiming.claimed import Claim
from letters.sending.outcomes import Answer
from letters.states import Cause, State
from letters.storage.database import Database
from tests.support.books import Books

OFFICE = "clerk@office.example"
SAID = (Cause.TAKEN, Cause.DEFER, Cause.SUPPRESS, Cause.DELIVER, Cause.DROP, Cause.BOUNCE)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def suppress(books: Books, of: Claim) -> None:
    books.tell(of, Cause.SUPPRESS, "Bounced Address", Hold.SUPPRESSED)


def release(books: Books) -> int:
    books.wait(seconds=1)
    with books.database.write() as connection:
        return mailbox.release(connection, OFFICE, books.now)


def test_none_is_dropped_all_wait_and_no_writer_is_told(books: Books) -> None:
    books.load("trees", OFFICE)
    writers = [books.write("trees") for _ in range(24)]
    claims = books.send()
    suppress(books, claims[0])
    assert books.states("trees") == {"accepted": 23, "held": 1}
    late = books.write("trees")
    for claim in claims[1:]:
        suppress(books, claim)
    books.sweep()
    assert books.states("trees") == {"held": 25}
    assert all(len(books.mails(writer)) == 1 for writer in [*writers, late])
    (target,) = books.find("trees").targets
    assert (target.hold, target.hold_words) == (Hold.SUPPRESSED, "Bounced Address")

    happened_at = books.now
    assert release(books) == 25
    now, books.now = books.now, happened_at
    for claim in claims:  # late news of what was not sent change nothing any more
        suppress(books, claim)
        books.tell(claim, Cause.TAKEN)
        books.tell(claim, Cause.BOUNCE)
    books.now = now
    assert books.states("trees") == {"queued": 25}
    sent = books.send()
    assert len({claim.letter_id for claim in sent}) == len(sent) == 25
    for claim in sent:
        books.deliver(claim)
    assert books.states("trees") == {"delivered": 25}


@pytest.mark.parametrize("end", [Cause.DROP, Cause.BOUNCE])
def test_what_did_not_arrive_can_be_queued_again(books: Books, end: Cause) -> None:
    books.load("trees", OFFICE)
    books.write("trees")
    (first,) = books.send()
    books.tell(first, end, "552 mailbox full")
    with books.database.write() as connection:
        settling.again(connection, first.letter_id, books.now)
    books.tell(first, Cause.BOUNCE)
    books.tell(first, Cause.TAKEN)
    assert books.states("trees") == {"queued": 1}
    books.wait(seconds=5)
    (second,) = books.send()
    assert second.attempt_id != first.attempt_id
    books.tell(first, Cause.DROP)
    assert books.states("trees") == {"accepted": 1}
    books.deliver(first)  # one of any attempt counts
    assert books.states("trees") == {"delivered": 1}


def test_all_letters_to_a_target_can_be_queued_again(books: Books) -> None:
    books.load("trees", OFFICE)
    for _ in range(3):
        books.write("trees")
    for claim in books.send():
        books.tell(claim, Cause.DROP, "Spam Content")
    with books.database.write() as connection:
        assert settling.again_to(connection, "trees", OFFICE, books.now) == 3
    assert books.states("trees") == {"queued": 3}


def test_the_worker_may_hear_of_it_after_the_event(books: Books) -> None:
    books.load("trees", OFFICE)
    books.write("trees")
    claims = [claim for claim in books.claim() if not claim.is_notice]
    suppress(books, claims[0])
    books.answer(claims, Answer.TAKEN)
    assert books.states("trees") == {"held": 1}


def test_a_notice_to_a_suppressed_address_is_dropped(books: Books) -> None:
    books.load("trees", OFFICE)
    books.write("trees")
    (notice,) = [claim for claim in books.claim() if claim.is_notice]
    books.answer([notice], Answer.TAKEN)
    suppress(books, notice)
    with books.database.read() as connection:
        assert mailbox.find(connection, OFFICE).hold is None


def end_of(news: tuple[tuple[str, Cause], ...]) -> State:
    """Let events of two attempts come in, of which the first was suppressed and released."""
    row = Row("letter", 1, State.SENDING, "second", goes_together=False)
    taken = Taken({"letter": row}, {"first": True, "second": False})
    taken.take(Happening("letter", cause, NOON, attempt) for attempt, cause in news)
    return row.state


@pytest.mark.parametrize("number", range(1, 6))
def test_every_order_of_news_of_two_attempts_gives_one_state(number: int, is_long: bool) -> None:
    """Up to four events, with copies, and one in twenty of all sets of five; with --long all."""
    possible = list(product(("first", "second"), SAID))
    step = 1 if is_long or number < 5 else 20
    for news in list(combinations_with_replacement(possible, number))[::step]:
        ends = {end_of(order) for order in set(permutations(news))}
        assert len(ends) == 1, news
        assert State.QUEUED not in ends  # none is sent twice
