"""Decide where we may post on an organiser's word: nowhere inside our own network. Pure.

A URL that an organiser types must not become a way to reach what only our machines can reach
(OWASP, Server Side Request Forgery).
"""

import re
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

_MOST_CHARACTERS: Final = 2_000
# Networks whose addresses stand for IPv4 addresses, of which we cannot see where they lead.
_TRANSLATED: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_UNICAST: Final = IPv6Network("2000::/3")
"""All that is given out of IPv6 (IANA); what lies outside stands for something else."""
_CLOUDS: Final = frozenset({ip_address("168.63.129.16")})
"""Public by its number, and answered by the machine's own host (Azure's metadata)."""
_INNER: Final = frozenset({"internal", "local", "localdomain", "localhost"})
"""Names that lead inside by agreement, wherever they lead today."""
_NAME: Final = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}", re.IGNORECASE
)


class WhyBad(StrEnum):
    """Why we do not post to a URL."""

    NO_URL = "no-url"
    HAS_MORE = "has-more"
    """A user name, a space, or a part after #."""
    NOT_HTTPS = "not-https"
    NO_NAME = "no-name"
    """Its host is neither a full name in ASCII letters nor an address as it is usually written."""
    PRIVATE = "private"


class BadUrl(Exception):
    """We do not post to this URL."""

    def __init__(self, why: WhyBad) -> None:
        super().__init__(why)
        self.why = why


def is_own_machine(url: str) -> bool:
    """Tell whether a URL's host is written as this machine itself."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    address = _literal(host)
    return address is not None and address.is_loopback


def check_url(url: str, *, may_be_own: bool) -> None:
    """Raise BadUrl unless we may post to `url`. Where its name leads is checked at each post.

    `may_be_own`: this is a trial on one machine, so its own addresses and plain http are allowed.
    """
    try:
        parts = urlsplit(url)
        host, has_port = parts.hostname, parts.port != 0
    except ValueError:
        host, has_port = None, False
    if not host or not has_port or len(url) > _MOST_CHARACTERS or not url.isprintable():
        raise BadUrl(WhyBad.NO_URL)
    if " " in url or parts.username is not None or parts.password is not None or parts.fragment:
        raise BadUrl(WhyBad.HAS_MORE)
    own = is_own_machine(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and own and may_be_own):
        raise BadUrl(WhyBad.NOT_HTTPS)
    address = _literal(host)
    if address is None and not own and not _is_name(host):
        # Clients read such hosts in different ways: as a name, or as an address.
        raise BadUrl(WhyBad.NO_NAME)
    if (own and not may_be_own) or (
        address is not None and not may_post_to(address, may_be_own=may_be_own)
    ):
        raise BadUrl(WhyBad.PRIVATE)


def may_post_to(address: IPv4Address | IPv6Address, *, may_be_own: bool) -> bool:
    """Tell whether we may connect to an address: to public ones, and in a trial to our own."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return may_post_to(inner, may_be_own=may_be_own)
        if address.teredo is not None or any(address in network for network in _TRANSLATED):
            return False
        if address not in _UNICAST and not address.is_loopback:
            return False
    if address in _CLOUDS:
        return False
    if address.is_loopback:
        return may_be_own
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_name(host: str) -> bool:
    """Tell whether a host is a dotted name that nobody takes for an address."""
    last = host.rstrip(".").rpartition(".")[2]
    is_number = last.isdigit() or re.fullmatch(r"0[xX][0-9a-fA-F]*", last) is not None
    is_inner = last.lower() in _INNER
    return _NAME.fullmatch(host.removesuffix(".")) is not None and not is_number and not is_inner


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None
