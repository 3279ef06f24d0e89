"""Settings that are refused before anything is served."""

import secrets

import pytest

from letters.settings import SettingsError
from tests.support.books import settings


@pytest.mark.parametrize(
    "key",
    [
        "a" * 16,
        "a" * 64,
        "changemechangeme",
        "passwordpassword",
        "1234567890123456",
        "abcdefghijklmnop",
        "short-but-mixed",
        "q7Zt0vLh3xN5cWb8RyKd2mPf,aaaaaaaaaaaaaaaa",
    ],
)
def test_a_weak_secret_is_refused_in_one_sentence(key: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(SECRET_KEY=key)
    (sentence,) = refused.value.sentences
    assert sentence.startswith("SECRET_KEY cannot be read: set it to at least 16 characters")


def test_what_is_drawn_by_chance_is_taken() -> None:
    for _ in range(2_000):
        drawn = secrets.choice([secrets.token_urlsafe(12), secrets.token_hex(16)])
        assert settings(SECRET_KEY=drawn).secret_keys == (drawn,)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "0.0.0.0", "localhost"])
def test_where_web_listens(host: str) -> None:
    assert settings(HOST=host).host == host


def test_no_name_of_another_machine_is_where_web_listens() -> None:
    for host in ("everywhere", "127.0.0.1:80", "1.2.3"):
        with pytest.raises(SettingsError):
            settings(HOST=host)
    with pytest.raises(SettingsError):
        settings(OPERATOR_TOKEN="operator")


MALFORMED = {
    "RETENTION_DAYS": ["999999", "9" * 5_000, "-1", "1.5"],
    "UNKNOWN_GRACE": ["1e300", "inf", "nan", "-1"],
    "SEND_TIMEOUT": ["1e300", "0"],
    "FORM_MIN_SECONDS": ["1e300"],
    "REDIS_URL": [
        "redis://localhost:abc",
        "redis://localhost/abc",
        "redis://",
        "redis://localhost?db=x",
        "redis://localhost?nothing=1",
    ],
    "PUBLIC_URL": [
        "http://localhost:abc",
        "http://localhost:99999",
        "http://localhost/#part",
        "http://olu:secret@localhost",
    ],
    "MAIL_FROM": ["a@b..example", "a@.", "a,b@c.example"],
    "DATABASE_URL": ["postgresql://localhost/postbag?nothing=1"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in MALFORMED.items() for value in values]
)
def test_what_would_break_later_is_refused_at_the_start(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(**{name: value})
    (sentence,) = refused.value.sentences
    assert sentence.startswith(f"{name} cannot be read: set it to")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RETENTION_DAYS", "36500"),
        ("REDIS_URL", "redis://:secret@cache.example:6380/3?socket_timeout=2"),
        ("REDIS_URL", "rediss://cache.example?ssl_cert_reqs=none"),
        ("REDIS_URL", "unix:///run/valkey.sock?db=2"),
        ("PUBLIC_URL", "https://post.example/letters"),
        ("DATABASE_URL", "postgresql://a.example,b.example/x?target_session_attrs=read-write"),
        ("DATABASE_URL", "postgresql://olu:secret@pool.example/postbag?pgbouncer=true"),
    ],
)
def test_what_people_set_is_taken(name: str, value: str) -> None:
    settings(**{name: value})
