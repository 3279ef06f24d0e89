"""`postbag doctor`: is everything there that sending needs? One line each."""

import asyncio
from argparse import Namespace
from datetime import datetime

import aiohttp
from redis import Redis, RedisError

from letters.sending import gate as account
from letters.settings import Settings
from letters.storage.database import Database, StorageUnavailable
from letters.storage.migrate import is_current
from postbag.shell import Commands, Shell


def add_commands(commands: Commands) -> None:
    """Add `doctor`."""
    commands.add_parser("doctor", help="check everything that sending needs").set_defaults(
        act=_doctor
    )


def _doctor(shell: Shell, _options: Namespace) -> int:
    wrong = 0
    for name, problem in (
        ("settings", None),
        ("database", _database(shell.database)),
        ("redis", _redis(shell.settings)),
        ("sendgrid key", asyncio.run(_key(shell.settings))),
        ("sender", _sender(shell.settings)),
        ("sending", _sending(shell.database, shell.now())),
        ("webhook", _webhook(shell.settings)),
    ):
        print(f"{name}: {problem or 'ok'}")
        wrong += problem is not None
    return 1 if wrong else 0


def _database(database: Database) -> str | None:
    try:
        if is_current(database):
            return None
    except StorageUnavailable:
        return "cannot be reached; check DATABASE_URL and that it runs"
    return "has an older schema; run the release line of the Procfile"


def _redis(settings: Settings) -> str | None:
    redis = Redis.from_url(settings.redis_url, socket_timeout=3, socket_connect_timeout=3)
    try:
        redis.ping()
    except RedisError:
        return "cannot be reached; check REDIS_URL and that it runs"
    finally:
        redis.close()
    return None


async def _key(settings: Settings) -> str | None:
    headers = {"Authorization": f"Bearer {settings.sendgrid_api_key}"}
    timeout = aiohttp.ClientTimeout(total=settings.send_timeout_seconds)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            session.get(
                f"{settings.sendgrid_api_host}/v3/scopes", allow_redirects=False
            ) as response,
        ):
            if response.status in {401, 403}:
                return "is refused; make a new key with mail-send access"
            if response.status != 200:
                return f"cannot be checked: SendGrid answered {response.status}; try again later"
            scopes = (await response.json()).get("scopes", [])
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return "cannot be checked: SendGrid cannot be reached; check SENDGRID_API_HOST"
    return None if "mail.send" in scopes else "may not send mail; give it the mail-send scope"


def _sender(settings: Settings) -> str | None:
    domain = settings.mail_from.rpartition("@")[2]
    if "." not in domain:
        return f"{settings.mail_from} has no full domain; use one authenticated with SendGrid"
    return None


def _sending(database: Database, now: datetime) -> str | None:
    try:
        with database.read() as connection:
            gate = account.look(connection)
    except StorageUnavailable:
        return "cannot be told without the database"
    if gate.behind_since is not None:
        return (
            "has stopped: the database is older than what was sent; follow "
            "docs/operations/restore.md, which ends with `postbag restored --since MOMENT`"
        )
    if gate.hears_strange_news(now):
        return (
            "goes on, but SendGrid tells of letters that this database has not sent; follow "
            "docs/operations/restore.md"
        )
    if gate.refused:
        return f"has stopped: SendGrid refuses the key ({gate.trouble}); mend the key"
    if gate.since is not None:
        return f"waits: SendGrid cannot be reached ({gate.reason}); it goes on by itself"
    return None


def _webhook(settings: Settings) -> str | None:
    if settings.public_url.startswith("http://") and "localhost" not in settings.public_url:
        return "PUBLIC_URL is not https; SendGrid's events need an https address"
    return None
