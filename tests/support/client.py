"""Somebody signed in at the desk of an app that runs in this process."""

import secrets
from datetime import UTC, datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert

from letters.desk import organisers
from letters.desk.organisers import Role
from letters.storage.database import Database
from letters.storage.schema import sign_in
from letters.tokens import digest


def sign_in_as(app: Flask, database: Database, email: str, role: Role) -> FlaskClient:
    token, now = secrets.token_urlsafe(32), datetime.now(UTC)
    with database.write() as connection:
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
    client = app.test_client()
    with client.session_transaction() as session:
        session["token"] = token
    return client
