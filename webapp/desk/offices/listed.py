"""Show a campaign's targets, troubled first, fifty a page."""

from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Final

from flask import render_template, request, url_for

from letters.books import ledger
from letters.campaigns import store
from letters.campaigns.stored import StoredTarget
from letters.states import State
from webapp.desk.entry.door import blueprint
from webapp.desk.wording.words import TargetRow, target_row
from webapp.site.services import services

_AT_ONCE: Final = 50
_LONGEST: Final = 254


class Sort(StrEnum):
    """What stands first."""

    TROUBLE = "trouble"
    NAME = "name"
    WAITING = "waiting"
    DELIVERED = "delivered"


def troubled_first(row: TargetRow) -> tuple[int, int, int]:
    """Return by what targets in trouble come first: nothing goes there, much did not arrive."""
    return (0 if row.hold else 1, -row.bounced, -row.waiting)


_KEYS: Final[dict[Sort, Callable[[TargetRow], Any]]] = {
    Sort.TROUBLE: troubled_first,
    Sort.NAME: lambda row: row.name.casefold(),
    Sort.WAITING: lambda row: -row.waiting,
    Sort.DELIVERED: lambda row: -row.delivered,
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
    rows = sorted(
        (
            target_row(stored, target, by_target.get(target.id, Counter[State]()), now)
            for target in _found(stored.targets, typed)
        ),
        key=_KEYS[sort],
    )
    last = max(1, -(-len(rows) // _AT_ONCE))
    page = request.args.get("page", "")
    at = min(int(page), last) if page.isascii() and page.isdigit() and len(page) < 6 else 1
    at = max(1, at)
    return render_template(
        "desk/all_targets.html",
        campaign=stored.campaign,
        typed=typed,
        sort=str(sort),
        number=len(rows),
        in_trouble=sum(bool(row.hold) for row in rows),
        rows=rows[(at - 1) * _AT_ONCE : at * _AT_ONCE],
        page=at,
        pages=last,
        before=_url(slug, typed, sort, at - 1) if at > 1 else "",
        after=_url(slug, typed, sort, at + 1) if at < last else "",
    )


def _found(targets: Sequence[StoredTarget], typed: str) -> list[StoredTarget]:
    """Return the targets in whose name, role, address or attributes every word stands."""
    words = typed.casefold().split()
    return [target for target in targets if all(word in _text_of(target) for word in words)]


def _text_of(stored: StoredTarget) -> str:
    of = stored.target
    parts = [of.name, of.email, of.role, *of.areas, *(value for _, value in of.attributes)]
    return "\n".join(parts).casefold()


def _url(slug: str, typed: str, sort: Sort, page: int) -> str:
    # None is left out of the address.
    return url_for("desk.show_targets", slug=slug, q=typed or None, sort=str(sort), page=page)
