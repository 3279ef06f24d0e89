"""The settings that ./run supplies where the environment has none."""

import os
import re
import stat
from pathlib import Path

import pytest

from launch.checking.testing import prepare
from launch.checkout import Checkout
from launch.environment import embedded_redis_socket, settings_environment
from launch.start import only_one, where_it_runs

ALL_OWN = {
    "DATABASE_URL": "postgresql://db.example/postbag",
    "REDIS_URL": "redis://redis.example",
    "SECRET_KEY": "k" * 40,
    "PUBLIC_URL": "https://letters.example",
    "SENDGRID_API_KEY": "SG.x",
    "SENDGRID_API_HOST": "https://api.eu.sendgrid.com",
    "SENDGRID_EVENT_PUBLIC_KEY": "MFkw",
    "SENDGRID_INBOUND_PUBLIC_KEY": "MFkw",
    "REPLY_DOMAIN": "replies.letters.example",
    "MAIL_FROM": "us@letters.example",
    "LOG_FORMAT": "json",
    "PORT": "9000",
    "FORM_MIN_SECONDS": "0",
}
# Else they are made with the dependencies' help.
KEY = {"SENDGRID_EVENT_PUBLIC_KEY": "MFkw", "SENDGRID_INBOUND_PUBLIC_KEY": "MFkw"}


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_what_the_environment_says_is_kept(checkout: Checkout) -> None:
    assert ALL_OWN.items() <= settings_environment(checkout, ALL_OWN).items()


def test_everything_else_has_a_value(checkout: Checkout) -> None:
    settings = settings_environment(checkout, {**KEY, "PORT": "8200"})
    assert settings["DATABASE_URL"] == f"sqlite:///{checkout.root}/var/postbag.db"
    assert settings["PUBLIC_URL"] == "http://localhost:8200"
    assert settings["SENDGRID_API_HOST"] == "http://127.0.0.1:8201"
    assert re.fullmatch(r"SG\.[\w-]{22}\.[\w-]{43}", settings["SENDGRID_API_KEY"])
    assert settings["MAIL_FROM"] == "letters@postbag.example"
    assert settings["REPLY_DOMAIN"] == "replies.postbag.example"
    assert settings["LOG_FORMAT"] == "text"
    assert settings.keys() >= ALL_OWN.keys() - {"FORM_MIN_SECONDS"}


def test_a_command_finds_the_run_that_is_running(checkout: Checkout) -> None:
    assert where_it_runs(checkout) == {}
    with only_one(checkout, 8200):
        found = where_it_runs(checkout)
        assert settings_environment(checkout, {**KEY, **found})["PUBLIC_URL"].endswith(":8200")
    with only_one(checkout, 8200, "https://letters.example"):
        assert where_it_runs(checkout)["PUBLIC_URL"] == "https://letters.example"
    assert where_it_runs(checkout) == {}
    (checkout.var / "lock").write_text("999999999\n8200\n\n")  # it was killed
    assert where_it_runs(checkout) == {}


def test_keys_are_made_once_and_for_their_owner_alone(checkout: Checkout) -> None:
    first, second = (settings_environment(checkout, KEY) for _ in range(2))
    assert first["SECRET_KEY"] == second["SECRET_KEY"]
    assert first["SENDGRID_API_KEY"] == second["SENDGRID_API_KEY"]
    assert stat.S_IMODE(checkout.var.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in checkout.var.iterdir()} == {0o600}


def test_our_programs_come_first_on_the_path(checkout: Checkout) -> None:
    settings = settings_environment(checkout, {**KEY, "PATH": "/bin", "PYTHONHOME": "/elsewhere"})
    assert settings["PATH"] == f"{checkout.root}/.venv/bin:/bin"
    assert "PYTHONHOME" not in settings


def test_what_tests_compile_is_kept_in_var_where_it_may_not_stand_beside_the_sources(
    checkout: Checkout,
) -> None:
    environment = {"PYTHONDONTWRITEBYTECODE": "1"}
    prepare(checkout, ["-m", "pure"], environment)
    assert environment == {"PYTHONPYCACHEPREFIX": f"{checkout.var}/compiled"}
    prepare(checkout, ["-m", "pure"], beside := {"LANG": "C"})
    assert beside == {"LANG": "C"}


@pytest.mark.parametrize("folder", ["/srv/postbag", "/srv/" + "a-deep-folder/" * 12])
def test_the_path_of_the_socket_is_short_enough_everywhere(folder: str) -> None:
    checkout = Checkout(Path(folder))
    socket = embedded_redis_socket(checkout)
    assert len(os.fsencode(socket)) < 104  # macOS; Linux takes 108
    assert (socket.parent == checkout.var) == (len(folder) < 80)
