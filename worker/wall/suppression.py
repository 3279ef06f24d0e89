"""Take addresses off SendGrid's suppression lists, so that it sends to them again.

Each list has a scope of its own. The key that sends is tried, and then SENDGRID_READ_KEY, if there
is one. A key that may only read is enough where a person has taken the address off.
"""

import json
import os
from collections.abc import Iterable
from enum import Enum, auto
from math import ceil
from time import monotonic
from typing import Final
from urllib.parse import quote

import certifi
import pycurl

from letters.settings import Settings

_PATIENCE_SECONDS: Final = 6.0
"""For all requests together: somebody waits at the desk."""
_LONGEST_ANSWER_BYTES: Final = 65_536
_LISTS: Final = (
    "suppression/bounces",
    "suppression/spam_reports",
    "suppression/invalid_emails",
    "suppression/blocks",
    "asm/suppressions/global",
)


class TakenOff(Enum):
    """What came of it."""

    DONE = auto()
    """The addresses are on none of the lists."""
    MAY_NOT = auto()
    """Our key may not: a person has to do it at SendGrid."""
    NO_ANSWER = auto()
    """SendGrid gave no answer of use in time."""


def take_off(settings: Settings, addresses: Iterable[str]) -> TakenOff:
    """Take addresses off all lists. What is done stays done where a later list is refused."""
    asking = _Asking(settings)
    try:
        for address in addresses:
            for name in _LISTS:
                done = asking.take_off(f"/v3/{name}/{quote(address, safe='@')}")
                if done is not TakenOff.DONE:
                    return done
    finally:
        asking.close()
    return TakenOff.DONE


class _Asking:
    """Requests to SendGrid one after the other, over one connection and with one deadline."""

    def __init__(self, settings: Settings) -> None:
        self._host: Final = settings.sendgrid_api_host
        keys = (settings.sendgrid_api_key, settings.sendgrid_read_key)
        self._keys: Final = [key for key in keys if key]
        self._ends_at: Final = monotonic() + min(_PATIENCE_SECONDS, settings.send_timeout_seconds)
        self._curl: Final = pycurl.Curl()
        self._curl.setopt(pycurl.CAINFO, os.environ.get("SSL_CERT_FILE") or certifi.where())
        self._curl.setopt(pycurl.PROXY, "")  # nor one of the environment
        self._curl.setopt(pycurl.NOSIGNAL, 1)
        self._curl.setopt(pycurl.WRITEFUNCTION, self._take)
        self._body = b""

    def take_off(self, path: str) -> TakenOff:
        """Take an address off one list, if it is there."""
        done = TakenOff.MAY_NOT
        for key in self._keys:
            status = self._ask("GET", path, key)
            if status == 200 and not self._is_listed():
                return TakenOff.DONE
            if status:
                status = self._ask("DELETE", path, key)
            if 200 <= status < 300 or status == 404:
                return TakenOff.DONE
            if status not in {401, 403}:
                done = TakenOff.NO_ANSWER
        return done

    def close(self) -> None:
        """Close the connection."""
        self._curl.close()

    def _ask(self, method: str, path: str, key: str) -> int:
        """Return the status of an answer; 0 where none comes in time."""
        left_ms = ceil((self._ends_at - monotonic()) * 1_000)
        if left_ms <= 0:
            return 0
        self._body = b""
        self._curl.setopt(pycurl.URL, self._host + path)
        self._curl.setopt(pycurl.CUSTOMREQUEST, method)
        self._curl.setopt(pycurl.HTTPHEADER, [f"Authorization: Bearer {key}"])
        self._curl.setopt(pycurl.TIMEOUT_MS, left_ms)
        try:
            self._curl.perform()
        except pycurl.error:
            return 0
        status: int = self._curl.getinfo(pycurl.RESPONSE_CODE)
        return status

    def _is_listed(self) -> bool:
        """Tell what an answer of 200 says; one that cannot be read says that it is."""
        try:
            return bool(json.loads(self._body))
        except (ValueError, RecursionError):
            return True

    def _take(self, part: bytes) -> int | None:
        self._body += part
        return 0 if len(self._body) > _LONGEST_ANSWER_BYTES else None
