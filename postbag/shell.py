"""Hold what every command needs, and print what it has to say."""

import json
import sys
from argparse import ArgumentParser as Parser
from argparse import _SubParsersAction
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from letters.settings import Settings
from letters.storage.database import Database

Commands: TypeAlias = "_SubParsersAction[Parser]"


class Refused(Exception):
    """The command cannot be done; str() says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Shell:
    """One run of the command line."""

    settings: Settings
    database: Database

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC)

    def document(self, document: object) -> None:
        """Print one JSON document on standard output."""
        print(json.dumps(document, indent=2))

    def say(self, sentence: str) -> None:
        """Say something to a person, on standard error."""
        print(sentence, file=sys.stderr)
