"""Limits for each client, however it names itself, and whether or not Redis is there."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from letters.storage.schema import letter, repeat
from rig.campaigns import form_fields
from rig.servers import Valkey
from tests.abuse.conftest import Site
from tests.support.seldom import seldom
from tests.support.stack import supporter
from webapp.site.guards.throttle import client_network

MakeSite = Callable[..., Site]
SPOOFED = 10_000
SHORT = 500


def post(
    site: Site,
    forwarded: str = "",
    client: str = "192.0.2.1",
    slug: str = "trees",
    **changes: object,
) -> int:
    """Hand in a letter that is new in everything; give the answer's status."""
    token = site.tokens.new_form(slug, datetime.now(UTC))
    fields = {**supporter(), "subject": "Trees", "body": "Keep them.", "token": token, **changes}
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return site.client.post(
        f"/c/{slug}", data=fields, headers=headers, environ_overrides={"REMOTE_ADDR": client}
    ).status_code


def spoofed(n: int) -> str:
    return f"203.0.{n // 250}.{n % 250}, 2001:db8:{n:x}::1, host{n}.example"


@pytest.mark.parametrize("proxies", [seldom(0), 1])
def test_spoofed_addresses_make_one_bucket(
    make_site: MakeSite, is_long: bool, proxies: int
) -> None:
    site = make_site(FORM_LIMIT="20/hour", TRUSTED_PROXIES=str(proxies))
    # The one proxy adds the address that it saw; what stands before it is the client's own word.
    seen = ", 198.51.100.7" if proxies else ""
    answers = [
        post(site, f"{spoofed(n)}{seen}", client="192.0.2.1")
        for n in range(SPOOFED if is_long else SHORT)
    ]
    assert answers.count(303) == 20
    assert set(answers[20:]) == {429}
    assert site.count() == 20
    other = "198.51.100.8"
    assert post(site, other, client="192.0.2.1" if proxies else other) == 303


def test_with_one_proxy_only_the_last_address_counts(make_site: MakeSite) -> None:
    site = make_site(FORM_LIMIT="1/hour", TRUSTED_PROXIES="1")
    assert post(site, "203.0.113.1, 198.51.100.1") == 303
    assert post(site, "203.0.113.2, 198.51.100.1") == 429
    assert post(site, "203.0.113.1, 198.51.100.2") == 303
    assert post(site) == 303, "no header at all: the proxy's own address"
    assert post(site, client="192.0.2.2") == 303


def test_with_two_proxies_the_last_but_one_counts(make_site: MakeSite) -> None:
    site = make_site(FORM_LIMIT="1/hour", TRUSTED_PROXIES="2")
    assert post(site, "203.0.113.1, 198.51.100.1, 192.0.2.9") == 303
    assert post(site, "203.0.113.2, 198.51.100.1, 192.0.2.8") == 429
    assert post(site, "198.51.100.2, 192.0.2.9") == 303


def test_a_network_of_64_bits_is_one_client(make_site: MakeSite) -> None:
    site = make_site(FORM_LIMIT="2/hour")
    answers = [post(site, client=f"2001:db8:1:2:{n:x}::{n:x}") for n in range(1, 6)]
    assert answers == [303, 303, 429, 429, 429]
    assert post(site, client="2001:db8:1:3::1") == 303


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("2001:db8::1:2:3:4", "2001:db8::/64"),
        ("[2001:db8::1:2:3:4]:4711", "2001:db8::/64"),
        ("[2001:db8::1]", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", "unknown"),
        ("{{7*7}}", "unknown"),
        ("192.0.2.1.5", "unknown"),
        ("192.0.2.1:x:y", "unknown"),
        ("[", "unknown"),
    ],
)
def test_what_counts_as_one_client(address: str, network: str) -> None:
    assert client_network(address) == network


def test_a_limit_counts_people_and_not_their_letters(make_site: MakeSite) -> None:
    site = make_site(FORM_LIMIT="60/hour")  # the default
    site.load("many", *(f"office-{n}@harbours.example" for n in range(25)))
    assert [post(site, slug="many") for _ in range(50)] == [303] * 50, "a room of fifty"
    assert site.count() == 50 * 25
    assert [post(site, slug="many") for _ in range(11)] == [303] * 10 + [429]
    assert post(site) == 303, "another campaign has a count of its own"


def test_a_flood_at_one_address_is_bounded_and_brings_one_mail(
    make_site: MakeSite, is_long: bool
) -> None:
    site = make_site(FORM_LIMIT="60/hour")
    spellings = ("victim@gmail.com", "Vic.Tim@gmail.com", "victim+{n}@googlemail.com")
    answers = [
        post(site, email=spellings[n % 3].format(n=n), body=f"Number {n}.")
        for n in range(SPOOFED if is_long else 100)
    ]
    assert answers.count(303) == 60
    with site.database.read() as connection:
        kinds = connection.execute(select(letter.c.kind, func.count()).group_by(letter.c.kind))
        assert dict(kinds.all()) == {"letter": 1, "notice": 1}
        kept = connection.execute(select(func.count()).select_from(repeat)).scalar_one()
    assert kept == 20, "the latest, for the owner of the address to see"


