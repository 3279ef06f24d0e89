"""What a check found: all is well, something should be known, or nothing can be sent."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    NOTE = "note"
    """It should be known, and sending goes on."""
    WRONG = "wrong"
    """Nothing is sent, or nothing is heard of what was."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `postbag doctor`."""

    check: str
    level: Level = Level.OK
    sentence: str = ""
    """What is wrong and what to do."""

    def __str__(self) -> str:
        """Return the line."""
        words = f"ok; {self.sentence}" if self.level is Level.NOTE else self.sentence
        return f"{self.check}: {words or 'ok'}"


def wrong(check: str, sentence: str) -> Finding:
    """Return a finding that stops sending."""
    return Finding(check, Level.WRONG, sentence)


def note(check: str, sentence: str) -> Finding:
    """Return a finding that should be known."""
    return Finding(check, Level.NOTE, sentence)
