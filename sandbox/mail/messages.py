"""Read the messages that were taken, and keep them: in memory, and in a file if there is one.

The file has one JSON object a line: a message as it was taken, or `{"settled": n}` once the
webhook has taken every event of message n, or an address that was put on a suppression list by hand
or taken off. So a stand-in that is started again knows which events are still owed, and to whom.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from sandbox.mail.shapes import Json


class UnreadableMessagesError(Exception):
    """The file of messages holds something that is not ours."""


@dataclass(frozen=True)
class Recipient:
    """One address of a message, with the custom arguments that its events will carry."""

    email: str
    name: str
    custom_args: Mapping[str, str]
    personalization: int


@dataclass(frozen=True)
class Message:
    """A request that was taken. `n` is its number in the ledger, `received_at` in Unix seconds."""

    n: int
    received_at: float
    message_id: str
    body: dict[str, Json]
    suppressed: Mapping[str, str] = field(default_factory=dict)
    """Why SendGrid drops what goes to an address; empty: it drops it no more."""

    def recipients(self) -> Iterator[Recipient]:
        """Yield everyone the message goes to, in the order of the request."""
        everywhere = texts(self.body.get("custom_args"))
        for place, personalization in enumerate(records(self.body.get("personalizations"))):
            custom_args = {**everywhere, **texts(personalization.get("custom_args"))}
            for kind in ("to", "cc", "bcc"):
                for one in records(personalization.get(kind)):
                    email, name = str(one.get("email")), str(one.get("name") or "")
                    yield Recipient(email, name, custom_args, place)

    def categories(self) -> list[str]:
        """Give the categories of the message."""
        listed = self.body.get("categories")
        return [str(one) for one in listed] if isinstance(listed, list) else []


@dataclass(frozen=True)
class Listing:
    """An address put `on` the suppression list called `name`, or taken off, `at` a time."""

    name: str
    email: str
    on: bool
    at: float


def first_recipient(body: Json) -> Recipient:
    """Give the first address in `body`, empty if there is none: `body` need not be sound."""
    if isinstance(body, dict):
        for recipient in Message(0, 0.0, "", body).recipients():
            return recipient
    return Recipient("", "", {}, 0)


class Messages:
    """All messages taken so far, in the order in which they were taken."""

    def __init__(self, path: Path | None = None) -> None:
        """Read what `path` holds, if it exists, and keep on writing there.

        Raises UnreadableMessagesError, or OSError if the file cannot be opened.
        """
        self._by_n: dict[int, Message] = {}
        self._unsettled: dict[int, Message] = {}
        self.listings: list[Listing] = []
        self._file: BinaryIO | None = None
        if path is not None:
            # Read and write: a line torn by a crash is cut off before the next is written.
            self._file = path.open("a+b", buffering=0)
            try:
                self._read(self._file, path)
            except UnreadableMessagesError:
                self._file.close()
                raise

    def __len__(self) -> int:
        return len(self._by_n)

    def __iter__(self) -> Iterator[Message]:
        return iter(self._by_n.values())

    def newest_first(self) -> Iterator[Message]:
        """Yield the messages, the last one taken first."""
        return reversed(self._by_n.values())

    def get(self, n: int) -> Message | None:
        """Find the message with number `n`."""
        return self._by_n.get(n)

    def unsettled(self) -> list[Message]:
        """List the messages of which the webhook has not yet taken every event."""
        return list(self._unsettled.values())

    def is_settled(self, n: int) -> bool:
        """Tell whether the webhook has taken every event of message `n`."""
        return n in self._by_n and n not in self._unsettled

    def take(self, message: Message) -> None:
        """Keep `message`; it is in the file when this returns."""
        self._write(
            {
                "n": message.n,
                "received_at": message.received_at,
                "message_id": message.message_id,
                "body": message.body,
                **({"suppressed": {**message.suppressed}} if message.suppressed else {}),
            }
        )
        self._add(message)

    def settle(self, n: int) -> None:
        """Note that the webhook has taken every event of message `n`."""
        self._write({"settled": n})
        self._unsettled.pop(n, None)

    def enlist(self, listing: Listing) -> None:
        """Note a change of a suppression list."""
        self._write({"list": listing.name, "email": listing.email, "on": listing.on,
                     "at": listing.at})  # fmt: skip
        self.listings.append(listing)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _add(self, message: Message) -> None:
        self._by_n[message.n] = self._unsettled[message.n] = message

    def _write(self, line: dict[str, Json]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")

    def _read(self, file: BinaryIO, path: Path) -> None:
        file.seek(0)
        content = file.read()
        whole = content.rfind(b"\n") + 1
        file.truncate(whole)
        for number, text in enumerate(content[:whole].splitlines(), start=1):
            try:
                self._replay(json.loads(text))
            except (ValueError, KeyError, TypeError) as error:
                raise UnreadableMessagesError(f"{path}, line {number}: no message.") from error

    def _replay(self, line: dict[str, Json]) -> None:
        match line:
            case {"settled": int(n)}:
                self._unsettled.pop(n, None)
            case {"list": str(name), "email": str(email), "on": bool(on), "at": float(at)}:
                self.listings.append(Listing(name, email, on, at))
            case {
                "n": int(n),
                "received_at": float() | int() as received_at,
                "message_id": str(message_id),
                "body": dict(body),
            }:
                suppressed = texts(line.get("suppressed"))
                self._add(Message(n, received_at, message_id, body, suppressed))
            case _:
                raise ValueError(line)


def records(value: Json) -> list[dict[str, Json]]:
    """Give the objects in `value`, if it is a list of such."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def texts(value: Json) -> dict[str, str]:
    """Give the fields of `value` that are strings, if it is an object."""
    items = value.items() if isinstance(value, dict) else ()
    return {name: one for name, one in items if isinstance(one, str)}
