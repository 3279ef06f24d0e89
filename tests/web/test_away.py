"""What people see while the database and Redis are away: a real app, and nothing answers it."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from letters.settings import SettingsError, read_settings
from rig.servers import free_port
from sandbox.keys import new_key, public_key
from tests.support.stack import SECRET_KEY
from webapp.app import create_app


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    app: Flask = create_app(
        {
            "DATABASE_URL": f"postgresql://postbag@127.0.0.1:{free_port()}/postbag",
            "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
            "SECRET_KEY": SECRET_KEY,
            "PUBLIC_URL": "http://localhost",
            "SENDGRID_API_KEY": "SG.x",
            "SENDGRID_EVENT_PUBLIC_KEY": public_key(new_key()),
            "MAIL_FROM": "letters@postbag.example",
            "LOG_FORMAT": "text",
        }
    )
    yield app.test_client()
    app.extensions["postbag"].database.close()


def test_no_thank_you_for_what_is_not_stored(client: FlaskClient) -> None:
    answer = client.post("/c/trees", data={"body": "All that I typed <here>.", "name": "Ana"})
    assert answer.status_code == 503
    assert "All that I typed &lt;here&gt;." in answer.text
    assert "Nothing was stored" in answer.text


def test_alive_but_not_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json == {"database": "unreachable", "redis": "unreachable"}


def test_every_missing_or_malformed_setting_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as wrong:
        read_settings({"SEND_RATE": "fast", "PUBLIC_URL": "ftp://x", "TRUSTED_PROXIES": "-1"})
    said = str(wrong.value)
    for name in (
        "DATABASE_URL",
        "REDIS_URL",
        "SECRET_KEY",
        "PUBLIC_URL",
        "SENDGRID_API_KEY",
        "SENDGRID_EVENT_PUBLIC_KEY",
        "MAIL_FROM",
        "SEND_RATE",
        "TRUSTED_PROXIES",
    ):
        assert name in said
