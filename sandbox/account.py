"""Answer what a careful client asks about its account: scopes, domains, webhooks, credits.

The forms are those of SendGrid's API reference. `{"mode": "account", ...}` at `POST /chaos` changes
what is answered; see `ORDER`.
"""

from dataclasses import dataclass
from typing import Final

from sandbox.mail.shapes import Flag, Json, Number, Record, Text
from sandbox.suppressions import LISTS

SCOPES: Final = (
    "mail.send",
    "user.webhooks.event.settings.read",
    "user.webhooks.parse.settings.read",
    "whitelabel.read",
    *(
        f"{lists}.{right}"
        for lists in (*(f"suppression.{name}" for name in LISTS), "asm.suppressions.global")
        for right in ("read", "create", "delete")
    ),
)
EVENTS: Final = (
    "processed", "delivered", "deferred", "bounce", "dropped", "spam_report", "unsubscribe",
    "group_unsubscribe", "group_resubscribe", "open", "click",
)  # fmt: skip
ORDER: Final = Record(
    {
        "mode": Text(),
        "scopes": Text(),
        "domain": Text(shortest=1),
        "valid": Flag(),
        "credits": Flag(),
        "webhook": Flag(),
        "webhook_url": Text(),
        "webhook_signed": Flag(),
        "webhook_without": Text(),
        "busy": Number(400, 599, whole=True),
    }
)


@dataclass(frozen=True)
class Account:
    """What SendGrid knows of an account."""

    scopes: str = " ".join(SCOPES)
    """What the API key may do, with spaces between."""
    domain: str = "postbag.example"
    """The domain that is authenticated, and with `valid` its records are found."""
    valid: bool = True
    credits: bool = True
    """There are credits left to send with."""
    webhook: bool = True
    """The event webhook is switched on."""
    webhook_url: str = ""
    """Where events are posted, if not where the stand-in posts them."""
    webhook_signed: bool = True
    webhook_without: str = ""
    """The events that are not posted, with spaces between."""
    busy: int | None = None
    """The status that a question about it gets instead of an answer, whatever the key may do."""

    def may(self, scope: str) -> bool:
        """Tell whether the key may do this."""
        return scope in self.scopes.split()

    def domains(self) -> Json:
        """Give `GET /v3/whitelabel/domains`."""
        records: dict[str, Json] = {
            name: {
                "valid": self.valid,
                "type": "cname",
                "host": f"{host}.{self.domain}",
                "data": f"{host}.stand-in.example",
            }
            for name, host in (("mail_cname", "em1"), ("dkim1", "s1._domainkey"))
        }
        row: Json = {
            "id": 1,
            "domain": self.domain,
            "subdomain": "em1",
            "valid": self.valid,
            "dns": records,
        }
        return [row]

    def webhooks(self, url: str) -> Json:
        """Give `GET /v3/user/webhooks/event/settings/all` for the stand-in's own `url`."""
        if not (url or self.webhook_url):
            return {"max_allowed": 5, "webhooks": []}
        hook: dict[str, Json] = {
            "id": "1",
            "enabled": self.webhook,
            "url": self.webhook_url or url,
            **{name: name not in self.webhook_without.split() for name in EVENTS},
        }
        return {"max_allowed": 5, "webhooks": [hook]}

    def signed(self, public_key: str) -> Json:
        """Give `GET /v3/user/webhooks/event/settings/signed/{id}`."""
        return {"public_key": public_key if self.webhook_signed else ""}
