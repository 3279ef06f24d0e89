"""The stand-in is this computer's alone, whatever page is open in its browser."""

import pytest

from tests.support.stand_in import StandInProcess


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("127.0.0.1:8001", 200),
        ("[::1]:8001", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example:8001", 421),
        ("", 421),
        ("[", 421),
        ("a@127.0.0.1", 200),
    ],
)
def test_a_foreign_host_reads_nothing(stand_in: StandInProcess, host: str, status: int) -> None:
    for path in ("/outbox.json", "/", "/ledger.json"):
        assert stand_in.request("GET", path, headers={"Host": host}).status == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "application/json"}, 204),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "application/json", "Origin": "https://evil.example"}, 403),
        ({"Content-Type": "application/json", "Origin": "null"}, 403),
        ({"Content-Type": "application/json", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "application/json", "Origin": "http://localhost:8001"}, 204),
    ],
)
def test_only_an_order_of_our_own_is_obeyed(
    stand_in: StandInProcess, headers: dict[str, str], status: int
) -> None:
    answer = stand_in.request(
        "POST", "/chaos", data=b'{"mode": "reset-before", "count": 0}', headers=headers
    )
    assert answer.status == status
