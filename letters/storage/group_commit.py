"""Let threads that wait to store something share one transaction: a group commit."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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

    Whoever finds nobody storing takes everything that waits and stores it, while others gather.
    Nobody waits for company: with one thread at a time, each item has a transaction of its own.
    `store_together` tells of each item whether it is stored, after the commit.
    """

    def __init__(self, store_together: Callable[[Sequence[Item]], Sequence[bool]]) -> None:
        self._store_together = store_together
        self._changed = threading.Condition()
        self._gathered: list[_Waiting[Item]] = []
        self._somebody_stores = False

    def __len__(self) -> int:
        """Return how many wait for whoever stores now."""
        return len(self._gathered)

    def store(self, item: Item) -> bool:
        """Tell whether `item` was stored, which is then committed.

        If not, its thread has to do it alone, and meets there whatever went wrong here: an item
        that cannot be stored takes its companions nothing but time.
        """
        mine = _Waiting(item)
        with self._changed:
            self._gathered.append(mine)
            while self._somebody_stores and not mine.is_over:
                self._changed.wait()
            if mine.is_over:
                return mine.is_stored
            self._somebody_stores = True
            group, self._gathered = self._gathered, []
        stored: Sequence[bool] = [False] * len(group)
        try:
            stored = self._store_together([each.item for each in group])
        except Exception as error:  # noqa: BLE001 - it comes again to whom it belongs
            _log.info("%d are stored one by one: %s", len(group), type(error).__name__)
        finally:
            with self._changed:
                for each, is_stored in zip(group, stored, strict=True):
                    each.is_over, each.is_stored = True, is_stored
                self._somebody_stores = False
                self._changed.notify_all()
        return mine.is_stored
