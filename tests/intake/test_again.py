"""What an address writes once more: in place of the first, beside it, or a letter of its own.

A letter's name, address and text always come from one post, and nothing typed is lost unseen.
"""

import secrets
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select

from letters.campaigns.stored import StoredCampaign
from letters.intake.take import Intake
from letters.notices.links import Links
from letters.receipts import confirmation, consent, refusal, repeats
from letters.receipts.confirmation import ChangedSince
from letters.receipts.receipt import TooLate, UnknownSubmission, cancel, read
from letters.receipts.repeats import Decision, Repeat
from letters.sending.outcomes import Answer
from letters.states import Cause
from letters.storage.database import Database
from letters.storage.schema import dispatch, letter, notice, repeat, submission, target, writing
from letters.submission import Draft, Submission
from letters.tokens import Tokens
from letters.webhooks import webhook
from tests.support.books import URL, Books

OPT_IN = 'opt_in = "News, please."\n'
CHOICE = 'routing = "choice"\n'


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


@dataclass(frozen=True)
class Kept:
    """A letter as the books have it."""

    name: str
    email: str
    to: str
    body: str
    state: str
    opt_in: str | None
    postcode: str | None


def letters(books: Books) -> list[Kept]:
    with books.database.read() as connection:
        rows = connection.execute(
            select(
                submission.c.name,
                submission.c.email,
                target.c.email.label("target_email"),
                writing.c.body,
                letter.c.state,
                submission.c.opt_in_wording,
                submission.c.postcode,
            )
            .select_from(letter.join(writing).join(submission).join(target))
            .where(letter.c.kind == "letter")
            .order_by(letter.c.id)
        )
        return [Kept(*row) for row in rows]


def open_letters(books: Books) -> list[Kept]:
    return [kept for kept in letters(books) if kept.state != "cancelled"]


def form(stored: StoredCampaign, **changes: Any) -> Submission:  # noqa: ANN401 - any of its fields
    """Give one form as it is posted to the campaign's first target."""
    base = Submission(
        token_id=secrets.token_hex(16),
        name="Tess",
        email="tess@gmial.example",
        postcode="",
        reason="",
        points=(),
        personal_share=0.5,
        opt_in=False,
        drafts=(Draft(stored.targets[0].id, "Trees", "Keep them.\n\nTess"),),
    )
    return replace(base, **changes)


def post(books: Books, stored: StoredCampaign, new: Submission) -> None:
    books.intake.take(stored, new, books.now)
    books.wait(milliseconds=10)


def waiting(books: Books, email: str) -> list[Repeat]:
    with books.database.read() as connection:
        return repeats.of_submission(connection, books.submission(email))


def decide(books: Books, email: str, decision: Decision, seen: str = "") -> str:
    (found,) = waiting(books, email)
    with books.database.write() as connection:
        return repeats.decide(
            connection,
            Links(URL, books.tokens),
            books.submission(email),
            found.id,
            decision,
            seen or found.seen,
            books.now,
        )


CHANGES: dict[str, dict[str, Any]] = {
    "name": {"name": "Tess Moor"},
    "postcode": {"postcode": "AB1 2CD"},
    "consent": {"opt_in": True},
    "spelling of the address": {"email": "Tess+trees@gmial.example"},
}
IN_THE_LETTER = {
    "text": ("Trees", "Better words.\n\nTess"),
    "subject": ("Forty trees", "Keep them.\n\nTess"),
    "closing": ("Trees", "Keep them.\n\nIn hope,\nTess"),
    "postal address": ("Trees", "Keep them.\n\nTess\n1 Quay Street"),
}
FIELDS = (*CHANGES, *IN_THE_LETTER, "target")


def changed(first: Submission, stored: StoredCampaign, what: str) -> Submission:
    """Give a form with one thing changed, and nothing else."""
    if what in CHANGES:
        return replace(first, **CHANGES[what])
    to = stored.targets[what == "target"].id
    subject, text = IN_THE_LETTER.get(what, ("Trees", "Keep them.\n\nTess"))
    return replace(first, drafts=(Draft(to, subject, text),))


