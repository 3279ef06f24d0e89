"""Somebody at the desk of an app in this process."""

import html
import re
from collections.abc import Mapping
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from letters.desk.organisers import Role
from tests.abuse.conftest import Site
from tests.support.client import sign_in_as


class Desk:
    """One organiser, signed in."""

    def __init__(
        self, site: Site, email: str = "ana@desk.example", role: Role = Role.ADMIN
    ) -> None:
        self.client: FlaskClient = sign_in_as(site.app, site.database, email, role)
        page = self.client.get("/desk/sessions").text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found is not None
        self.csrf = html.unescape(found[1])

    def post(self, path: str, fields: Mapping[str, Any]) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.csrf, **fields})
