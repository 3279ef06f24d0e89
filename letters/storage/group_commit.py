"""Let threads that wait to store something share one transaction: a group commit."""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Final, Generic, TypeVar

Item = TypeVar("Item")
_log: Final = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Waiting(Generic[Item]):
    item: Item
    is_over: bool = False
    is_stored: bool = False


class GroupCommit(Generic[Item]):
    """Store the items of several threads together.

    Whoever finds nobody storing opens a transaction, gathers everything that waits by then, and
    stores it. Nobody waits for company: with one thread at a time, each item has a transaction of
    its own. `store_together` is given what gathers the items, to be called once, in an open
    transaction; after the commit it tells of each item whether it is stored.
    """

    def __init__(
        self, store_together: Callable[[Callable[[], Sequence[Item]]], Sequence[bool]]
    ) -> None:
        self._store_together = store_together
        self._changed = threading.Condition()
        self._waiting: list[_Waiting[Item]] = []
        self._group: list[_Waiting[Item]] = []
        self._somebody_stores = False

    def __len__(self) -> int:
        """Return how many are not stored yet."""
        return len(self._waiting) + len(self._group)

    def store(self, item: Item) -> bool:
        """Tell whether `item` was stored, which is then committed.

        If not, its thread has to do it alone, and meets there whatever went wrong here: an item
        that cannot be stored takes its companions nothing but time.
        """
        mine = _Waiting(item)
        with self._changed:
            self._waiting.append(mine)
            while self._somebody_stores and not mine.is_over:
                self._changed.wait()
            if mine.is_over:
                return mine.is_stored
            self._somebody_stores = True
        self._store_what_waits()
        return mine.is_stored

    def _gather(self) -> list[Item]:
        with self._changed:
            self._group, self._waiting = self._waiting, []
        return [each.item for each in self._group]

    def _store_what_waits(self) -> None:
        stored: Iterable[bool] = cycle((False,))
        try:
            stored = self._store_together(self._gather)
        except Exception as error:  # noqa: BLE001 - it comes again to whom it belongs
            if not self._group:
                self._gather()  # no transaction opens: they need not wait for that one by one
            _log.info("%d are stored one by one: %s", len(self._group), type(error).__name__)
        finally:
            with self._changed:
                for each, is_stored in zip(self._group, stored, strict=False):
                    each.is_over, each.is_stored = True, is_stored
                self._group = []
                self._somebody_stores = False
                self._changed.notify_all()
