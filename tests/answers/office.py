"""Let an office answer letters in the books, without processes."""

from dataclasses import dataclass

from letters.answers import take
from letters.answers.take import Door
from letters.mail.incoming import Incoming
from letters.sending.claiming.claimed import Claim
from rig.inbound import raw_message, raw_post
from tests.support.books import Books
from webapp.sendgrid.parsed import read_mail

DOMAIN = "replies.postbag.example"
THROUGH_US = 'replies = "through-us"\n'


@dataclass
class Office:
    """Answers what comes to it."""

    books: Books

    @property
    def door(self) -> Door:
        return Door(self.books.tokens, DOMAIN, frozenset({"letters@postbag.example"}))

    def address(self, letter: Claim | str) -> str:
        letter_id = letter if isinstance(letter, str) else letter.letter_id
        return f"{self.books.tokens.reply(letter_id)}@{DOMAIN}"

    def answer(self, letter: Claim | str, text: str = "Yes.", *headers: str, **more: str) -> int:
        """Answer a letter; return how many relays that queued."""
        to = self.address(letter)
        subject = more.pop("subject", "Re: Keep the trees")
        path = more.pop("return_path", "office@harbours.example")
        message = raw_message(to, text, subject, *headers, **more)
        return self.post(*raw_post(to, message, path))

    def post(self, body: bytes, content_type: str) -> int:
        mail = read_mail(content_type, [body])
        return 0 if mail is None else self.take(mail)

    def take(self, mail: Incoming) -> int:
        letter_ids = take.letters_answered(self.door, mail)
        with self.books.database.write() as connection:
            return take.take(connection, letter_ids, mail, self.books.now)

    def relays(self) -> list[Claim]:
        """Claim what waits, and give what passes an answer on."""
        return [claim for claim in self.books.claim() if claim.answer is not None]
