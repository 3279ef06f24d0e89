"""Limit what one client address may do. Redis keeps the count, the database while it is away."""

import ipaddress
import logging
import re
import secrets
from math import ceil
from typing import Final

from flask import request
from redis import RedisError

from letters.intake import limits
from letters.settings import Limit
from webapp.site.services import Services

_log = logging.getLogger(__name__)
_WITH_PORT: Final = re.compile(r"(?:\[([^]]*)\]|([0-9.]+))(?::[0-9]+)?")
# A log of moments, on Redis's own clock: `count` in any period. Checks and adds in one step, and
# answers 0, or the milliseconds until there is room again.
_ADMIT: Final = """
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now_ms - ARGV[2])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then
  local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  return math.max(1, first[2] + ARGV[2] - now_ms)
end
redis.call('ZADD', KEYS[1], now_ms, ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 0
"""


def admit(services: Services, use: str, limit: Limit) -> bool:
    """Tell whether this request's client may do one more thing of this kind, and count it."""
    return not wait_seconds(services, use, limit)


def wait_seconds(services: Services, use: str, limit: Limit, *, within: str = "") -> int:
    """Count one more thing of this kind and return 0; or the seconds until it may be done.

    Each client has a count of its own, and another one within each `within`.
    """
    network = client_network(request.remote_addr or "")
    return _wait(services, services.tokens.blind(f"throttle/{use}", f"{network}/{within}"), limit)


def admit_for(services: Services, use: str, whose: str, limit: Limit) -> bool:
    """Tell whether one more thing may be done for somebody, whoever asks for it; count it."""
    return not _wait(services, services.tokens.blind(f"throttle/{use}", whose), limit)


def _wait(services: Services, bucket: str, limit: Limit) -> int:
    try:
        milliseconds = services.redis.eval(
            _ADMIT,
            1,
            f"postbag:throttle:{bucket}",
            str(limit.count),
            str(limit.period_seconds * 1000),
            secrets.token_hex(8),
        )
    except RedisError:
        _log.warning("Redis is away; the database keeps the count")
        with services.database.write() as connection:
            return limits.wait_seconds(connection, bucket, limit, services.now())
    return ceil(int(milliseconds) / 1000)


def client_network(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or an IPv6 network of 64 bits.

    Some proxies add the client's port.
    """
    with_port = _WITH_PORT.fullmatch(address)
    try:
        ip = ipaddress.ip_address(with_port[1] or with_port[2] if with_port else address)
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.IPv6Network((int(ip), 64), strict=False))  # without its zone
    return str(ip)
