"""Describe what a supporter handed in. Values only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Draft:
    """One letter as its writer saw it, for one target."""

    target_id: int
    subject: str
    text: str
    version: str = ""
    """Of the letter, that it is written from; empty: the letter itself."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A supporter's details, and the letters that come with them."""

    token_id: str
    """Of the form: what is posted twice with one token is one submission."""
    name: str
    email: str
    postcode: str
    reason: str
    points: tuple[str, ...]
    personal_share: float
    opt_in: bool
    drafts: tuple[Draft, ...]
    postal_address: str = ""
    """As it stands in the letters; it is kept nowhere else."""
    source: str = ""
    """Where its writer came from: the code of the link that led to the form."""
    must_confirm: bool = False
    """Its writer has to confirm the address, whatever the campaign asks of others."""


def writer_key(target_id: int, address: str) -> str:
    """Return what is unique to one writer's letter to one target; `address` is canonical."""
    return f"{target_id}/{address}"