def said(books: Books) -> list[tuple[str, str, str, str, str | None, str | None]]:
    """Give of each letter that is not withdrawn all that its writer said with it."""
    with books.database.read() as connection:
        rows = connection.execute(
            select(
                submission.c.name,
                submission.c.email,
                target.c.email.label("target_email"),
                writing.c.subject + "\n\n" + writing.c.body,
                submission.c.opt_in_wording,
                submission.c.postcode,
            )
            .select_from(letter.join(writing).join(submission).join(target))
            .where(letter.c.kind == "letter", letter.c.state != "cancelled")
            .order_by(letter.c.id)
        )
        return [tuple(row) for row in rows]


def as_said(
    of: Submission, stored: StoredCampaign
) -> tuple[str, str, str, str, str | None, str | None]:
    """Give the same of a form."""
    (draft,) = of.drafts
    to = next(each.target.email for each in stored.targets if each.id == draft.target_id)
    return (
        of.name,
        of.email,
        to,
        f"{draft.subject}\n\n{draft.text}",
        "News, please." if of.opt_in else None,
        of.postcode or None,
    )


def load_all(books: Books, confirm: str) -> StoredCampaign:
    """Load a campaign that asks for everything."""
    more = f'confirm = "{confirm}"\nasks_postcode = true\n{OPT_IN}{CHOICE}'
    return books.load("trees", "a@h.example", "b@h.example", more=more)


@pytest.mark.parametrize(("what", "confirm"), list(product(FIELDS, ["none", "before-sending"])))
def test_the_same_form_again_changes_everything_that_was_changed(
    books: Books, what: str, confirm: str
) -> None:
    stored = load_all(books, confirm)
    first = form(stored)
    again = changed(first, stored, what)
    post(books, stored, first)
    post(books, stored, again)
    assert said(books) == [as_said(again, stored)]
    assert not waiting(books, again.email)
    mails = [mail for to in {first.email, again.email} for mail in books.mails(to)]
    assert len(mails) == 1


@pytest.mark.parametrize("confirm", ["none", "before-sending"])
def test_another_address_is_a_submission_of_its_own(books: Books, confirm: str) -> None:
    stored = books.load("trees", more=f'confirm = "{confirm}"\n')
    first = form(stored)
    draft = replace(first.drafts[0], text="Better words.\n\nTess")
    post(books, stored, first)
    post(books, stored, replace(first, email="tess@gmail.example", drafts=(draft,)))
    assert [(kept.email, kept.body) for kept in letters(books)] == [
        ("tess@gmial.example", "Keep them.\n\nTess"),
        ("tess@gmail.example", "Better words.\n\nTess"),
    ]
    assert len(books.mails("tess@gmail.example")) == 1


@pytest.mark.parametrize("has_left", [False, True])
@pytest.mark.parametrize("confirm", ["none", "before-sending"])
def test_a_second_person_at_the_tablet_signs_a_letter_of_their_own(
    books: Books, confirm: str, has_left: bool
) -> None:
    stored = books.load("trees", more=f'confirm = "{confirm}"\n')
    ada = form(stored, name="Ada", email="ada@tablet.example")
    bea = replace(
        ada,
        name="Bea",
        email="bea@tablet.example",
        drafts=(replace(ada.drafts[0], text="Bea's.\n\nBea"),),
    )
    post(books, stored, ada)
    if has_left:
        if confirm == "before-sending":
            books.confirm(ada.email)
        books.send()
    post(books, stored, bea)
    assert {(kept.name, kept.email, kept.body) for kept in letters(books)} == {
        ("Ada", ada.email, "Keep them.\n\nTess"),
        ("Bea", bea.email, "Bea's.\n\nBea"),
    }


@pytest.mark.parametrize("confirm", ["none", "before-sending"])
def test_another_target_is_the_same_letter_to_somebody_else(books: Books, confirm: str) -> None:
    stored = books.load(
        "trees", "a@h.example", "b@h.example", more=f'confirm = "{confirm}"\n{CHOICE}'
    )
    first = form(stored)
    post(books, stored, first)
    post(
        books,
        stored,
        replace(first, drafts=(Draft(stored.targets[1].id, "Trees", "To B.\n\nTess"),)),
    )
    (kept,) = letters(books)
    assert (kept.to, kept.body) == ("b@h.example", "To B.\n\nTess")
    post(books, stored, form(stored, email=first.email))
    assert [each.to for each in letters(books)] == ["b@h.example", "a@h.example"]


