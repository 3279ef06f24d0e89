"""Read e-mail addresses as people type them."""

import re
from typing import Final

_ADDRESS: Final = re.compile(
    r"(?=.{3,254}\Z)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]"
)
_DOTS_DO_NOT_COUNT: Final = frozenset({"gmail.com", "googlemail.com"})


def is_address(text: str) -> bool:
    """Tell whether `text` is an address that SendGrid would take: ASCII, with a dotted domain."""
    return _ADDRESS.fullmatch(text) is not None and len(text.partition("@")[0]) <= 64


def canonical(address: str) -> str:
    """Return the one form of all the spellings that reach one mailbox.

    Lower case, without a +tag; at Google's two domains also without dots and as one domain.
    """
    local, _, domain = address.lower().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _DOTS_DO_NOT_COUNT:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"
