"""Read the settings once, from the environment, into one frozen object."""

import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from redis import ConnectionPool
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

PERIOD_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
_YEAR_SECONDS: Final = 366 * 86_400
_MOST_DAYS: Final = 36_500
_T = TypeVar("_T")


class SettingsError(Exception):
    """Some settings are missing or malformed. `sentences` names every one of them."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` in any `period_seconds`."""

    count: int
    period_seconds: int

    def times(self, factor: int) -> "Limit":
        """Return the limit for things that may happen `factor` times as often."""
        return Limit(self.count * factor, self.period_seconds)


class Passkeys(StrEnum):
    """Who needs a passkey to work at the desk."""

    NOBODY = "nobody"
    ADMINS = "admins"
    EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the environment decides. See the table in the README."""

    database_url: str
    redis_url: str
    secret_keys: tuple[str, ...]
    """The first signs, all verify."""
    public_url: str
    sendgrid_api_key: str
    sendgrid_read_key: str
    """May read what the other may not, for `postbag doctor`; empty: there is none."""
    sendgrid_api_host: str
    sendgrid_event_public_key: str
    mail_from: str
    reply_domain: str
    """Where answers come to us; empty: they go straight to the writers."""
    sendgrid_inbound_public_key: str
    """Empty where `reply_domain` is."""
    send_rate: float
    """Requests a second to SendGrid, over all workers together."""
    send_timeout_seconds: float
    unknown_grace_seconds: float
    form_limit: Limit
    form_min_seconds: float
    trusted_proxies: int
    retention_days: int
    passkeys_for: Passkeys
    operator_token: str
    """For `/metrics` and the details of `/readyz`; empty: they answer this machine only."""
    log_format: str
    tracing: str
    host: str
    port: int

    def __repr__(self) -> str:
        """Return a form that is safe in a log: it holds no secret."""
        return f"Settings(public_url={self.public_url!r}, mail_from={self.mail_from!r})"


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings in `environ`; raise SettingsError naming every one that is wrong."""
    wrong: list[str] = []

    def read(name: str, parse: Callable[[str], _T], default: str | None, want: str) -> _T | None:
        try:
            text = _given(environ, name) or default
        except OSError as error:
            wrong.append(f"{name}_FILE cannot be read ({error.strerror}): correct its path.")
            return None
        except UnicodeDecodeError:
            wrong.append(f"{name}_FILE is no text: set it to the path of {want}.")
            return None
        if text is None:
            wrong.append(f"{name} is not set: set it to {want}.")
            return None
        try:
            return parse(text)
        except ValueError:
            wrong.append(f"{name} cannot be read: set it to {want}.")
            return None

    values = {
        "database_url": read(
            "DATABASE_URL", _database_url, None, "a database URL such as postgresql://host/name"
        ),
        "redis_url": read(
            "REDIS_URL", _redis_url, None, "a URL that starts with redis://, rediss:// or unix://"
        ),
        "secret_keys": read(
            "SECRET_KEY",
            _secret_keys,
            None,
            "at least 16 characters drawn by chance (not words, not a row); commas part several",
        ),
        "public_url": read(
            "PUBLIC_URL", _web_url, None, "the address people see, such as https://act.example.org"
        ),
        "sendgrid_api_key": read(
            "SENDGRID_API_KEY", _header_word, None, "a SendGrid API key that may send mail"
        ),
        "sendgrid_read_key": read(
            "SENDGRID_READ_KEY",
            _optional_word,
            "",
            "a second SendGrid API key, for doctor and to release offices",
        ),
        "sendgrid_api_host": read(
            "SENDGRID_API_HOST",
            _web_url,
            "https://api.sendgrid.com",
            "https://api.sendgrid.com or https://api.eu.sendgrid.com",
        ),
        "sendgrid_event_public_key": read(
            "SENDGRID_EVENT_PUBLIC_KEY",
            _event_key,
            None,
            "the verification key that SendGrid shows for the Event Webhook",
        ),
        "mail_from": read("MAIL_FROM", _address, None, "our sending address, name@domain"),
        "reply_domain": read(
            "REPLY_DOMAIN", _domain, "", "a domain whose mail SendGrid's Inbound Parse takes"
        ),
        "sendgrid_inbound_public_key": read(
            "SENDGRID_INBOUND_PUBLIC_KEY",
            _inbound_key,
            "",
            "the public key of Inbound Parse's security policy",
        ),
        "send_rate": read("SEND_RATE", _positive, "10", "requests a second, above 0"),
        "send_timeout_seconds": read(
            "SEND_TIMEOUT", _positive, "15", "seconds, above 0 and at most a year"
        ),
        "unknown_grace_seconds": read(
            "UNKNOWN_GRACE", _not_negative, "900", "seconds, at most a year"
        ),
        "form_limit": read("FORM_LIMIT", _limit, "60/hour", "a limit such as 60/hour"),
        "form_min_seconds": read(
            "FORM_MIN_SECONDS", _not_negative, "3", "seconds, at most a year; 0 is off"
        ),
        "trusted_proxies": read(
            "TRUSTED_PROXIES", _whole, "0", "the exact number of proxies in front"
        ),
        "retention_days": read(
            "RETENTION_DAYS", _days, "90", f"a number of days, at most {_MOST_DAYS}"
        ),
        "passkeys_for": read("PASSKEYS_FOR", Passkeys, "nobody", "nobody, admins or everybody"),
        "operator_token": read(
            "OPERATOR_TOKEN",
            _operator_token,
            "",
            "at least 16 random letters and digits, or leave it out",
        ),
        "log_format": read("LOG_FORMAT", _log_format, "json", "json or text"),
        "tracing": read(
            "TRACING",
            _tracing,
            "off",
            "off, or opentelemetry where the package opentelemetry-api is installed",
        ),
        "host": read("HOST", _host, "0.0.0.0", "an address of this machine, such as 127.0.0.1"),  # noqa: S104 - a proxy stands in front
        "port": read("PORT", _port, "8000", "a port number from 1 to 65535"),
    }
    if values["reply_domain"] and values["sendgrid_inbound_public_key"] == "":
        wrong.append(
            "SENDGRID_INBOUND_PUBLIC_KEY is not set: REPLY_DOMAIN needs the public key of Inbound "
            "Parse's security policy, since unsigned mail could be anybody's."
        )
    if wrong:
        raise SettingsError(wrong)
    return Settings(**values)  # type: ignore[arg-type]  # none is None, else we had raised


