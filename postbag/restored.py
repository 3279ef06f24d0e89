"""`postbag restored`: the database was put back from a backup; see docs/operations/restore.md."""

from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from redis import Redis, RedisError
from sqlalchemy import Connection

from letters.receipts import erasure
from letters.receipts.erasure import StillLeaving
from letters.record import COMMAND_LINE, Deed, record
from letters.sending import mark, restored
from letters.sending.in_redis import RedisMark
from letters.sending.mark import Claimed, Mark
from letters.sending.restored import Counted
from postbag.shell import Commands, Refused, Shell
from worker.erased import RedisErased

_AT_ONCE: Final = 1_000


def add_commands(commands: Commands) -> None:
    """Add `restored`."""
    parser = commands.add_parser(
        "restored", help="after the database was put back from a backup: let sending go on"
    )
    parser.add_argument(
        "--since",
        required=True,
        type=_moment,
        metavar="MOMENT",
        help="what the database was put back to, such as 2027-03-01T02:00+00:00",
    )
    parser.add_argument(
        "--erase-again",
        type=Path,
        metavar="FILE",
        help="ids of submissions that were erased since then, from your logs",
    )
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(act=_restored)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no moment such as 2027-03-01T02:00+00:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What Redis has kept, where it was not lost together with the database."""

    mark: Mark | None
    claimed: list[Claimed] | None
    """What the books have lost, letter by letter; None: Redis does not remember all of it."""
    erased: list[str]

    def ahead_by(self, ours: Mark) -> int | None:
        """Return how many claims the books have lost; None: Redis does not know."""
        if self.mark is None or not self.mark.is_ahead_of(ours):
            return None
        return max(0, self.mark.claims - ours.claims)


def _restored(shell: Shell, options: Namespace) -> int:
    now = shell.now()
    if options.since > now:
        raise Refused(f"{options.since.isoformat()} has not come yet: give the backup's moment.")
    with shell.database.read() as connection:
        ours, installation = mark.look(connection), mark.installation(connection)
        done_at = restored.done_at(connection)
    if done_at is not None and done_at >= options.since:
        raise Refused(
            f"That was done at {done_at.isoformat()}, and these books have not been found to be "
            "older than what was sent since then."
        )
    redis = Redis.from_url(shell.settings.redis_url, socket_timeout=5, socket_connect_timeout=5)
    in_redis, erased_too = RedisMark(redis, installation), RedisErased(redis, installation)
    try:
        kept = _Kept(in_redis.read(), in_redis.claimed_after(ours.claims), erased_too.all())
    except RedisError as error:
        raise Refused(
            "Redis cannot be reached, and it knows what has left: mend it and try again. If it is "
            "lost for good, an empty one will do."
        ) from error
    with shell.database.write() as connection:
        restored.stop(connection, now)
    counted = _unknown(shell, kept, ours, now)
    erased = _erase_again(shell, [*kept.erased, *_listed(options.erase_again)], now)
    with shell.database.write() as connection:
        restored.take_as_told(connection, now)
        restored.go_on(connection, kept.mark, now)
        since = options.since.isoformat()
        record(connection, Deed.RESTORED, now, by=COMMAND_LINE, detail=since)
        beyond = mark.look(connection)
    with suppress(RedisError):  # a worker's sweep does it as well
        in_redis.raise_to(beyond)
    redis.close()
    _say(shell, kept, ours, counted, erased)
    if options.json:
        shell.document(
            {
                "since": options.since.isoformat(),
                "letters": counted.letters,
                "notices": counted.notices,
                "erased_again": erased,
                "requests": kept.ahead_by(ours),
                "one_by_one": kept.ahead_by(ours) is not None and kept.claimed is not None,
            }
        )
    return 0


def _unknown(shell: Shell, kept: _Kept, ours: Mark, now: datetime) -> Counted:
    """Let what may have left become unknown, a thousand at a time."""
    lost = kept.ahead_by(ours)
    claimed = [] if lost == 0 else kept.claimed
    if lost is None or claimed is None:
        newest = kept.mark.newest if kept.mark and lost is not None else None
        return _all(shell, lambda connection: restored.may_have_left(connection, newest, now))
    counted = Counted()
    for first in range(0, len(claimed), _AT_ONCE):
        with shell.database.write() as connection:
            counted += restored.enter(connection, claimed[first : first + _AT_ONCE], now)
    return counted + _all(shell, lambda connection: restored.was_leaving(connection, now))


def _all(shell: Shell, some: Callable[[Connection], Counted]) -> Counted:
    counted = Counted()
    while True:
        with shell.database.write() as connection:
            more = some(connection)
        if more == Counted():
            return counted
        counted += more


def _erase_again(shell: Shell, submission_ids: list[str], now: datetime) -> int:
    erased = 0
    for submission_id in submission_ids:
        with shell.database.write() as connection:
            if erasure.is_erased(connection, submission_id) is not False:
                continue
            try:
                erasure.erase(connection, submission_id, now)
            except StillLeaving:
                shell.say(f"{submission_id} is just leaving: give this command again in a minute.")
                continue
            erased += 1
    return erased


def _listed(file: Path | None) -> list[str]:
    try:
        return file.read_text().split() if file else []
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}.") from error


def _say(shell: Shell, kept: _Kept, ours: Mark, counted: Counted, erased: int) -> None:
    requests = kept.ahead_by(ours)
    if requests is None:
        shell.say(
            "Redis does not say what has left since then, so all that waited may have.\n"
            "Nor does it say who asked to be erased since then. Your logs do, as `erased "
            "submission ID`: list those ids in a file and give it with --erase-again."
        )
    elif requests == 0:
        shell.say("Redis knows that no request has left since then.")
    elif kept.claimed is not None:
        shell.say(f"Redis knows the {requests} requests that left since then, one by one.")
    else:
        shell.say(
            f"Redis knows that {requests} requests left since then, and not which: so all that "
            "waited may have."
        )
    shell.say(
        f"{counted.letters} letters and {counted.notices} notices are unknown now: SendGrid's "
        "events settle them, or your word on the desk.\n"
        f"{erased} submissions were erased again.\n"
        "Sending goes on. What else is lost, and whom to tell: docs/operations/restore.md"
    )
