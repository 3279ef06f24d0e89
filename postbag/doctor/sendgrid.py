"""Ask SendGrid whether it takes our key and sender, and where its news goes.

A key that may only send mail may ask for nothing but its scopes. SENDGRID_READ_KEY may be another,
with read access to Sender Authentication and to the Event and Inbound Parse webhooks.
"""

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from letters.settings import Settings
from postbag.doctor.findings import Finding, note, wrong

_FREEMAIL: Final = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "msn.com",
        "yahoo.com",
        "ymail.com",
        "aol.com",
        "icloud.com",
        "me.com",
        "mac.com",
        "gmx.com",
        "gmx.net",
        "gmx.de",
        "web.de",
        "proton.me",
        "protonmail.com",
        "mail.ru",
        "yandex.ru",
        "yandex.com",
        "zoho.com",
        "fastmail.com",
        "qq.com",
        "163.com",
    ]
)
_NEEDED_EVENTS: Final = ("processed", "delivered", "deferred", "bounce", "dropped")
_MAY_NOT: Final = (
    "this key may not ask SendGrid about it: give a second one, with read access, as "
    "SENDGRID_READ_KEY"
)
_CREDITS: Final = "maximum credits"


@dataclass(frozen=True, slots=True)
class _Said:
    """An answer of SendGrid."""

    status: int
    body: Any

    @property
    def may_not(self) -> bool:
        return self.status in {401, 403}

    @property
    def words(self) -> str:
        try:
            return "; ".join(str(error["message"]) for error in self.body["errors"])
        except (KeyError, TypeError):
            return ""

    def rows(self, name: str) -> list[Mapping[str, Any]]:
        rows = self.body.get(name) if isinstance(self.body, dict) else self.body
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


@dataclass(frozen=True, slots=True)
class Sender:
    """An address that our mail comes from, and where it is set."""

    address: str
    of: str = ""
    """The key of the organisation that has it; empty: it is the installation's."""

    @property
    def set_in(self) -> str:
        """Return what has to be mended where the address will not do."""
        return f"mail_from of the organisation {self.of}" if self.of else "MAIL_FROM"

    def named(self, check: str) -> str:
        """Return the name of a check of this sender."""
        return f"{check} of {self.of}" if self.of else check


class SendGrid:
    """One conversation with SendGrid's API."""

    def __init__(
        self, settings: Settings, senders: Sequence[Sender], session: aiohttp.ClientSession
    ) -> None:
        self._settings = settings
        self._senders = senders
        self._session = session

    async def look(self) -> list[Finding]:
        """Return what SendGrid says; only its first answer, where that makes the rest idle."""
        try:
            key = await self._key()
            if key.level != "ok":
                return [key, *(_sender(sender, None) for sender in self._senders)]
            domains = await self._ask("/v3/whitelabel/domains")
            return [
                key,
                *[await self._trial(sender) for sender in self._senders],
                *[_sender(sender, domains) for sender in self._senders],
                await self._event_webhook(),
                *([await self._inbound()] if self._settings.reply_domain else []),
            ]
        except aiohttp.ClientConnectorDNSError:
            return [_unreachable("no machine has the name in SENDGRID_API_HOST")]
        except (aiohttp.ClientConnectorCertificateError, ssl.SSLError, aiohttp.ClientSSLError):
            return [_unreachable("no secure connection can be made; check SSL_CERT_FILE, and "
                                 "whether a proxy is between")]  # fmt: skip
        except TimeoutError:
            return [_unreachable("no answer came in time; is a firewall between?")]
        except (aiohttp.ClientError, OSError, ValueError):
            return [_unreachable("SendGrid cannot be reached; check SENDGRID_API_HOST")]

    async def _ask(self, path: str, *, key: str = "", send: object = None) -> _Said:
        key = key or self._settings.sendgrid_read_key or self._settings.sendgrid_api_key
        async with self._session.request(
            "GET" if send is None else "POST",
            self._settings.sendgrid_api_host + path,
            json=send,
            headers={"Authorization": f"Bearer {key}"},
            allow_redirects=False,
        ) as response:
            try:
                body = await response.json(content_type=None)
            except ValueError:
                body = None
            return _Said(response.status, body)

    async def _key(self) -> Finding:
        check = "sendgrid key"
        said = await self._ask("/v3/scopes", key=self._settings.sendgrid_api_key)
        if said.may_not and _CREDITS in said.words.lower():
            return _out_of_credits(check)
        if said.may_not:
            return wrong(check, "is refused; make a new key with mail-send access")
        if said.status == 404:
            return wrong(check, "cannot be checked: SENDGRID_API_HOST leads elsewhere; write it "
                                "without a path such as /v3")  # fmt: skip
        if said.status != 200 or not isinstance(said.body, dict):
            return wrong(check, _later(said))
        if "mail.send" not in said.body.get("scopes", []):
            return wrong(check, "may not send mail; give it the mail-send scope")
        return Finding(check)

    async def _trial(self, sender: Sender) -> Finding:
        """Have SendGrid look at a mail without sending it."""
        check = sender.named("trial mail")
        address = {"email": sender.address}
        said = await self._ask(
            "/v3/mail/send",
            key=self._settings.sendgrid_api_key,
            send={
                "personalizations": [{"to": [address]}],
                "from": address,
                "subject": "A trial that is not sent",
                "content": [{"type": "text/plain", "value": "Nobody gets this."}],
                "mail_settings": {"sandbox_mode": {"enable": True}},
            },
        )
        if said.status in {200, 202}:
            return Finding(check)
        if said.may_not and _CREDITS in said.words.lower():
            return _out_of_credits(check)
        if said.may_not:
            return wrong(check, f"is refused ({said.words}): {sender.set_in} has to be an address "
                                "on a domain that is authenticated with SendGrid")  # fmt: skip
        return wrong(check, f"is refused: SendGrid answered {said.status} ({said.words})")

    async def _event_webhook(self) -> Finding:
        check = "webhook"
        url = f"{self._settings.public_url}/webhooks/sendgrid"
        said = await self._ask("/v3/user/webhooks/event/settings/all")
        if said.status != 200:
            return _unanswered(check, said)
        ours = [hook for hook in said.rows("webhooks") if _same(hook.get("url"), url)]
        if not ours:
            return wrong(check, f"is not there: SendGrid posts no events to {url}; make one under "
                                "Settings, Mail Settings, Event Webhooks")  # fmt: skip
        hook = next((each for each in ours if each.get("enabled")), None)
        if hook is None:
            return wrong(check, "is switched off at SendGrid: switch it on")
        missing = [name for name in _NEEDED_EVENTS if not hook.get(name)]
        if missing:
            return wrong(check, f"does not tell of {', '.join(missing)}: choose all deliverability "
                                "events")  # fmt: skip
        return await self._signature(check, str(hook.get("id")))

    async def _signature(self, check: str, hook_id: str) -> Finding:
        said = await self._ask(f"/v3/user/webhooks/event/settings/signed/{hook_id}")
        if said.status != 200 or not isinstance(said.body, dict):
            return _unanswered(check, said)
        key = said.body.get("public_key")
        if not key:
            return wrong(check, "signs nothing, and unsigned events are refused: switch on Signed "
                                "Event Webhook")  # fmt: skip
        if key != self._settings.sendgrid_event_public_key:
            return wrong(check, "signs with another key than SENDGRID_EVENT_PUBLIC_KEY, so all its "
                                "events are refused: copy its verification key")  # fmt: skip
        return Finding(check)

    async def _inbound(self) -> Finding:
        check = "inbound parse"
        domain = self._settings.reply_domain
        url = f"{self._settings.public_url}/webhooks/sendgrid/inbound"
        said = await self._ask("/v3/user/webhooks/parse/settings")
        if said.status != 200:
            return _unanswered(check, said)
        ours = [row for row in said.rows("result") if row.get("hostname") == domain]
        if not ours:
            return wrong(check, f"does not know {domain}: add it under Settings, Inbound Parse")
        if not any(_same(row.get("url"), url) for row in ours):
            return wrong(check, f"posts the answers for {domain} elsewhere: let it post to {url}")
        return Finding(check)


