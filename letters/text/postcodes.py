"""Find whom a postcode belongs to. Pure."""

from collections.abc import Sequence
from typing import Protocol, TypeVar


class _HasAreas(Protocol):
    @property
    def areas(self) -> tuple[str, ...]: ...


_T = TypeVar("_T", bound=_HasAreas)


def normalise_postcode(text: str) -> str:
    """Return a postcode in upper case, without spaces and hyphens."""
    return "".join(text.split()).replace("-", "").upper()


def matching(targets: Sequence[_T], postcode: str) -> tuple[_T, ...]:
    """Return the targets with an area that matches, exactly or as a prefix that ends in `*`.

    They come in their order. Where none matches, those that have no areas are the fallback. An
    empty postcode belongs to nobody.
    """
    code = normalise_postcode(postcode)
    if not code:
        return ()
    found = tuple(t for t in targets if any(_matches(area, code) for area in t.areas))
    return found or tuple(t for t in targets if not t.areas)


def _matches(area: str, code: str) -> bool:
    wanted = normalise_postcode(area)
    return code.startswith(wanted[:-1]) if wanted.endswith("*") else code == wanted
