"""Faults: how they are ordered and whom they strike."""

from typing import Any

import pytest

from sandbox.behaviour.chaos import Act, Blow, Chaos, Fault, MisunderstoodError, read_fault

TO = "minister@harbours.example"


def test_nothing_happens_unless_ordered() -> None:
    assert Chaos().strike(TO) is None


def test_a_fault_strikes_as_often_as_told() -> None:
    chaos = Chaos([read_fault({"mode": "reset-before", "count": 2})])
    assert [chaos.strike(TO) is not None for _ in range(4)] == [True, True, False, False]


def test_a_fault_without_a_count_goes_on() -> None:
    chaos = Chaos([read_fault({"mode": "reset-before", "count": None})])
    assert all(chaos.strike(TO) for _ in range(100))


def test_a_fault_strikes_only_the_addresses_it_is_meant_for() -> None:
    chaos = Chaos([read_fault({"mode": "reset-before", "count": 1, "match": "mayor@"})])
    assert chaos.strike(TO) is None
    assert chaos.strike("mayor@harbours.example")


def test_of_several_faults_the_first_that_strikes_counts() -> None:
    chaos = Chaos(
        [
            read_fault({"mode": "accept-then-reset", "count": 1}),
            read_fault({"mode": "status", "status": 429}),
        ]
    )
    answers = [blow and blow.answer() for blow in (chaos.strike(TO), chaos.strike(TO))]
    assert answers == ["reset", "429"]


def test_the_same_seed_throws_the_same_dice() -> None:
    def run() -> list[bool | None]:
        order: dict[str, Any] = {"mode": "drip", "share": 0.5, "accept_share": 0.5, "seed": 7}
        chaos = Chaos([read_fault(order)])
        blows = [chaos.strike(TO) for _ in range(200)]
        return [None if blow is None else blow.taken for blow in blows]

    first = run()
    assert first == run()
    assert 70 < first.count(None) < 130
    assert 30 < first.count(True) < 70


@pytest.mark.parametrize(
    ("order", "act", "taken", "answer"),
    [
        ({"mode": "accept-then-reset"}, Act.RESET, True, "reset"),
        ({"mode": "accept-then-hang"}, Act.HANG, True, "hang"),
        ({"mode": "accept-then-500"}, Act.STATUS, True, "500"),
        ({"mode": "reset-before"}, Act.RESET, False, "reset"),
        ({"mode": "status", "status": 503}, Act.STATUS, False, "503"),
        ({"mode": "status", "status": 503, "accept": True}, Act.STATUS, True, "503"),
        ({"mode": "drip", "accept_share": 0}, Act.DRIP, False, "drip"),
        ({"mode": "endless"}, Act.ENDLESS, True, "endless"),
    ],
)
def test_modes(order: dict[str, Any], act: Act, taken: bool, answer: str) -> None:
    blow = Chaos([read_fault(order)]).strike(TO)
    assert blow is not None
    assert (blow.fault.act, blow.taken, blow.answer()) == (act, taken, answer)


def test_a_status_that_was_not_asked_for_tells_the_truth() -> None:
    fault = Fault(Act.DRIP, 0.5)
    assert [Blow(fault, taken=taken).status() for taken in (True, False)] == [202, 503]


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"mode": "gremlins"},
        {"mode": "status", "status": 99},
        {"mode": "status", "status": "500"},
        {"mode": "drip", "share": 1.5},
        {"mode": "drip", "count": -1},
        {"mode": "drip", "headers": {"X": "a\r\nb"}},
        {"mode": "drip", "second": 1},
    ],
)
def test_what_makes_no_sense_is_not_obeyed(order: dict[str, Any]) -> None:
    with pytest.raises(MisunderstoodError):
        read_fault(order)
