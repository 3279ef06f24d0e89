"""Hold everything that one running stand-in has."""

import secrets
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from sandbox.account import Account
from sandbox.arguments import Options
from sandbox.behaviour.chaos import Chaos
from sandbox.behaviour.events import events_of
from sandbox.behaviour.replies import Replies
from sandbox.behaviour.webhook import Delivery, Handling, Webhook
from sandbox.ledger import Ledger
from sandbox.mail.messages import Message, Messages, Recipient
from sandbox.mail.shapes import Json
from sandbox.suppressions import Suppressions


@dataclass
class StandIn:
    """The parts of a stand-in, and what can be changed while it runs.

    `webhook` and `delivery` are None without an address to post to; `delivery` alone is None when
    no events are wanted.
    """

    options: Options
    signing_key: EllipticCurvePrivateKey
    messages: Messages
    webhook: Webhook | None = None
    delivery: Delivery | None = None
    replies: Replies | None = None
    chaos: Chaos = field(default_factory=Chaos)
    account: Account = field(default_factory=Account)
    api_key: str = field(init=False)
    ledger: Ledger = field(init=False)
    suppressions: Suppressions = field(init=False)

    def __post_init__(self) -> None:
        """Open the books and pick up the events still owed from earlier runs."""
        self.api_key = self.options.api_key
        self.ledger = Ledger(self.messages)
        self.suppressions = Suppressions(self.messages)
        if self.delivery:
            for message in self.messages.unsettled():
                self.delivery.add(events_of(message))
                if self.replies:
                    self.replies.add(message)

    def take(
        self, body: dict[str, Json], recipient: Recipient, received_at: float, answer: str
    ) -> str:
        """Take a message and enter it in the books; return the id that SendGrid would give it."""
        message = Message(self.ledger.next_n(), received_at, secrets.token_urlsafe(16), body)
        message = replace(message, suppressed=self.suppressions.fates(message))
        self.suppressions.learn(message)
        self.messages.take(message)
        self.ledger.enter(received_at, recipient, answer, taken=True)
        if self.delivery:
            self.delivery.add(events_of(message))
        if self.replies:
            self.replies.add(message)
        return message.message_id

    def refuse(self, recipient: Recipient, received_at: float, answer: str) -> None:
        """Enter a request in the books that was not taken."""
        self.ledger.enter(received_at, recipient, answer, taken=False)

    def behave(self) -> None:
        """Put everything that was changed while running back to how it was at the start."""
        self.chaos = Chaos()
        self.account = Account()
        self.api_key = self.options.api_key
        if self.delivery:
            self.delivery.handle(Handling())
