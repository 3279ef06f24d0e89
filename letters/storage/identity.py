"""Make ids: opaque, unguessable enough to be unique anywhere, and in order of time."""

import secrets
from datetime import datetime


def new_id(now: datetime) -> str:
    """Return 32 hexadecimal digits: milliseconds since 1970 (48 bits), then 80 random bits.

    Ids of one millisecond are in no order. They name rows; they are no secrets.
    """
    return f"{int(now.timestamp() * 1000):012x}{secrets.token_hex(10)}"


def first_id(moment: datetime) -> str:
    """Return what no id that was made at a moment, or later, comes before."""
    return f"{int(moment.timestamp() * 1000):012x}"
