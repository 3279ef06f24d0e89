"""Moments: by whose clock they are told, and that the zone is always named."""

from datetime import UTC, datetime

import pytest
from flask import Flask

from webapp.site import language
from webapp.site.words import marked, moment

NOON = datetime(2027, 7, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    language.register(app)
    return app


@pytest.mark.parametrize(
    ("timezone", "told"),
    [
        ("UTC", "1 July 2027, 12:00 UTC"),
        ("Europe/London", "1 July 2027, 13:00 (Europe/London)"),
        ("Pacific/Kiritimati", "2 July 2027, 02:00 (Pacific/Kiritimati)"),
    ],
)
def test_a_moment_names_its_clock_and_a_script_can_tell_it_anew(
    app: Flask, timezone: str, told: str
) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        said = moment(NOON, timezone)
    assert said == f'<time datetime="2027-07-01T12:00:00+00:00">{told}</time>'


def test_an_offices_clock_stays_beside_the_readers(app: Flask) -> None:
    with app.test_request_context():
        assert " data-beside data-zone=" in moment(NOON, "Europe/London", beside=True)


def test_a_moment_stays_marked_in_a_sentence_and_what_people_typed_does_not(app: Flask) -> None:
    with app.test_request_context():
        said = marked("%(what)s at %(time)s", what="<b>", time=moment(NOON))
    assert said.startswith("&lt;b&gt; at <time ")
