"""A form in a frame stands on the ground of the page around it, if its words can be read there."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from letters.colours import LEAST, contrast
from letters.storage.database import Database
from rig.servers import Valkey
from tests.support.books import Books, settings_as_given
from tests.support.forms import read_page
from webapp.app import create_app
from webapp.site.ground import ground_of


@pytest.fixture
def client(database: Database, valkey: Valkey) -> Iterator[FlaskClient]:
    url = database.engine.url.render_as_string(hide_password=False)
    app = create_app(settings_as_given(DATABASE_URL=url, REDIS_URL=valkey.new_database()))
    yield app.test_client()
    app.extensions["postbag"].database.close()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("light", "light"), (" Dark ", "dark"), ("#FFFFFF", "ffffff"), ("10141c", "10141c"),
        ("777777", "dark"), ("#d07f9d", "light"), ("#fff", None), ("red", None), ("", None),
    ],
)  # fmt: skip
def test_a_ground_is_light_dark_or_a_colour_to_read_on(asked: str, told: str | None) -> None:
    found = ground_of(asked)
    assert (None if found is None else str(found)) == told


def test_the_frame_keeps_its_ground_from_page_to_page_and_the_words_are_read_on_it(
    client: FlaskClient, database: Database
) -> None:
    Books(database).load("trees", more='embed_origins = ["https://other.example"]')
    page = client.get("/c/trees/embed?ground=10141c").text
    assert 'href="/ground/10141c.css"' in page
    assert '<meta name="color-scheme" content="dark">' in page
    style = client.get("/ground/10141c.css").text
    for role, value in (("ground", "#10141c"), ("ink", "#e1e6ec")):
        assert f"--{role}: {value};" in style
    assert style.rstrip().endswith("color-scheme: dark }")
    assert contrast("#10141c", "#e1e6ec") >= LEAST
    forms, _links = read_page(page)
    assert forms[0].fields["ground"] == ["10141c"]
    refused = client.post("/c/trees", data={"embedded": "1", "ground": "10141c"})
    assert refused.status_code == 422
    assert 'href="/ground/10141c.css"' in refused.text
    for path in ("/c/trees", "/c/trees?ground=10141c"):  # only a frame has a page around it
        assert "/ground/" not in client.get(path).text
    for name in ("nothing", "777777", "FFFFFF", "#ffffff"):
        assert client.get(f"/ground/{name}.css").status_code == 404
