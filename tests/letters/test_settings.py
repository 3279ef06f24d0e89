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
