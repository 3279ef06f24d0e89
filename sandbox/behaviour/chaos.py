"""Decide when the stand-in misbehaves and how. Pure but for the dice, which can be seeded.

A fault says what is done with the requests it strikes, which and how many it strikes, and whether
the message is taken all the same: that is the question which a lost answer leaves open.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from sandbox.mail.shapes import LINE_BREAKS, WHOLE, Flag, Json, Number, Record, Text, departures


class Act(Enum):
    """What is done to a request in place of an honest answer."""

    RESET = "reset"
    """The connection is cut with a TCP reset."""
    HANG = "hang"
    """Nothing is answered, for `seconds` or until the client goes; then the connection is cut."""
    DRIP = "drip"
    """The answer comes one byte each `seconds`, a second unless told otherwise."""
    ENDLESS = "endless"
    """The head of an answer comes, then a body without end."""
    STATUS = "status"
    """A status of choice is answered."""


@dataclass(frozen=True)
class Fault:
    """One way to misbehave. Shares are 0..1; `count` None is for ever; `match` is part of `to`."""

    act: Act
    accept_share: float
    status: int | None = None
    share: float = 1.0
    count: int | None = None
    match: str = ""
    seconds: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seed: int | None = None


MODES: Mapping[str, Fault] = {
    "accept-then-reset": Fault(Act.RESET, 1.0),
    "accept-then-hang": Fault(Act.HANG, 1.0),
    "accept-then-500": Fault(Act.STATUS, 1.0, 500),
    "reset-before": Fault(Act.RESET, 0.0),
    "reset": Fault(Act.RESET, 0.5),
    "hang": Fault(Act.HANG, 0.5),
    "drip": Fault(Act.DRIP, 1.0),
    "endless": Fault(Act.ENDLESS, 1.0),
    "status": Fault(Act.STATUS, 0.0, 500),
}

_FAULT = Record(
    {
        "mode": Text(one_of=tuple(MODES)),
        "count": Number(0, whole=True),
        "share": Number(0, 1),
        "accept_share": Number(0, 1),
        "accept": Flag(),
        "status": Number(200, 599, whole=True),
        "headers": Record(any_field=Text(forbidden=LINE_BREAKS)),
        "match": Text(),
        "seconds": Number(0),
        "seed": WHOLE,
    },
    needed=("mode",),
)


class MisunderstoodError(Exception):
    """An order cannot be followed; the text says why."""


def read_fault(order: dict[str, Json]) -> Fault:
    """Read one fault from JSON; a field that is null is as good as left out.

    `accept` true or false is short for `accept_share` 1 or 0. Raises MisunderstoodError.
    """
    # The shape has been checked before it is used: each field has its attribute's type.
    told: dict[str, Any] = {name: value for name, value in order.items() if value is not None}
    for departure in departures(_FAULT, told):
        raise MisunderstoodError(f"{departure.field}: {departure.message}")
    if "accept" in told:
        told["accept_share"] = float(told.pop("accept"))
    return replace(MODES[told.pop("mode")], **told)


@dataclass(frozen=True)
class Blow:
    """What befalls one request: the fault that strikes it, and whether the message is taken."""

    fault: Fault
    taken: bool

    def status(self) -> int:
        """Give the status to answer: the one asked for, else a true one."""
        return self.fault.status or (202 if self.taken else 503)

    def answer(self) -> str:
        """Give the word for the ledger."""
        return str(self.status()) if self.fault.act is Act.STATUS else self.fault.act.value


class _Armed:
    """A fault with the strikes it has left and the dice it throws."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault
        self._left = fault.count
        self._dice = random.Random(fault.seed)  # noqa: S311 - dice

    def strike(self, to: str) -> Blow | None:
        fault = self._fault
        if self._left == 0 or fault.match not in to or self._dice.random() >= fault.share:
            return None
        if self._left is not None:
            self._left -= 1
        return Blow(fault, taken=self._dice.random() < fault.accept_share)


class Chaos:
    """The faults in force. Of several the first that strikes counts."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        """Put `faults` in force."""
        self._armed = [_Armed(fault) for fault in faults]

    def strike(self, to: str) -> Blow | None:
        """Decide about one request for the address `to`: a blow, or None for an honest answer."""
        for armed in self._armed:
            blow = armed.strike(to)
            if blow is not None:
                return blow
        return None
