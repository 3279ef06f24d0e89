"""Read the pinned packages, with the digests of their files."""

import re
from dataclasses import dataclass
from pathlib import Path

_ENTRY = re.compile(
    r"^([A-Za-z0-9._-]+)==(\S+)(?: ; [^\n#]+?)?((?:\s+--hash=sha256:[0-9a-f]{64})*) *$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Pin:
    """One package at one version."""

    name: str
    version: str
    digests: tuple[str, ...]
    """SHA-256 of each file that may be installed."""

    @property
    def purl(self) -> str:
        """The package as other tools name it (package-url)."""
        return f"pkg:pypi/{re.sub(r'[-_.]+', '-', self.name).lower()}@{self.version}"


def read_pins(path: Path) -> list[Pin]:
    """Give every pin of a requirements file."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    return [
        Pin(name, version, tuple(re.findall(r"sha256:([0-9a-f]{64})", digests)))
        for name, version, digests in _ENTRY.findall(text)
    ]
