"""A database that was put back from a backup sends nothing again, whatever became of Redis."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis, RedisError

from letters.desk import organisers, trouble
from letters.desk.trouble import Kind
from letters.receipts import erasure
from letters.sending import mark
from letters.sending.in_redis import RedisMark
from letters.sending.outcomes import Answer
from letters.storage.database import Database
from letters.storage.migrate import migrate
from letters.text import compose
from rig.servers import Valkey
from tests.operations.conftest import BackUp
from tests.operations.installation import Installation
from tests.support.books import Books
from worker.erased import note_erased

SINCE = "2020-01-01T00:00Z"


@pytest.fixture
def installed(database: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> Installation:
    # Commands are given later, by the true clock.
    now = datetime.now(UTC) - timedelta(days=5)
    return Installation(Books(database, now=now), redis, monkeypatch)


def write(installed: Installation, letters: int) -> None:
    installed.books.load("trees")
    for _ in range(letters):
        installed.books.write("trees")


def test_nothing_is_sent_by_books_that_are_older_than_what_was_sent(
    installed: Installation, back_up: BackUp
) -> None:
    write(installed, 6)
    installed.send(most=2)
    older = back_up(installed.books.database)
    installed.send()

    installed.books.database = older
    assert installed.send() == []  # whoever claims finds out
    assert installed.is_behind()  # and whoever sweeps
    assert installed.books.sweep().due_at is None
    assert set(installed.left.values()) == {1}


def test_the_sweep_finds_out_before_anybody_claims(
    installed: Installation, back_up: BackUp
) -> None:
    write(installed, 2)
    older = back_up(installed.books.database)
    installed.send()
    installed.books.database = older
    assert installed.is_behind()
    installed.redis.flushdb()  # and what was found stays found
    assert installed.is_behind()
    assert installed.send() == []


def test_what_redis_remembers_is_known_letter_by_letter(
    installed: Installation, back_up: BackUp, capsys: pytest.CaptureFixture[str], is_long: bool
) -> None:
    """A standby was some requests behind; as many letters again and notices had not left."""
    behind = 500 if is_long else 5
    write(installed, 2 * behind)
    older = back_up(installed.books.database)
    lost = installed.send(most=behind)
    installed.books.database = older
    assert installed.send() == []

    assert installed.postbag("restored", "--since", SINCE) == 0
    said = f"the {behind} requests that left since then, one by one"
    assert said in capsys.readouterr().err
    unknown = sum(not each.is_notice for each in lost)
    assert installed.books.states("trees").get("unknown", 0) == unknown
    installed.send()
    assert set(installed.left.values()) == {1}
    for each in lost:
        installed.books.deliver(each)
    states = installed.books.states("trees")
    assert "unknown" not in states
    assert sum(states.values()) == 2 * behind


def test_what_redis_does_not_remember_is_all_that_waited(
    installed: Installation, back_up: BackUp
) -> None:
    write(installed, 4)
    older = back_up(installed.books.database)
    sent = installed.send()
    for name in installed.redis.keys("*:claimed"):
        installed.redis.delete(name)  # it holds so many and no more

    installed.books.database = older
    assert installed.is_behind()
    new = installed.books.write("trees")  # the form goes on taking letters
    installed.postbag("restored", "--since", SINCE)
    assert installed.books.states("trees") == {"unknown": 4, "queued": 1}
    (letter,) = [each for each in installed.send() if not each.is_notice]
    assert letter.reply_to is not None
    assert letter.reply_to[1] == new
    assert set(installed.left.values()) == {1}
    for each in sent:
        installed.books.deliver(each)
    assert installed.books.states("trees") == {"delivered": 4, "accepted": 1}


def test_with_redis_lost_as_well_a_person_says_so_before_anything_starts(
    installed: Installation, back_up: BackUp, capsys: pytest.CaptureFixture[str]
) -> None:
    write(installed, 4)
    older = back_up(installed.books.database)
    sent = installed.send()
    installed.redis.flushdb()
    installed.books.database = older
    assert installed.postbag("restored", "--since", SINCE) == 0
    assert "Redis does not say what has left" in capsys.readouterr().err
    assert installed.send() == []
    for each in sent:
        installed.books.deliver(each)
    assert installed.books.states("trees") == {"delivered": 4}
    installed.books.write("trees")
    assert len(installed.send()) == 2  # the letter and its notice
    assert set(installed.left.values()) == {1}


def test_an_emptied_redis_alone_stops_nothing(installed: Installation) -> None:
    write(installed, 3)
    installed.send(most=2)
    installed.redis.flushdb()
    assert not installed.is_behind()
    installed.send()
    assert installed.books.states("trees") == {"accepted": 3}
    assert set(installed.left.values()) == {1}


def test_unconfirmed_and_held_letters_may_have_left_too(
    installed: Installation, back_up: BackUp
) -> None:
    books = installed.books
    books.load(
        "trees", "one@office.example", "two@office.example", more='confirm = "before-sending"'
    )
    email = books.write("trees")
    older = back_up(books.database)
    installed.send()
    books.confirm(email)
    sent = installed.send()
    assert len(sent) == 2

    books.database = older
    assert installed.is_behind()
    installed.postbag("restored", "--since", SINCE)
    assert books.states("trees") == {"unknown": 2}
    books.confirm(email)  # the link was mailed, and is followed once more
    assert installed.send() == []


def test_a_digest_is_known_with_every_letter_in_it(
    installed: Installation, back_up: BackUp
) -> None:
    books = installed.books
    books.load("trees", more='identical = "digest"')
    for _ in range(3):
        books.write("trees", text=offered(books))
    older = back_up(books.database)
    sent = installed.send()
    (digest,) = [each for each in sent if not each.is_notice]

    books.database = older
    assert installed.is_behind()
    installed.postbag("restored", "--since", SINCE)
    assert books.states("trees") == {"unknown": 3}
    books.deliver(digest)
    assert books.states("trees") == {"delivered": 3}


def offered(books: Books) -> str:
    """Give the letter as it is offered to everybody."""
    stored = books.find("trees")
    values = compose.merge_values(stored.targets[0].target, name="Ana Reed")
    keys = [point.key for point in stored.campaign.letter.points]
    body = compose.body(stored.campaign, values, keys)
    return compose.text(stored.campaign, values, reason="", body=body)


def test_nobody_is_reminded_or_told_again(installed: Installation, back_up: BackUp) -> None:
    books = installed.books
    books.load("trees", more='confirm = "before-sending"')
    email = books.write("trees")
    installed.send()
    books.wait(days=3, minutes=1)
    older = back_up(books.database)
    books.sweep()
    installed.send()
    assert len(books.mails(email)) == 2  # the link, and a reminder

    books.database = older
    assert installed.is_behind()
    installed.postbag("restored", "--since", SINCE)
    books.sweep()
    assert len(books.mails(email)) == 1


def test_whoever_was_erased_is_erased_again(installed: Installation, back_up: BackUp) -> None:
    books = installed.books
    write(installed, 1)
    email = books.write("trees")
    submission_id = books.submission(email)
    installed.send()
    older = back_up(books.database)
    with books.database.write() as connection:
        erasure.erase(connection, submission_id, books.now)
    note_erased(books.database, installed.redis, timedelta(days=90), books.now)
    books.write("trees")
    installed.send()

    books.database = older
    assert installed.is_behind()
    installed.postbag("restored", "--since", SINCE)
    with books.database.read() as connection:
        assert erasure.is_erased(connection, submission_id)


def test_who_was_erased_is_listed_from_the_logs_where_redis_is_lost(
    installed: Installation, tmp_path: Path
) -> None:
    write(installed, 1)
    submission_id = installed.books.submission(installed.books.write("trees"))
    listed = tmp_path / "erased.txt"
    listed.write_text(f"{submission_id}\nno-id-of-ours\n")
    installed.postbag("restored", "--since", SINCE, "--erase-again", str(listed))
    with installed.books.database.read() as connection:
        assert erasure.is_erased(connection, submission_id)


def test_given_twice_it_changes_nothing(
    installed: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    write(installed, 1)
    since = datetime.now(UTC).isoformat()
    assert installed.postbag("restored", "--since", since) == 0
    installed.books.write("trees")
    assert installed.postbag("restored", "--since", since) == 1
    assert "That was done at" in capsys.readouterr().err
    assert installed.books.states("trees") == {"unknown": 1, "queued": 1}


@pytest.mark.parametrize("since", ["2999-01-01T00:00Z", "yesterday"])
def test_a_moment_that_cannot_be_is_refused(installed: Installation, since: str) -> None:
    try:
        status = installed.postbag("restored", "--since", since)
    except SystemExit as ended:
        status = int(str(ended.code))
    assert status == (1 if since[0] == "2" else 2)


def test_what_redis_cannot_be_told_does_not_leave(
    installed: Installation, redis: Redis, tmp_path: Path
) -> None:
    """Books from a backup would send it again, and nobody could tell."""
    write(installed, 1)
    with Valkey(tmp_path) as own:
        installed.redis = Redis(unix_socket_path=str(own.socket))
        installed.redis.config_set("maxmemory", 1)  # it answers, and takes nothing
        with pytest.raises(RedisError):
            installed.claim()
    assert installed.books.states("trees") == {"queued": 1}
    installed.redis = redis
    installed.books.wait(seconds=5)  # the claim had reserved its slot
    installed.send()
    assert installed.books.states("trees") == {"accepted": 1}


@pytest.mark.parametrize("who", ["a claim", "a sweep", "news"])
def test_news_that_is_lost_stops_sending_too(
    installed: Installation, back_up: BackUp, who: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No claim is lost: but of whose news is, silence would seem to prove that it never left."""
    write(installed, 3)
    (first,) = installed.send(most=1)
    leaving, *others = (each for each in installed.claim() if not each.is_notice)
    installed.books.answer(others, Answer.TAKEN)
    older = back_up(installed.books.database)
    installed.books.answer([leaving], Answer.TAKEN)
    installed.tell(leaving)
    installed.books.database = older
    if who == "a sweep":
        assert installed.is_behind()
    if who == "news":
        installed.tell(first)
    assert installed.claim() == []

    assert installed.postbag("restored", "--since", SINCE) == 0
    assert "no request has left since then" in capsys.readouterr().err
    assert not installed.is_behind()
    # One was just leaving, and its news is gone.
    assert installed.books.states("trees")["unknown"] == 1
    installed.books.write("trees")
    installed.books.wait(seconds=5)
    assert installed.claim() != []


