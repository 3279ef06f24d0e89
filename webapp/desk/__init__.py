"""The organisers' desk: write campaigns, see the books, decide what needs a person, steer."""

from webapp.desk import (
    dashboard,
    editor,
    held,
    listing,
    pace,
    people,
    ready,
    record,
    sign_in,
    steering,
)
from webapp.desk.door import OPEN, door

__all__ = [
    "OPEN",
    "dashboard",
    "door",
    "editor",
    "held",
    "listing",
    "pace",
    "people",
    "ready",
    "record",
    "sign_in",
    "steering",
]
