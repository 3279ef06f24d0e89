"""What a client meets when the stand-in misbehaves, and what the books say about it."""

import time

import aiohttp
import pytest

from tests.support.stand_in import StandInProcess, letter, met_with_a_reset


@pytest.mark.parametrize(("mode", "taken"), [("accept-then-reset", True), ("reset-before", False)])
def test_a_connection_is_reset(stand_in: StandInProcess, mode: str, taken: bool) -> None:
    stand_in.order({"mode": mode, "count": 1})
    body = letter()
    with met_with_a_reset():
        stand_in.send(body)
    assert (stand_in.entry(body)["answer"], stand_in.entry(body)["taken"]) == ("reset", taken)
    assert (body in stand_in.outbox()) == taken
    assert stand_in.send(letter()).status == 202


def test_no_answer_comes(stand_in: StandInProcess) -> None:
    stand_in.order({"mode": "accept-then-hang", "count": 1})
    body = letter()
    with pytest.raises(TimeoutError):
        stand_in.send(body, timeout_s=0.5)
    assert (stand_in.entry(body)["answer"], stand_in.entry(body)["taken"]) == ("hang", True)


def test_a_hanging_connection_can_be_cut_after_a_while(stand_in: StandInProcess) -> None:
    stand_in.order({"mode": "hang", "accept_share": 0, "seconds": 0.3})
    body, before = letter(), time.monotonic()
    with met_with_a_reset():
        stand_in.send(body)
    assert time.monotonic() - before > 0.3
    assert stand_in.entry(body)["taken"] is False


@pytest.mark.parametrize("status", [302, 400, 401, 403, 429, 500, 503, 599])
def test_any_status_can_be_answered(stand_in: StandInProcess, status: int) -> None:
    headers = {"Location": "/elsewhere", "Retry-After": "7"}
    stand_in.order({"mode": "status", "status": status, "headers": headers, "count": 1})
    body = letter()
    answer = stand_in.send(body)
    assert answer.status == status
    assert answer.headers["Retry-After"] == "7"
    assert status < 400 or answer.json()["errors"][0]["field"] is None
    assert (stand_in.entry(body)["answer"], stand_in.entry(body)["taken"]) == (str(status), False)


@pytest.mark.parametrize(
    "order", [{"mode": "accept-then-500"}, {"mode": "status", "status": 500, "accept": True}]
)
def test_a_message_can_be_taken_all_the_same(stand_in: StandInProcess, order: object) -> None:
    stand_in.order(order)
    body = letter()
    assert stand_in.send(body).status == 500
    assert stand_in.entry(body)["taken"] is True
    assert body in stand_in.outbox()


@pytest.mark.parametrize(("share", "status"), [(1, 202), (0, 503)])
def test_an_answer_drips(stand_in: StandInProcess, share: int, status: int) -> None:
    stand_in.order({"mode": "drip", "accept_share": share, "seconds": 0.005})
    body, before = letter(), time.monotonic()
    answer = stand_in.send(body)
    assert answer.status == status
    assert ("X-Message-Id" in answer.headers) == bool(share)
    assert time.monotonic() - before > 0.3
    assert (stand_in.entry(body)["answer"], stand_in.entry(body)["taken"]) == ("drip", bool(share))


def test_a_dripping_answer_takes_longer_than_anyone_waits(stand_in: StandInProcess) -> None:
    stand_in.order({"mode": "drip"})
    with pytest.raises(TimeoutError):
        stand_in.send(letter(), timeout_s=0.5)


def test_a_body_has_no_end(stand_in: StandInProcess) -> None:
    stand_in.order({"mode": "endless", "status": 202})
    body = letter()
    with pytest.raises((TimeoutError, aiohttp.ClientError)):
        stand_in.send(body, timeout_s=0.5)
    assert (stand_in.entry(body)["answer"], stand_in.entry(body)["taken"]) == ("endless", True)


def test_faults_strike_the_addresses_they_are_meant_for(stand_in: StandInProcess) -> None:
    stand_in.order({"mode": "status", "status": 429, "match": "mayor@"})
    assert stand_in.send(letter("minister@harbours.example")).status == 202
    assert stand_in.send(letter("mayor@harbours.example")).status == 429
