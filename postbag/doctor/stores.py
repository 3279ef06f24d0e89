"""Look at database and Redis: whether they can be reached, are ours, and take a write.

What cannot be reached is told by its cause. The drivers have no other name for most causes than
their message; where none of them fits, the message itself is shown.
"""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from redis import Redis, RedisError
from redis.exceptions import (
    AuthenticationError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
)
from redis.exceptions import TimeoutError as RedisTimeout

from letters.books.outgrown import MOST, outgrown
from letters.storage.database import Database, StorageUnavailable
from letters.storage.migrate import Schema, newest, standing
from postbag.doctor.findings import Finding, note, wrong

_RELEASE: Final = "run the release line of the Procfile (python -m postbag migrate)"
_KEY: Final = "postbag:doctor"
_OLDEST_REDIS: Final = (6, 2)

# Of PostgreSQL's and SQLite's messages: what they have in them, and what to say.
_DATABASE_CAUSES: Final = (
    ("unsupported startup parameter", ("is behind PgBouncer: add pgbouncer=true to "
     "DATABASE_URL (?pgbouncer=true, or &pgbouncer=true)")),
    ("failed to resolve host|could not translate host name|name or service not known",
     "cannot be found: no machine has the name in DATABASE_URL"),
    ("connection refused", ("does not listen at the host and port in DATABASE_URL: start it, or "
     "correct the port")),
    ("no password supplied", "asks for a password, and DATABASE_URL has none"),
    ("password authentication failed", "refuses the password, or the role, in DATABASE_URL"),
    (r'role ".*" does not exist', "has no such role as DATABASE_URL names"),
    (r'database ".*" does not exist', "has no such database as DATABASE_URL names: create it"),
    ("permission denied", "lets our role not do what we need: make it the owner of its tables"),
    ("does not support ssl", ("speaks no TLS: take sslmode out of DATABASE_URL, or switch it on "
     "there")),
    ("certificate verify failed|root certificate file|certificate",
     ("shows a certificate that cannot be checked: give its authority as sslrootcert in "
     "DATABASE_URL")),
    ("no pg_hba.conf entry", ("lets nobody in from here in this way: it may want TLS (add "
     "sslmode=require to DATABASE_URL), or pg_hba.conf has to name us")),
    ("too many clients|remaining connection slots", ("has no connection left: raise "
     "max_connections, or run fewer processes")),
    ("timeout|timed out", "does not answer: a firewall may be between, or it is too busy"),
    ("read-only mode|recovery mode|starting up|shutting down", "is starting or stopping: wait"),
    ("disk is full|could not extend|no space", "has a full disk: make room"),
    ("unable to open database file", ("cannot be opened: its folder has to exist and to be ours to "
     "write")),
    ("readonly database", "is a file that we may not write: mend its owner or its rights"),
    ("not a database|malformed", ("is no SQLite file, or is broken: put a backup back "
     "(docs/operations/restore.md)")),
    ("locked", "is locked by another program: end that"),
)  # fmt: skip
_REDIS_CAUSES: Final = (
    ("certificate_verify_failed|certificate verify failed",
     ("shows a certificate that cannot be checked: add ssl_ca_certs=FILE to REDIS_URL, or "
     "ssl_cert_reqs=none where its host says so (Heroku does)")),
    ("wrong_version_number|record layer|ssl", ("speaks no TLS at this port: write redis:// for "
     "rediss://, or take its TLS port")),
    ("name or service not known|nodename|name resolution|no address associated",
     "cannot be found: no machine has the name in REDIS_URL"),
    ("refused", "does not listen at the host and port in REDIS_URL: start it, or correct the port"),
    ("no such file", "has no socket there: start it, or correct the path in REDIS_URL"),
    ("timed out|timeout", "does not answer: a firewall may be between, or it is too busy"),
    ("noauth|authentication required|already authenticated",
     "asks for a password, and REDIS_URL has none"),
    ("misconf", "takes no writes since it cannot save to its disk: make room there"),
    ("closed by server|reset by peer", ("ends the connection at once: it may want TLS (write "
     "rediss:// in place of redis://)")),
    ("db index is out of range", "has no database of the number in REDIS_URL"),
)  # fmt: skip