def test_fewer_and_more_targets_are_withdrawn_and_added(books: Books) -> None:
    stored = books.load("trees", "a@h.example", "b@h.example", "c@h.example", more=CHOICE)
    a, b, c = (each.id for each in stored.targets)
    first = form(stored, drafts=(Draft(a, "T", "x"), Draft(b, "T", "x")))
    post(books, stored, first)
    post(books, stored, replace(first, drafts=(Draft(c, "T", "y"),)))
    assert [(each.to, each.body) for each in open_letters(books)] == [("c@h.example", "y")]
    post(books, stored, replace(first, drafts=(Draft(a, "T", "z"), Draft(c, "T", "z"))))
    assert {(each.to, each.body) for each in open_letters(books)} == {
        ("a@h.example", "z"),
        ("c@h.example", "z"),
    }


STAGES = ("confirmed", "confirmed and left", "left", "delivered")


@pytest.mark.parametrize(("what", "stage"), list(product(FIELDS, STAGES)))
def test_after_a_yes_or_a_departure_the_owner_is_shown_it(
    books: Books, what: str, stage: str
) -> None:
    stored = load_all(books, "before-sending" if "confirmed" in stage else "none")
    first = form(stored)
    post(books, stored, first)
    if "confirmed" in stage:
        books.confirm(first.email)
    if stage != "confirmed":
        (claim,) = books.send()
        if stage == "delivered":
            books.deliver(claim)
    before, again = said(books), changed(first, stored, what)
    post(books, stored, again)
    post(books, stored, again)  # a double click
    if what == "target":  # nothing stands in its way: it is a letter of its own
        assert said(books) == [*before, as_said(again, stored)]
        assert not waiting(books, first.email)
        return
    assert said(books) == before
    (kept,) = waiting(books, first.email)
    assert (kept.name, kept.email, kept.letters) == (again.name, again.email, again.drafts)
    assert (kept.postcode or "", kept.opt_in_wording) == (
        again.postcode,
        "News, please." if again.opt_in else None,
    )
    assert kept.can_replace == (stage == "confirmed")


def test_the_same_said_twice_is_said_once(books: Books) -> None:
    stored = books.load("trees")
    first = form(stored)
    post(books, stored, first)
    post(books, stored, first)
    books.send()
    post(books, stored, first)
    post(books, stored, replace(first, token_id=secrets.token_hex(16)))
    assert len(letters(books)) == 1
    assert not waiting(books, first.email)


def test_a_couple_at_one_mailbox_write_a_letter_each(books: Books) -> None:
    stored = books.load("trees")
    post(books, stored, form(stored, name="Ann", email="home@readers.example"))
    bob = form(
        stored,
        name="Bob",
        email="home@readers.example",
        drafts=(Draft(stored.targets[0].id, "Trees", "Mine too.\n\nBob"),),
    )
    post(books, stored, bob)
    leads_to = decide(books, "home@readers.example", Decision.AS_WELL)
    assert [(kept.name, kept.state) for kept in letters(books)] == [
        ("Ann", "queued"),
        ("Bob", "queued"),
    ]
    assert not waiting(books, "home@readers.example")
    with books.database.read() as connection:
        assert read(connection, leads_to, books.now).name == "Bob"
    claims = books.send()
    assert sorted(claim.from_name for claim in claims if not claim.is_notice) == ["Ann", "Bob"]


@pytest.mark.parametrize("confirm", ["none", "before-sending"])
def test_a_better_letter_goes_instead_of_the_first(books: Books, confirm: str) -> None:
    stored = books.load("trees", more=f'confirm = "{confirm}"\n')
    first = form(stored)
    post(books, stored, first)
    better = form(
        stored,
        email=first.email,
        drafts=(Draft(stored.targets[0].id, "Trees", "Longer and better.\n\nTess"),),
    )
    post(books, stored, better)
    decide(books, first.email, Decision.INSTEAD)
    (kept,) = open_letters(books)
    assert (kept.body, kept.state) == ("Longer and better.\n\nTess", "queued")
    # The way is free for nobody else.
    post(books, stored, form(stored, email=first.email, name="Tess III"))
    assert len(open_letters(books)) == 1


