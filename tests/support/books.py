"""Keep the books by hand, without processes: write, claim, answer and tell, each as one call."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select

from letters.books import ledger
from letters.campaigns import store
from letters.campaigns.stored import StoredCampaign
from letters.files.campaign_file import read_campaign
from letters.intake.take import Intake
from letters.notices.links import Links
from letters.reasons import Hold
from letters.receipts import confirmation
from letters.sending import gate as account
from letters.sending.claiming.claimed import Claim
from letters.sending.claiming.claims import claim
from letters.sending.events.delivery_event import DeliveryEvent
from letters.sending.events.record import record as record_events
from letters.sending.outcomes import Answer, Outcome, record
from letters.settings import Settings, read_settings
from letters.states import Cause
from letters.storage.database import Database
from letters.storage.schema import letter, submission, writing
from letters.submission import Draft, Submission
from letters.text.versions import version_key
from letters.tokens import Tokens
from rig.campaigns import campaign_file
from worker.sweep import Swept, sweep

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
URL = "https://post.example"


def settings(**more: str) -> Settings:
    return read_settings(settings_as_given(**more))


def settings_as_given(**more: str) -> dict[str, str]:
    """Give settings as the environment holds them."""
    return {
        "DATABASE_URL": "sqlite:///unused.db",
        "REDIS_URL": "redis://localhost",
        "SECRET_KEY": "a-secret-key-for-tests-only",
        "PUBLIC_URL": URL,
        "SENDGRID_API_KEY": "SG.test",
        "SENDGRID_EVENT_PUBLIC_KEY": _public_key(),
        "MAIL_FROM": "letters@postbag.example",
        **more,
    }


@cache
def _public_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


@dataclass(frozen=True, slots=True)
class Mail:
    """A notice as it was queued."""

    to: str
    subject: str
    body: str


@dataclass
class Books:
    """One database with a clock that a test moves."""

    database: Database
    now: datetime = START
    settings: Settings = field(default_factory=settings)
    mailed: dict[str, Claim] = field(default_factory=dict)

    @property
    def tokens(self) -> Tokens:
        return Tokens(self.settings.secret_keys)

    @property
    def intake(self) -> Intake:
        return Intake(self.database, Links(URL, self.tokens))

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)

    def load(self, slug: str, *targets: str, pacing: str = "", more: str = "") -> StoredCampaign:
        """Load a small live campaign; without `more` nobody has to confirm."""
        with self.database.write() as connection:
            text = campaign_file(slug, *targets, pacing=pacing, more=more)
            store.load(connection, read_campaign(text), self.now)
        return self.find(slug)

    def find(self, slug: str) -> StoredCampaign:
        with self.database.read() as connection:
            return store.find(connection, slug)

    def write(
        self,
        slug: str,
        email: str = "",
        *,
        text: str = "Dear Minister 1,\n\nPlease.\n\nAna",
        targets: Sequence[int] | None = None,
        source: str = "",
    ) -> str:
        """Hand in a letter to each target (or to those at `targets`); return the address."""
        stored = self.find(slug)
        email = email or f"ana.{secrets.token_hex(5)}@readers.example"
        chosen = [t for t in stored.targets if not t.withdrawn]
        if targets is not None:
            chosen = [chosen[place] for place in targets]
        letter = stored.campaign.letter
        drafts = tuple(
            Draft(t.id, "Keep the trees", text, version_key(letter, t.target)) for t in chosen
        )
        new = Submission(
            *(secrets.token_hex(16), "Ana Reed", email, "", "", ("trees",), 0.5, False, drafts),
            source=source,
        )
        self.intake.take(stored, new, self.now)
        self.wait(milliseconds=10)  # what is queued next has a later time
        return email

    def confirm(self, email: str) -> None:
        with self.database.write() as connection:
            submission_id = self.submission(email)
            was_seen = confirmation.seen(connection, submission_id)
            confirmation.confirm(connection, submission_id, was_seen, self.now)

    def submission(self, email: str) -> str:
        with self.database.read() as connection:
            found = select(submission.c.id).where(submission.c.email == email)
            return str(connection.execute(found.order_by(submission.c.id.desc())).scalars().first())

    def claim(self, most: int = 100) -> list[Claim]:
        """Claim what may leave now, notices first."""
        with self.database.write() as connection:
            gate = account.look(connection)
            return claim(connection, most=most, gate=gate, now=self.now)

    def answer(self, claims: Sequence[Claim], answer: Answer, words: str | None = None) -> None:
        self.mailed |= {one.letter_id: one for one in claims if one.is_notice}
        with self.database.write() as connection:
            outcome = Outcome(answer, self.now, words)
            record(connection, [(c, outcome) for c in claims], self.now)

    def send_claimed(self, claims: Sequence[Claim]) -> None:
        """Let claimed letters leave and be taken."""
        if claims:
            self.answer(claims, Answer.TAKEN)

    def send(self) -> list[Claim]:
        """Send all that may leave now; return the letters, without the notices."""
        sent: list[Claim] = []
        while claims := self.claim():
            self.answer(claims, Answer.TAKEN)
            sent += [c for c in claims if not c.is_notice]
        return sent

    def tell(
        self, of: Claim, cause: Cause, words: str | None = None, ends_with: Hold | None = None
    ) -> None:
        """Let an event about one claim come in."""
        with self.database.write() as connection:
            record_events(connection, [self.event(of, cause, words, ends_with)], self.now)

    def event(
        self, of: Claim, cause: Cause, words: str | None = None, ends_with: Hold | None = None
    ) -> DeliveryEvent:
        """Give an event about one claim."""
        return DeliveryEvent(
            secrets.token_hex(8),
            of.attempt_id,
            of.letter_id,
            cause,
            self.now,
            words,
            ends_with,
        )

    def bounce(self, of: Claim, words: str = "550 no such mailbox") -> None:
        self.tell(of, Cause.BOUNCE, words, Hold.BOUNCED)

    def block(self, of: Claim, words: str = "421 too many") -> None:
        self.tell(of, Cause.BOUNCE, words)

    def deliver(self, of: Claim) -> None:
        self.tell(of, Cause.DELIVER)

    def sweep(self) -> Swept:
        return sweep(self.database, self.settings, self.now)

    def states(self, slug: str) -> dict[str, int]:
        """Give the states that letters are in; the books have to reconcile, always."""
        with self.database.read() as connection:
            counted = ledger.count(connection, slug)[slug]
        assert counted.reconciled
        return {str(state): n for state, n in counted.states.items() if n}

    def mails(self, to: str) -> list[Mail]:
        """Give the notices for one address, oldest first."""
        with self.database.read() as connection:
            rows = connection.execute(
                select(letter.c.id, writing.c.subject, writing.c.body)
                .select_from(letter.join(writing))
                .where(letter.c.kind == "notice", writing.c.to_email == to)
                .order_by(letter.c.state_at, letter.c.id)
            )
            return [
                Mail(to, row.subject, row.body)
                if row.body is not None
                # Once it has left, nothing is kept of what it said.
                else Mail(to, self.mailed[row.id].subject, self.mailed[row.id].body)
                for row in rows
            ]