def _given(environ: Mapping[str, str], name: str) -> str:
    """Return a setting, which may stand in a file that NAME_FILE names; empty: it is not set.

    Raises OSError and UnicodeDecodeError.
    """
    file = environ.get(f"{name}_FILE", "").strip()
    text = environ.get(name, "").strip()
    return Path(file).read_text(encoding="utf-8").strip() if file and not text else text


def _database_url(text: str) -> str:
    text = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", text)
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise ValueError from error
    if url.drivername not in {"sqlite", "postgresql+psycopg"}:
        raise ValueError
    if url.drivername == "sqlite" and url.database in {None, "", ":memory:"}:
        raise ValueError  # several processes have to see the same letters
    if url.drivername != "sqlite":
        _check_options(url)
    return text


def _check_options(url: URL) -> None:
    """Raise ValueError for an option that the driver would not take."""
    from psycopg import ProgrammingError  # noqa: PLC0415 - for PostgreSQL alone
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415

    try:
        make_conninfo(**dict.fromkeys(url.query.keys() - {"pgbouncer"}, "1"))
    except ProgrammingError as error:
        raise ValueError from error


def _redis_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"redis", "rediss", "unix"}:
        raise ValueError
    if parts.scheme != "unix" and not (parts.hostname and re.fullmatch(r"/?\d*", parts.path)):
        raise ValueError  # the client would take another host, or another database, for it
    try:
        ConnectionPool.from_url(text).make_connection()
    except TypeError as error:  # an option that it does not know
        raise ValueError from error
    return text


def _secret_keys(text: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in text.split(",") if key.strip())
    if not keys or any(_is_weak(key) for key in keys):
        raise ValueError
    return keys


def _is_weak(key: str) -> bool:
    """Tell whether a key is too short, or such as somebody types who wants to be done."""
    in_a_row = sum(abs(ord(one) - ord(following)) <= 1 for one, following in pairwise(key))
    is_repeated = any(key == (key[:n] * len(key))[: len(key)] for n in range(1, 9))
    return len(key) < 16 or len(set(key)) < 8 or is_repeated or in_a_row > len(key) * 0.7


def _operator_token(text: str) -> str:
    if text and (_is_weak(text) or not (text.isascii() and text.isprintable()) or " " in text):
        raise ValueError
    return text


def _host(text: str) -> str:
    return str(ip_address(text)) if text != "localhost" else text


def _web_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
        raise ValueError
    if parts.fragment or parts.username is not None or parts.port == 0:  # or none: ValueError
        raise ValueError
    if any(character.isspace() for character in text) or not text.isprintable():
        raise ValueError
    return text.rstrip("/")


def _header_word(text: str) -> str:
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise ValueError
    return text


def _optional_word(text: str) -> str:
    return _header_word(text) if text else ""


def _event_key(text: str) -> str:
    if not isinstance(load_der_public_key(b64decode(text, validate=True)), EllipticCurvePublicKey):
        raise ValueError  # noqa: TRY004 - every malformed setting is a ValueError
    return text


def _inbound_key(text: str) -> str:
    return _event_key(text) if text else ""


def _domain(text: str) -> str:
    text = text.lower().rstrip(".")
    if text and not re.fullmatch(r"(?!-)[a-z0-9-]{1,63}(\.(?!-)[a-z0-9-]{1,63})+", text):
        raise ValueError
    return text


def _address(text: str) -> str:
    if not re.fullmatch(r"[!-~]+@[A-Za-z0-9.-]+", text) or text.count("@") != 1:
        raise ValueError
    local, _, domain = text.partition("@")
    if re.search(r"""[,;:<>()\[\]"]""", local) or not all(domain.split(".")):
        raise ValueError
    return text


def _not_negative(text: str) -> float:
    number = float(text)
    if not 0 <= number <= _YEAR_SECONDS:
        raise ValueError
    return number


def _positive(text: str) -> float:
    number = _not_negative(text)
    if number == 0:
        raise ValueError
    return number


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError
    return int(text)


def _days(text: str) -> int:
    days = _whole(text)
    if days > _MOST_DAYS:
        raise ValueError
    return days


def _port(text: str) -> int:
    port = _whole(text)
    if not 0 < port < 65_536:
        raise ValueError
    return port


def _log_format(text: str) -> str:
    if text not in {"json", "text"}:
        raise ValueError
    return text


def _tracing(text: str) -> str:
    if text not in {"off", "opentelemetry"}:
        raise ValueError
    if text != "off" and find_spec(text) is None:
        raise ValueError
    return text


def _limit(text: str) -> Limit:
    found = re.fullmatch(r"([1-9][0-9]{0,8})/(second|minute|hour|day)", text)
    if found is None:
        raise ValueError
    return Limit(int(found[1]), PERIOD_SECONDS[found[2]])