def test_neither_leaves_the_first_alone(books: Books) -> None:
    stored = books.load("trees")
    first = form(stored)
    post(books, stored, first)
    post(books, stored, form(stored, email=first.email, name="Mallory"))
    decide(books, first.email, Decision.NEITHER)
    assert [kept.name for kept in letters(books)] == ["Tess"]
    assert not waiting(books, first.email)


def test_what_has_left_cannot_be_replaced(books: Books) -> None:
    stored = books.load("trees")
    first = form(stored)
    post(books, stored, first)
    post(books, stored, form(stored, email=first.email, name="Tess Moor"))
    books.send()
    with pytest.raises(TooLate):
        decide(books, first.email, Decision.INSTEAD)
    assert waiting(books, first.email), "it still waits for another decision"


def test_a_decision_about_what_was_not_shown_is_none(books: Books) -> None:
    stored = books.load("trees")
    first = form(stored)
    post(books, stored, first)
    post(books, stored, form(stored, email=first.email, name="Mallory"))
    with pytest.raises(ChangedSince):
        decide(books, first.email, Decision.AS_WELL, seen="something else")
    assert len(letters(books)) == 1


@pytest.mark.parametrize("end", ["failed", "bounced", "dropped", "expired", "cancelled"])
def test_what_did_not_arrive_stands_in_nobodys_way(books: Books, end: str) -> None:
    more = 'confirm = "before-sending"\n' if end == "expired" else ""
    stored = books.load("trees", more=more)
    first = form(stored)
    post(books, stored, first)
    if end == "failed":
        books.answer(books.claim(), Answer.REFUSED, "400: no")
    elif end in {"bounced", "dropped"}:
        (claim,) = [each for each in books.send() if not each.is_notice]
        books.tell(claim, Cause.BOUNCE if end == "bounced" else Cause.DROP)
    elif end == "expired":
        books.wait(days=8)
        books.sweep()
    else:
        with books.database.write() as connection:
            of = read(connection, books.submission(first.email), books.now)
            cancel(connection, of.submission_id, [of.letters[0].id], books.now)
    post(books, stored, form(stored, email=first.email, name="Tess again"))
    assert letters(books)[0].state == end
    assert [kept.name for kept in letters(books)] == ["Tess", "Tess again"]
    assert not waiting(books, first.email)


def test_a_yes_covers_what_was_shown_and_nothing_else(books: Books) -> None:
    stored = books.load("trees", more=f'confirm = "before-sending"\n{OPT_IN}')
    first = form(stored)
    post(books, stored, first)
    for change in (
        {"name": "Mallory"},
        {"opt_in": True},
        {"drafts": (replace(first.drafts[0], subject="Another subject"),)},
        {"drafts": (replace(first.drafts[0], text="Another text"),)},
        {"email": "tess+x@gmial.example"},
    ):
        email = letters(books)[0].email
        with books.database.read() as connection:
            seen = confirmation.seen(connection, books.submission(email))
        first = replace(first, **change)
        post(books, stored, first)
        with books.database.write() as connection, pytest.raises(ChangedSince):
            confirmation.confirm(connection, books.submission(first.email), seen, books.now)
        assert letters(books)[0].state == "unconfirmed"
    with books.database.write() as connection, pytest.raises(ChangedSince):
        confirmation.confirm(connection, books.submission(first.email), "", books.now)


def test_not_me_erases_and_lets_nothing_more_be_stored(books: Books) -> None:
    stored = books.load("trees", more='confirm = "before-sending"\n')
    first = form(stored, email="victim@readers.example")
    post(books, stored, first)
    id_ = books.submission(first.email)
    with books.database.write() as connection:
        refusal.refuse(connection, books.tokens, id_, books.now)
    with books.database.read() as connection, pytest.raises(UnknownSubmission):
        read(connection, id_, books.now)
    books.wait(days=3)
    for email in ("victim@readers.example", "Victim+again@readers.example"):
        post(books, stored, form(stored, email=email))
    assert [kept.state for kept in letters(books)] == ["cancelled"]
    with books.database.read() as connection:
        assert refusal.number(connection, stored.id) == 1
        sent = connection.execute(select(notice.c.letter_id)).all()
    assert len(sent) == 1, "the one first notice, and none since"
    other = books.load("roads")
    post(books, other, form(other, email="victim@readers.example"))
    assert books.states("roads") == {"queued": 1}, "another campaign knows nothing of it"


