"""Look at the books: what stops sending, who works, and what waits for a person."""

from datetime import datetime, timedelta
from typing import Final

from redis import Redis, RedisError

from letters.reasons import Reason
from letters.sending import gate as account
from letters.sending.claiming.due import next_due
from letters.sending.watch import waiting_for_word
from letters.settings import Settings
from letters.storage.database import StorageUnavailable
from postbag.doctor.findings import Finding, note, wrong
from postbag.shell import Shell
from worker.wake import workers

_LATE: Final = timedelta(minutes=5)
_UNTOLD: Final = "cannot be told without the database"


def look(shell: Shell) -> list[Finding]:
    """Return what the books say of sending, of workers, and of what waits for a word."""
    now = shell.now()
    try:
        with shell.database.read() as connection:
            gate = account.look(connection)
            due_at = next_due(connection, now)
            waiting = waiting_for_word(connection, now, shell.settings.unknown_grace_seconds)
    except StorageUnavailable:
        return [wrong("sending", _UNTOLD)]
    except Exception:  # noqa: BLE001 - an empty or an old schema, which has its own line
        return [wrong("sending", "cannot be told before the database has its tables")]
    late = due_at is not None and now - due_at > _LATE and gate.not_before is None
    return [
        _sending(gate, now),
        _workers(shell.settings, due_at if late else None, now),
        note("letters", f"{waiting} wait for a person's word: decide on the desk")
        if waiting
        else Finding("letters"),
    ]


def _sending(gate: account.Gate, now: datetime) -> Finding:
    check = "sending"
    if gate.behind_since is not None:
        return wrong(
            check,
            "has stopped: the database is older than what was sent; follow "
            "docs/operations/restore.md, which ends with `postbag restored --since MOMENT`",
        )
    if gate.refused and gate.reason is Reason.OUT_OF_CREDITS:
        return wrong(
            check,
            "has stopped: the credits of the SendGrid account are used up; buy more or wait for "
            "the next period, and it goes on by itself",
        )
    if gate.refused:
        return wrong(check, f"has stopped: SendGrid refuses the key ({gate.trouble}); mend the key")
    if gate.since is not None:
        words = gate.trouble or gate.reason
        return wrong(check, f"waits: SendGrid cannot be reached ({words}); it goes on by itself")
    if gate.hears_strange_news(now):
        return wrong(
            check,
            "goes on, but SendGrid tells of letters that this database has not sent; follow "
            "docs/operations/restore.md",
        )
    return Finding(check)


def _workers(settings: Settings, late_since: datetime | None, now: datetime) -> Finding:
    check = "workers"
    redis = Redis.from_url(settings.redis_url, socket_timeout=3, socket_connect_timeout=3)
    try:
        seen = workers(redis)
    except (RedisError, OSError):
        return wrong(check, "cannot be told without Redis")
    finally:
        redis.close()
    if late_since is not None:
        minutes = int((now - late_since).total_seconds() / 60)
        what = f"{seen} seen" if seen else "none is seen: start the Procfile's worker line"
        return wrong(check, f"{what}; a letter has been due for {minutes} minutes")
    return Finding(check) if seen else note(check, "none is seen: without one nothing is sent")