def _sender(sender: Sender, said: _Said | None) -> Finding:
    check = sender.named("sender")
    domain = sender.address.rpartition("@")[2].lower()
    if "." not in domain:
        return wrong(
            check, f"{sender.address} has no full domain; use one authenticated with SendGrid"
        )
    if domain in _FREEMAIL:
        return wrong(check, f"{domain} is not ours, and its owner has servers (by DMARC) "
                            "refuse what others send in its name; use your own domain")  # fmt: skip
    if said is None or said.status != 200:
        return _unanswered(check, said)
    known = [row for row in said.rows("domains") if _covers(str(row.get("domain", "")), domain)]
    if not known:
        return wrong(check, f"{domain} is not authenticated with SendGrid: do that under Settings, "
                            "Sender Authentication")  # fmt: skip
    if not any(row.get("valid") for row in known):
        return wrong(check, f"SendGrid does not find {_lost(known[0])} of {domain}: enter "
                            "what it shows at your domain's host, and let it verify")  # fmt: skip
    return Finding(check)


def _lost(row: Mapping[str, Any]) -> str:
    """Return the names of the DNS records that SendGrid does not find."""
    records: Mapping[str, Any] = row.get("dns") or {}
    names = [
        str(record.get("host"))
        for record in records.values()
        if isinstance(record, dict) and not record.get("valid")
    ]
    return ", ".join(names) or "the records"


def _covers(authenticated: str, domain: str) -> bool:
    authenticated = authenticated.lower()
    return domain == authenticated or domain.endswith(f".{authenticated}")


def _same(one: object, other: str) -> bool:
    return isinstance(one, str) and _address(one) == _address(other)


def _address(url: str) -> str:
    # `./run` posts to this machine by its number, and its pages have its name.
    return url.rstrip("/").replace("://127.0.0.1:", "://localhost:", 1)


def _unanswered(check: str, said: _Said | None) -> Finding:
    if said is None:
        return note(check, "is not checked before the key is right")
    return note(check, _MAY_NOT if said.may_not else _later(said))


def _later(said: _Said) -> str:
    return f"cannot be checked: SendGrid answered {said.status}; try again later"


def _out_of_credits(check: str) -> Finding:
    return wrong(check, "is not to blame: the account's credits are used up; buy more, or wait for "
                        "the next period")  # fmt: skip


def _unreachable(why: str) -> Finding:
    return wrong("sendgrid key", f"cannot be checked: {why}")


async def look(settings: Settings, senders: Sequence[Sender]) -> Sequence[Finding]:
    """Return what SendGrid says about our key, senders and webhooks."""
    timeout = aiohttp.ClientTimeout(total=settings.send_timeout_seconds)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        return await SendGrid(settings, senders, session).look()
