"""What browsers and search engines ask for by themselves is there."""

import io
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from PIL import Image

from letters.storage.database import Database
from rig.servers import Valkey
from tests.support.books import settings_as_given
from webapp.app import create_app


@pytest.fixture
def client(database: Database, valkey: Valkey) -> Iterator[FlaskClient]:
    url = database.engine.url.render_as_string(hide_password=False)
    app = create_app(settings_as_given(DATABASE_URL=url, REDIS_URL=valkey.new_database()))
    yield app.test_client()
    app.extensions["postbag"].database.close()


def test_icons_a_manifest_and_what_search_engines_leave_alone(client: FlaskClient) -> None:
    for path, size in (("/favicon.ico", 48), ("/apple-touch-icon.png", 180)):
        answer = client.get(path)
        assert (answer.status_code, "max-age" in answer.headers["Cache-Control"]) == (200, True)
        with Image.open(io.BytesIO(answer.data)) as icon:
            assert icon.size == (size, size)
    told = client.get("/manifest.webmanifest").get_json(force=True)
    assert told["name"] == "Postbag"
    for shown in told["icons"]:
        with client.get(shown["src"]) as found:
            assert found.status_code == 200
    lines = client.get("/robots.txt").text.splitlines()
    assert {"User-agent: *", "Disallow: /desk", "Disallow: /l/"} <= set(lines)
    assert "Disallow: /" not in lines
    for link in ("/favicon.ico", "/apple-touch-icon.png", "/manifest.webmanifest"):
        assert f'href="{link}"' in client.get("/").text