def test_two_workers_at_once_are_no_backup(installed: Installation) -> None:
    """One reads Redis, the other claims, and only then the first looks into the books."""
    write(installed, 4)
    database = installed.books.database
    with database.read() as connection:
        kept = RedisMark(installed.redis, mark.installation(connection))
    for _ in range(3):
        in_redis = kept.read()
        installed.send(most=1)
        with database.write() as connection:
            assert not mark.is_behind(connection, in_redis, installed.books.now)


def test_another_installation_in_the_same_redis_is_none_of_ours(
    installed: Installation, make_empty_url: Callable[[], str]
) -> None:
    write(installed, 2)
    installed.send()
    staging = Database(make_empty_url())
    migrate(staging)
    ours, installed.books.database = installed.books.database, staging
    assert not installed.is_behind()
    write(installed, 1)
    installed.send()
    staging.close()
    installed.books.database = ours
    assert not installed.is_behind()
    assert set(installed.left.values()) == {1}


def test_news_of_a_lost_attempt_settles_the_letter_and_sounds_an_alarm(
    installed: Installation, back_up: BackUp
) -> None:
    """Redis was lost too, and nobody has said so yet."""
    books = installed.books
    with books.database.write() as connection:
        organisers.enrol(connection, "olu@postbag.example", books.now)
    write(installed, 3)
    older = back_up(books.database)
    sent = [each for each in installed.send() if not each.is_notice]
    installed.redis.flushdb()
    books.database = older
    books.deliver(sent[0])
    books.block(sent[1])
    books.deliver(sent[1])  # in any order
    assert books.states("trees") == {"delivered": 1, "bounced": 1, "queued": 1}
    with books.database.read() as connection:
        assert [a.kind for a in trouble.alarms(connection, books.now)] == [Kind.STRANGE_NEWS]
    for _ in range(2):
        books.sweep()
    (mail,) = books.mails("olu@postbag.example")
    assert mail.subject == "SendGrid tells of letters that our books have not sent"


def test_news_of_what_was_lost_is_no_alarm_once_a_person_has_said_so(
    installed: Installation, back_up: BackUp
) -> None:
    books = installed.books
    write(installed, 2)
    older = back_up(books.database)
    sent = installed.send()
    installed.redis.flushdb()
    books.database = older
    installed.postbag("restored", "--since", SINCE)
    for each in sent:
        books.deliver(each)
    with books.database.read() as connection:
        assert trouble.alarms(connection, books.now) == []


def test_what_was_put_back_is_never_sent_again_by_itself(
    installed: Installation, back_up: BackUp
) -> None:
    """Its events may have come before, and are forgotten with all the rest."""
    books = installed.books
    pacing = 'per_target_per_hour = 3600000\nresend_unknown = "when-proven"'
    books.load("trees", pacing=pacing)
    books.write("trees")
    older = back_up(books.database)
    for each in installed.send():
        books.deliver(each)
    books.database = older
    assert installed.is_behind()
    installed.postbag("restored", "--since", SINCE)
    books.now = datetime.now(UTC) + timedelta(days=1)
    books.write("trees")
    for each in installed.send():
        books.deliver(each)
    books.wait(days=1)
    books.sweep()
    assert books.states("trees") == {"unknown": 1, "delivered": 1}
