"""How long an answer takes tells nobody from somebody. It measures by the clock: with --long only.

Of two kinds of request pairs are sent, mixed, each first in every other pair. By how often the one
is slower a stranger could tell them apart; by chance alone that is half.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from itertools import count

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from letters.desk import organisers
from letters.desk.organisers import Role
from letters.receipts import refusal
from letters.storage.schema import submission
from rig.campaigns import form_fields
from tests.abuse.at_desk import Desk
from tests.abuse.conftest import Site

MakeSite = Callable[..., Site]
Ask = Callable[[], TestResponse]
PAIRS = 1_500
"""Chance goes beyond 55 % once in ten thousand times."""
MOST_TOLD = 0.55
_numbers = count()


def told_apart(first: Ask, second: Ask, name: str) -> float:
    """Give how often a guess by the time would be right, from one half on."""
    took: dict[Ask, float] = {}
    slower = 0
    for n in range(-10, PAIRS):
        for ask in (first, second) if n % 2 else (second, first):
            begun = time.perf_counter()
            answer = ask()
            took[ask] = time.perf_counter() - begun
            answer.close()
        slower += n >= 0 and took[first] > took[second]
    share = slower / PAIRS
    print(f"{name}: slower in {share:.1%} of {PAIRS} pairs")  # noqa: T201 - what was measured
    return max(share, 1 - share)


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    made = make_site()
    with made.database.write() as connection:
        organisers.enrol(connection, "ana@desk.example", datetime.now(UTC), Role.ADMIN)
    return made


def test_who_asks_for_a_link(site: Site) -> None:
    client = site.app.test_client()
    fields = form_fields(client.get("/desk/sign-in").text)

    def ask(email: str) -> TestResponse:
        return client.post("/desk/sign-in", data={**fields, "email": email})

    known, unknown = partial(ask, "ana@desk.example"), partial(ask, "nob@desk.example")
    assert told_apart(known, unknown, "an organiser against nobody") < MOST_TOLD


def hand_in(site: Site, email: str = "") -> TestResponse:
    now = datetime.now(UTC)
    fields = {
        "name": "Ana Reed",
        "email": email or f"w{next(_numbers)}@readers.example",
        "subject": "Trees",
        "body": "Keep them.",
        "token": site.tokens.new_form("trees", now),
    }
    answer = site.client.post("/c/trees", data=fields)
    assert answer.status_code == 303
    return answer


@pytest.mark.parametrize("kind", ["who wrote before", "who wants none"])
def test_who_writes_again(site: Site, kind: str) -> None:
    email = "somebody@readers.example"
    hand_in(site, email)
    if kind == "who wants none":
        with site.database.write() as connection:
            wrote = connection.execute(select(submission.c.id)).scalar_one()
            refusal.refuse(connection, site.tokens, wrote, datetime.now(UTC))
    known, unknown = partial(hand_in, site, email), partial(hand_in, site)
    assert told_apart(known, unknown, f"{kind} against a stranger") < MOST_TOLD


@pytest.mark.parametrize("path", ["", "/ledger.json", "/letters.csv", "/edit"])
def test_whose_campaign_it_is(site: Site, path: str) -> None:
    desk = Desk(site, "other@desk.example", Role.ORGANISER)
    foreign = partial(desk.client.get, f"/desk/trees{path}")
    nowhere = partial(desk.client.get, f"/desk/roads{path}")
    assert foreign().status_code == nowhere().status_code == 404
    assert told_apart(foreign, nowhere, f"/desk/…{path} of others against none") < MOST_TOLD
