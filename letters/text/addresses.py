"""Read e-mail addresses as people type and paste them. Pure."""

import re
from enum import StrEnum
from itertools import combinations, pairwise
from typing import Final

import idna

from letters.text.visible import trim, without_formats

_ADDRESS: Final = re.compile(
    r"(?=.{3,254}\Z)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]"
)
# More than an address can be: what stands for one in words is to be found, and not judged.
_LIKE_ONE: Final = re.compile(r"[^\s<>()\[\]\"',;:]{1,64}@[^\s<>()\[\]\"',;:]{1,253}")
_IN_BRACKETS: Final = re.compile(r"[^<>]*<([^<>]*)>")
# A full stop, comma and semicolon, in Arabic and in the wide form too.
_MARKS_BEHIND: Final = ".,;\u060c\u061b\u06d4\u3001\u3002\uff0c\uff0e\uff1b"
_DOTS_DO_NOT_COUNT: Final = frozenset({"gmail.com", "googlemail.com"})
# Where most people have their mail. A near miss of one of these is more often a slip of a finger
# than a domain of its own; so it is asked about, and never refused.
COMMON_DOMAINS: Final = (
    "gmail.com", "googlemail.com", "hotmail.com", "hotmail.co.uk", "outlook.com", "live.com",
    "yahoo.com", "yahoo.co.uk", "icloud.com", "me.com", "aol.com", "msn.com", "proton.me",
    "protonmail.com", "mail.com", "email.com", "gmx.com", "gmx.de", "gmx.net", "web.de",
    "t-online.de", "orange.fr", "free.fr", "laposte.net", "libero.it", "hotmail.es", "yahoo.es",
    "btinternet.com", "sky.com",
)  # fmt: skip
_DOTTED_TWICE: Final = 24
"""Characters before the @ of which two dots are still tried everywhere: 278 spellings at most."""
_MEANT_COM: Final = frozenset({"con", "cmo", "cm", "vom", "xom", "ocm"})


class Malformed(StrEnum):
    """What is wrong with an address."""

    EMPTY = "empty"
    NO_ADDRESS = "no-address"
    LOCAL_NOT_ASCII = "local-not-ascii"
    """The part before the @ has letters that mail servers here cannot be counted on to take."""


class BadAddress(ValueError):
    """What was typed is no address that mail can go to; `why` tells what is wrong with it."""

    def __init__(self, why: Malformed) -> None:
        super().__init__(str(why))
        self.why: Final = why


def read_address(typed: str) -> str:
    """Return the address in what was typed or pasted; raise BadAddress.

    `mailto:`, `Name <address>`, characters that nobody sees, and a full stop, comma or semicolon
    behind it, of any script, are read through. An internationalised domain comes back in its ASCII
    form (RFC 5891).
    """
    text = trim(trim(typed).rstrip(_MARKS_BEHIND))
    in_brackets = _IN_BRACKETS.fullmatch(text)
    if in_brackets:
        text = trim(in_brackets[1])
    if text[:7].lower() == "mailto:":
        text = trim(text[7:].partition("?")[0]).removeprefix("//")
    text = trim(text.rstrip(_MARKS_BEHIND))
    if not text:
        raise BadAddress(Malformed.EMPTY)
    local, at, domain = text.rpartition("@")
    local = without_formats(local)
    if at and not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode()
        except idna.IDNAError as error:
            raise BadAddress(Malformed.NO_ADDRESS) from error
    address = f"{local}@{domain}" if at else text
    if is_address(address):
        return address
    if not local.isascii() and is_address(f"x@{domain}") and not re.search(r"\s", local):
        raise BadAddress(Malformed.LOCAL_NOT_ASCII)
    raise BadAddress(Malformed.NO_ADDRESS)


def address_in(typed: str) -> str | None:
    """Return the address in what was typed or pasted; None: there is none."""
    try:
        return read_address(typed)
    except BadAddress:
        return None


def is_address(text: str) -> bool:
    """Tell whether `text` is an address that SendGrid would take: ASCII, with a dotted domain."""
    return _ADDRESS.fullmatch(text) is not None and len(text.partition("@")[0]) <= 64


def without_addresses(words: str, but: str) -> str:
    """Return words with a mark in the place of each address, `but` for one, which is canonical."""
    return _LIKE_ONE.sub(lambda it: it[0] if canonical(it[0]) == but else "[…]", words)


def canonical(address: str) -> str:
    """Return the one form of all the spellings that reach one mailbox.

    Lower case, without a +tag; at Google's two domains also without dots and as one domain.
    """
    local, _, domain = address.lower().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _DOTS_DO_NOT_COUNT:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def spellings(address: str) -> tuple[str, ...]:
    """Return the canonical addresses that differ from one in the dots before the @ alone.

    With them as typed first, then without any, with one and with two. Elsewhere than at Gmail those
    are other mailboxes, but whoever tells an address over the telephone does not tell its dots.
    """
    typed = canonical(address)
    local, _, domain = typed.rpartition("@")
    if domain == "gmail.com":
        return (typed,)
    bare = local.replace(".", "")
    places = range(1, len(bare))
    most = 2 if len(bare) <= _DOTTED_TWICE else 1
    found = [typed]
    for dots in range(most + 1):
        for chosen in combinations(places, dots):
            cuts = [0, *chosen, len(bare)]
            dotted = ".".join(bare[a:b] for a, b in pairwise(cuts))
            found.append(f"{dotted}@{domain}")
    return tuple(dict.fromkeys(found))


def near_miss(address: str) -> str | None:
    """Return the address that was perhaps meant, where the domain is a slip away from a common one.

    A slip is one character too many, too few, wrong, or two that changed places.
    """
    local, _, domain = address.lower().rpartition("@")
    if domain in COMMON_DOMAINS:
        return None
    name, dot, ending = domain.rpartition(".")
    if dot and ending in _MEANT_COM:
        return f"{local}@{name}.com"
    meant = next((common for common in COMMON_DOMAINS if _is_a_slip(domain, common)), None)
    return f"{local}@{meant}" if meant else None


def _is_a_slip(typed: str, meant: str) -> bool:
    if abs(len(typed) - len(meant)) > 1 or len(meant) < 6:
        return False  # short names are near to too many others
    same = 0
    while same < min(len(typed), len(meant)) and typed[same] == meant[same]:
        same += 1
    rest, wanted = typed[same:], meant[same:]
    return (
        rest[1:] == wanted[1:]  # another character
        or rest[1:] == wanted  # one too many
        or rest == wanted[1:]  # one too few
        or (rest[:2] == wanted[1::-1] and rest[2:] == wanted[2:])  # changed places
    )