_REDIS_REFUSALS: Final[dict[type[Exception], str]] = {
    OutOfMemoryError: "is full, so nothing leaves: give it more memory, or empty it (no letter is "
    "lost)",
    ReadOnlyError: "is a replica that only reads: let REDIS_URL lead to the primary",
    NoPermissionError: "lets our user not do what we need: allow it all commands on all keys",
    RedisTimeout: "does not answer: a firewall may be between, or it is too busy",
}


def database(found: Database) -> Finding:
    """Look at the database, and write a row that is taken back."""
    check = "database"
    try:
        match standing(found):
            case Schema.EMPTY:
                return wrong(check, f"is empty: {_RELEASE}")
            case Schema.OLDER:
                return wrong(check, f"has an older schema than this code: {_RELEASE}")
            case Schema.TOO_NEW:
                return wrong(
                    check,
                    "has a newer schema than this code can work with: run the newer code, or take "
                    f"it back with that first (postbag migrate --back-to {newest()})",
                )
            case Schema.NEWER:
                known = note(check, f"its schema is newer than this code's ({newest()}), and works")
            case Schema.CURRENT:
                known = Finding(check)
        found.prove_write()
        letters = outgrown(found)
        if letters is not None:
            known = note(
                check,
                f"holds {letters:,} letters in SQLite, which one program at a time writes to: from "
                f"{MOST:,} on move to PostgreSQL (docs/operations/deploy.md)",
            )
    except StorageUnavailable as error:
        if error.only_reads:
            return wrong(
                check,
                "only reads: it is a standby, or an operator wants it so. Name all hosts in "
                "DATABASE_URL, with target_session_attrs=read-write",
            )
        return wrong(check, _told(_cause(error), _DATABASE_CAUSES, "DATABASE_URL"))
    return known


def redis(url: str) -> Finding:
    """Look at Redis, and write a key that is gone soon."""
    check = "redis"
    client = Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3)
    try:
        client.set(_KEY, "1", ex=10)
        client.delete(_KEY)
        about = client.info("server")
        found = _about_redis(check, client, str(about.get("redis_version", "")), about)
        open_to = exposed(url)
        return note(check, open_to) if open_to and not found.sentence else found
    except (RedisError, OSError) as error:
        return wrong(check, _refusal(error))
    finally:
        client.close()


def exposed(url: str) -> str:
    """Return what somebody between or beside could do at this URL; empty: nobody can."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "unix" or host == "localhost":
        return ""
    try:
        if ip_address(host).is_loopback:
            return ""
    except ValueError:
        pass  # a name: of another machine, as far as anybody can tell
    if not parts.password:
        return (
            "is at another machine and REDIS_URL has no password, so whoever reaches it can stop "
            "our sending: set one, and let nobody else reach it"
        )
    if parts.scheme != "rediss":
        return (
            "is at another machine, and the password goes there in clear: write rediss://, or keep "
            "to a network that is ours alone"
        )
    return ""


def _refusal(error: Exception) -> str:
    """Return why Redis does not do as we ask."""
    for kind, sentence in _REDIS_REFUSALS.items():
        if isinstance(error, kind):
            return sentence
    words = _cause(error)
    has_none = re.search("noauth|required|already authenticated", words, re.IGNORECASE)
    if isinstance(error, AuthenticationError) and not has_none:
        return "refuses the password, or the user, in REDIS_URL"
    return _told(words, _REDIS_CAUSES, "REDIS_URL")


def _about_redis(check: str, client: Redis, version: str, about: dict[str, object]) -> Finding:
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if "valkey_version" not in about and numbers and numbers < _OLDEST_REDIS:
        return wrong(check, f"is Redis {version}: at least 6.2 is needed")
    policy = str(client.info("memory").get("maxmemory_policy", "noeviction"))
    if policy.startswith("allkeys"):
        return note(
            check,
            f"its maxmemory-policy is {policy}, so it may forget how far sending had come: set "
            "noeviction",
        )
    return Finding(check)


def _cause(error: BaseException) -> str:
    """Return what the drivers said, from the outermost error to the first cause."""
    return " / ".join(str(each) for each in _chain(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _told(words: str, causes: tuple[tuple[str, str], ...], setting: str) -> str:
    for pattern, sentence in causes:
        if re.search(pattern, words, re.IGNORECASE):
            return sentence
    last = words.rpartition(" / ")[2].strip().splitlines()
    return f"cannot be reached: check {setting} and that it runs ({last[0] if last else 'no word'})"