def test_other_posts_have_ten_times_the_limit(make_site: MakeSite) -> None:
    site = make_site(FORM_LIMIT="2/hour")
    assert [post(site, preview="1") for _ in range(22)] == [200] * 20 + [429] * 2
    assert post(site, token="forged") == 429
    assert post(site) == 303, "letters have a count of their own"


def test_the_page_of_a_limit_keeps_the_text(make_site: MakeSite) -> None:
    site = make_site(FORM_LIMIT="1/hour")
    assert post(site) == 303
    page = site.client.post(
        "/c/trees",
        data=site.form(body="All <mine>."),
        environ_overrides={"REMOTE_ADDR": "192.0.2.1"},
    )
    assert page.status_code == 429
    assert "All &lt;mine&gt;." in page.text
    fields = form_fields(page.text)
    assert fields["token"]
    assert fields["name"] == "Ana Reed", "the form is kept whole, to be sent again"
    seconds = int(page.headers["Retry-After"])
    assert 3_500 < seconds <= 3_600
    assert f'data-retry="{seconds}"' in page.text


def test_the_database_counts_while_redis_is_away(make_site: MakeSite, own_valkey: Valkey) -> None:
    site = make_site(FORM_LIMIT="5/hour")
    own_valkey.kill()
    # All at once, from addresses that the client made up.
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: post(site, spoofed(n)), range(40)))
    assert answers.count(303) == 5
    assert answers.count(429) == 35
    assert site.count() == 5
    assert post(site, client="192.0.2.2") == 303
    own_valkey.start()
    assert post(site, client="192.0.2.3") == 303


def test_a_token_is_good_once_and_in_its_time(make_site: MakeSite) -> None:
    site = make_site(FORM_MIN_SECONDS="3")
    now = datetime.now(UTC)

    def token(**age: float) -> str:
        return site.tokens.new_form("trees", now - timedelta(**age))

    good = token(seconds=10)
    refused = {
        "too young": (token(seconds=1), "very quick"),
        "from the future": (token(hours=-2), "very quick"),
        "too old": (token(hours=24, seconds=1), "more than a day"),
        "forged": (good.replace(".", ".A"), "not complete"),
        "of another campaign": (site.tokens.new_form("roads", now - timedelta(seconds=9)), "not"),
        "of a receipt": (site.tokens.receipt("0" * 32), "not complete"),
        "no signature": (good.rpartition(".")[0], "not complete"),
        "with more": (f"{good}.{good}", "not complete"),
        "missing": ("", "not complete"),
        "not ASCII": ("é😀\u202e", "not complete"),
    }
    for kind, (wrong, words) in refused.items():
        fields = {**supporter(), "subject": "Mine <1>", "body": "Mine {{2}}", "token": wrong}
        answer = site.client.post("/c/trees", data=fields)
        assert answer.status_code == 422, kind
        assert words in answer.text, kind
        shown = form_fields(answer.text)
        assert {name: shown[name] for name in ("subject", "body", "name", "email")} == {
            name: fields[name] for name in ("subject", "body", "name", "email")
        }, kind
        fresh = site.tokens.read_form("trees", shown["token"], datetime.now(UTC))
        assert fresh.served_at >= now - timedelta(seconds=1), kind
    assert site.count() == 0
    # Twice: the same submission, whose text is replaced while nothing has left.
    email = supporter()["email"]
    assert post(site, token=good, body="First.", email=email) == 303
    assert post(site, token=good, body="Second.", email=email) == 303
    ((_, text),) = site.letters()
    assert "Second." in text
    # From another address it is a submission of its own, and takes nothing from the first.
    assert post(site, token=good, body="Another's.") == 303
    (first, another) = (text for _, text in site.letters())
    assert "Second." in first
    assert "Another's." in another


def test_fifty_equal_posts_at_once_are_one_letter(make_site: MakeSite) -> None:
    site = make_site()
    fields = site.form()
    with ThreadPoolExecutor(50) as pool:
        answers = list(
            pool.map(lambda _: site.client.post("/c/trees", data=fields).status_code, range(50))
        )
    assert answers == [303] * 50
    assert site.count() == 1


@pytest.mark.parametrize(
    "spelling",
    ["minister@harbours.example", "MINISTER@harbours.example", "minister+me@Harbours.example"],
)
def test_the_target_does_not_write_to_itself(make_site: MakeSite, spelling: str) -> None:
    site = make_site()
    answer = site.client.post("/c/trees", data=site.form(email=spelling))
    assert answer.status_code == 422
    assert "the address you write to" in answer.text
    assert site.count() == 0