def test_what_an_older_secret_key_made_still_counts(books: Books) -> None:
    stored = books.load("trees", more='confirm = "before-sending"\n')
    mended, victim = form(stored), form(stored, email="victim@readers.example")
    for each in (mended, victim):
        post(books, stored, each)
    with books.database.write() as connection:
        refusal.refuse(connection, books.tokens, books.submission(victim.email), books.now)
    keys = ("another-secret-for-tests-only", *books.settings.secret_keys)
    later = Intake(books.database, Links(URL, Tokens(keys)))
    # The same form from the same address, a form of its own, and an address that wants none.
    for each in (
        replace(mended, name="Tess Moor"),
        form(stored, email=mended.email),
        form(stored, email=victim.email),
    ):
        later.take(stored, each, books.now)
        books.wait(milliseconds=10)
    assert [(kept.name, kept.state) for kept in letters(books)] == [
        ("Tess Moor", "unconfirmed"),
        (None, "cancelled"),
    ]
    assert len(waiting(books, mended.email)) == 1
    with books.database.read() as connection:
        assert len(connection.execute(select(notice.c.letter_id)).all()) == 2
        assert refusal.number(connection, stored.id) == 1


def test_consent_is_given_and_taken_back_at_any_time(books: Books) -> None:
    stored = books.load("trees", more=OPT_IN)
    first, handed_in = form(stored), books.now
    post(books, stored, first)
    id_ = books.submission(first.email)

    def now_kept() -> tuple[str | None, object]:
        with books.database.read() as connection:
            of = read(connection, id_, books.now)
        return of.opt_in_wording, of.opt_in_at

    assert now_kept() == (None, None)
    with books.database.write() as connection:
        consent.give(connection, id_, books.now)
    given = books.now
    assert now_kept() == ("News, please.", given)
    books.wait(hours=1)
    with books.database.write() as connection:
        consent.take_back(connection, id_, books.now)
    assert now_kept() == (None, books.now)
    post(books, stored, replace(first, opt_in=True))
    assert now_kept() == ("News, please.", handed_in), "the form's own, which waits for the yes"


def test_another_system_hears_of_a_consent_that_the_same_form_gives_or_ends(books: Books) -> None:
    stored = books.load("trees", more=f'confirm = "none"\n{OPT_IN}')
    with books.database.write() as connection:
        webhook.put(connection, stored.id, "https://crm.example.org/hook", books.now)
    first = form(stored)

    def to_tell(*, opt_in: bool) -> list[str]:
        post(books, stored, replace(first, opt_in=opt_in))
        with books.database.read() as connection:
            return list(connection.execute(select(dispatch.c.kind)).scalars())

    assert to_tell(opt_in=False) == []
    assert to_tell(opt_in=True) == ["consent.given"]
    assert to_tell(opt_in=False) == [], "nobody had heard of it yet"


def test_an_address_that_got_its_mail_hears_of_the_second_letter_a_day_later(
    books: Books,
) -> None:
    stored = books.load("trees")
    first = form(stored)
    post(books, stored, first)
    books.send()
    post(books, stored, form(stored, email=first.email, name="Tess Moor"))
    books.sweep()
    assert len(books.mails(first.email)) == 1
    books.wait(hours=25)
    books.sweep()
    assert [mail.subject for mail in books.mails(first.email)][1].startswith("A second letter")
    books.wait(hours=48)
    books.sweep()
    assert len(books.mails(first.email)) == 2


def test_twenty_repeats_are_kept_at_most(books: Books) -> None:
    stored = books.load("trees")
    first = form(stored)
    post(books, stored, first)
    for n in range(25):
        post(books, stored, form(stored, email=first.email, name=f"Name {n}"))
    with books.database.read() as connection:
        names = connection.execute(select(repeat.c.name).order_by(repeat.c.id)).scalars().all()
    assert names == [f"Name {n}" for n in range(5, 25)]
