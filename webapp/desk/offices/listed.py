"""Show a campaign's targets, troubled first, fifty a page."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, TypeAlias

from flask import render_template, request, url_for

from letters.books import ledger
from letters.campaigns import store
from letters.campaigns.stored import StoredTarget
from letters.states import State
from webapp.desk.entry.door import blueprint
from webapp.desk.wording.words import BAD, WAITING, counted, target_row
from webapp.site.services import services

_AT_ONCE: Final = 50
_LONGEST: Final = 254


class Sort(StrEnum):
    """What stands first."""

    TROUBLE = "trouble"
    NAME = "name"
    WAITING = "waiting"
    DELIVERED = "delivered"


# There may be tens of thousands, so they are put in order before any of them is put into words.
_Counted: TypeAlias = tuple[StoredTarget, Counter[State]]
_NONE: Final = Counter[State]()


def with_letters(
    targets: Iterable[StoredTarget], by_target: Mapping[int, Counter[State]]
) -> list[_Counted]:
    """Return targets with what became of their letters."""
    return [(target, by_target.get(target.id, _NONE)) for target in targets]


def troubled_first(of: _Counted) -> tuple[int, int, int]:
    """Return by what targets in trouble come first: nothing goes there, much did not arrive."""
    target, states = of
    return (0 if _is_in_trouble(target) else 1, -counted(states, BAD), -counted(states, WAITING))


def _is_in_trouble(target: StoredTarget) -> bool:
    return target.withdrawn or target.hold is not None


_KEYS: Final[dict[Sort, Callable[[_Counted], Any]]] = {
    Sort.TROUBLE: troubled_first,
    Sort.NAME: lambda of: of[0].target.name.casefold(),
    Sort.WAITING: lambda of: -counted(of[1], WAITING),
    Sort.DELIVERED: lambda of: -of[1][State.DELIVERED],
}


@blueprint.get("/<slug>/targets")
def show_targets(slug: str) -> str:
    """Show the targets that fit what was asked for."""
    now = services().now()
    with services().database.read() as connection:
        stored = store.find(connection, slug)
        by_target = ledger.by_target(connection, stored.id)
    typed = request.args.get("q", "").strip()[:_LONGEST]
    word = request.args.get("sort", "")
    sort = Sort(word) if word in list(Sort) else Sort.TROUBLE
    found = sorted(with_letters(_found(stored.targets, typed), by_target), key=_KEYS[sort])
    last = max(1, -(-len(found) // _AT_ONCE))
    page = request.args.get("page", "")
    at = min(int(page), last) if page.isascii() and page.isdigit() and len(page) < 6 else 1
    at = max(1, at)
    return render_template(
        "desk/all_targets.html",
        campaign=stored.campaign,
        typed=typed,
        sort=str(sort),
        number=len(found),
        in_trouble=sum(_is_in_trouble(target) for target, _ in found),
        rows=[
            target_row(stored, target, states, now)
            for target, states in found[(at - 1) * _AT_ONCE : at * _AT_ONCE]
        ],
        page=at,
        pages=last,
        before=_url(slug, typed, sort, at - 1) if at > 1 else "",
        after=_url(slug, typed, sort, at + 1) if at < last else "",
    )


def _found(targets: Sequence[StoredTarget], typed: str) -> list[StoredTarget]:
    """Return the targets in whose name, role, address or attributes every word stands."""
    words = typed.casefold().split()
    if not words:
        return list(targets)
    return [target for target in targets if all(word in _text_of(target) for word in words)]


def _text_of(stored: StoredTarget) -> str:
    of = stored.target
    parts = [of.name, of.email, of.role, *of.areas, *(value for _, value in of.attributes)]
    return "\n".join(parts).casefold()


def _url(slug: str, typed: str, sort: Sort, page: int) -> str:
    # None is left out of the address.
    return url_for("desk.show_targets", slug=slug, q=typed or None, sort=str(sort), page=page)
