"""Somebody at the desk of an app in this process."""

import html
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import insert
from werkzeug.test import TestResponse

from letters.desk import organisers
from letters.desk.organisers import Role
from letters.storage.schema import sign_in
from letters.tokens import digest
from tests.abuse.conftest import Site


class Desk:
    """One organiser, signed in."""

    def __init__(
        self, site: Site, email: str = "ana@desk.example", role: Role = Role.ADMIN
    ) -> None:
        token, now = secrets.token_urlsafe(32), datetime.now(UTC)
        with site.database.write() as connection:
            who = organisers.enrol(connection, email, now, role)
            connection.execute(
                insert(sign_in).values(
                    digest=digest(token),
                    organiser_id=who.id,
                    kind="session",
                    expires_at=now + timedelta(hours=1),
                    opened_at=now,
                    used_at=now,
                    device="",
                )
            )
        self.client: FlaskClient = site.app.test_client()
        with self.client.session_transaction() as session:
            session["token"] = token
        page = self.client.get("/desk/sessions").text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found is not None
        self.csrf = html.unescape(found[1])

    def post(self, path: str, fields: Mapping[str, Any]) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.csrf, **fields})
