"""Somebody at the desk: a browser without a screen, signed in, that keeps its cookie."""

import html
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page

from letters.campaign import Campaign
from letters.campaigns import store
from letters.desk import sign_ins
from letters.desk.organisers import Role
from tests.support.stack import Stack, cookie_of
from tests.support.stand_in import Answer


def new_link(stack: Stack, email: str, role: str = "admin") -> str:
    """Give the path of a link that signs somebody in, as `postbag organiser invite` makes it."""
    now = datetime.now(UTC)
    with stack.database.write() as connection:
        _, token = sign_ins.invite(connection, email, now, Role(role))
        return f"/desk/sign-in/{token}"


class AtDesk:
    """One organiser's sign-in."""

    def __init__(self, stack: Stack, email: str, role: str = "admin") -> None:
        self.stack, self.email = stack, email
        self.cookie = stack.at_desk(email, role)

    def get(self, path: str) -> Answer:
        answer = self.stack.get(path, Cookie=self.cookie)
        self.cookie = cookie_of(answer, self.cookie)
        return answer

    def page(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status == 200, (path, answer.status)
        return answer.body.decode()

    def post(self, path: str, fields: Mapping[str, Any]) -> Answer:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.page("/desk/sessions"))
        assert found is not None
        posted = {"csrf_token": html.unescape(found[1]), **fields}
        return self.stack.post(path, posted, Cookie=self.cookie)


def sign_in(page: Page, stack: Stack, email: str) -> None:
    """Sign an admin in, in a browser."""
    page.goto(stack.url + new_link(stack, email))
    page.get_by_role("button", name="Sign in").click()


@pytest.fixture(name="sign_in", scope="session")
def sign_in_fixture(stack: Stack) -> Callable[..., AtDesk]:
    """Give a function that signs somebody in, as admin unless a role is named."""
    return lambda email, role="admin": AtDesk(stack, email, role)


def stored(stack: Stack, slug: str) -> Campaign:
    """Give a campaign as it is stored now."""
    with stack.database.read() as connection:
        return store.find(connection, slug).campaign


def campaign_fields(title: str, *targets: str, **more: object) -> dict[str, Any]:
    """Give the editor's form as somebody would fill it in."""
    people: dict[str, str] = {}
    for n, email in enumerate(targets):
        people |= {f"targets-{n}-name": f"Minister {n + 1}", f"targets-{n}-email": email}
    return {
        "title": title,
        "slug": "",
        "language": "en",
        "timezone": "UTC",
        "subjects": "Keep the trees",
        "salutation": "Dear {salutation},",
        "opening": "I walk under the trees each day.",
        "points-0-lead": "Keep all forty.",
        "closing": "Yours sincerely,\r\n{name}",
        **people,
        "routing": "all",
        "identical": "send",
        "confirm": "none",
        "resend_unknown": "never",
        "per_hour": "30",
        "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        "do": "save",
        **more,
    }
