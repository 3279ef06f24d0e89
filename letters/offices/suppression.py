"""Know which offices SendGrid may send nothing to, until their address is off its lists.

It lists an address that bounced, complained or is invalid, and drops what goes there. An office
that is released while it is listed would be held again at its next letter. Nobody is asked here:
a door does that, outside any transaction, and releases the office afterwards.
"""

from typing import Final

from sqlalchemy import Connection

from letters.offices import mailbox
from letters.reasons import Hold

LISTED: Final = frozenset({Hold.BOUNCED, Hold.COMPLAINED, Hold.SUPPRESSED})
"""Reasons for a hold that put an address on a list of SendGrid's."""


def to_take_off(connection: Connection, email: str) -> list[str]:
    """Return the addresses that have to be off SendGrid's lists before an office is released.

    They are all spellings of one mailbox that campaigns write to. Raises UnknownOffice.
    """
    office = mailbox.find(connection, email)
    if office.hold not in LISTED:
        return []
    seats = mailbox.seats(connection, office.id)
    return sorted({seat.email.lower() for seat in seats} or {office.address})
