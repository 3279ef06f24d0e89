"""What can go wrong between machines: how it begins, and how it is mended."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Final

from rig.servers import wait_for
from tests.cluster.cluster import (
    ADDRESSES,
    DATABASES,
    PEOPLE,
    REDIS,
    SENDGRID,
    WEB,
    WORKERS,
    Cluster,
)

_SLOW_SECONDS: Final = 0.3


@dataclass(frozen=True)
class Fault:
    """One fault. Both of its ends are called on no host."""

    begin: Callable[[Cluster], None]
    mend: Callable[[Cluster], None] = lambda cluster: cluster.network.mend()
    tidy_up: Callable[[Cluster], None] = lambda _cluster: None
    """What a person does at leisure, once all goes on."""


def _cut(from_: Iterable[str], to: Iterable[str], *, both: bool) -> Fault:
    pairs = list(product(from_, to))

    def begin(cluster: Cluster) -> None:
        for a, b in pairs:
            cluster.network.cut(a, b)
            if both:
                cluster.network.cut(b, a)

    return Fault(begin)


def _slow(from_: Iterable[str], to: Iterable[str], *, both: bool) -> Fault:
    pairs = list(product(from_, to))

    def begin(cluster: Cluster) -> None:
        for a, b in pairs:
            cluster.network.slow(a, b, _SLOW_SECONDS)
            if both:
                cluster.network.slow(b, a, _SLOW_SECONDS)

    return Fault(begin)


def _lose_power(cluster: Cluster) -> None:
    """Let the machine of the database that writes be gone: it says goodbye to nobody."""
    gone = cluster.databases.writes
    for other in ADDRESSES:
        cluster.network.cut(gone.host.address, other)
        cluster.network.cut(other, gone.host.address)
    gone.crash()


def _lose_it_with_nothing_behind(cluster: Cluster) -> None:
    """Lose it once the other has all that anybody was told is stored."""
    cluster.databases.confirm_commits(is_so=True)
    wait_for(cluster.databases.has_caught_up)
    _lose_power(cluster)


def _take_over(cluster: Cluster) -> None:
    cluster.databases.take_over()
    cluster.databases.confirm_commits(is_so=False)


def _rebuild(cluster: Cluster) -> None:
    cluster.network.mend()
    cluster.databases.rebuild()


class _FailOverWithLag:
    """Lose the database that writes, with what the other lacked of its last seconds."""

    since: datetime

    def begin(self, cluster: Cluster) -> None:
        # News of what leaves now would be recorded in the books that are lost, and come no more.
        for web in WEB:
            cluster.network.cut(SENDGRID, web)
        wait_for(cluster.databases.has_caught_up)
        self.since = datetime.now(UTC) - timedelta(seconds=1)
        first, second = cluster.databases.writes, cluster.databases.follows
        cluster.network.cut(first.host.address, second.host.address)
        # What leaves from now on stands in books that are about to be gone.
        people, sent = cluster.host(PEOPLE), self._sent(cluster)
        people.do(lambda: wait_for(lambda: len(_requests(cluster)) > sent + 10))
        _lose_power(cluster)

    def _sent(self, cluster: Cluster) -> int:
        return cluster.host(PEOPLE).do(lambda: len(_requests(cluster)))

    def mend(self, cluster: Cluster) -> None:
        _take_over(cluster)
        cluster.network.mend()

        def say_so() -> bool:
            return cluster.postbag("restored", "--since", self.since.isoformat()).returncode == 0

        cluster.host(PEOPLE).do(lambda: wait_for(say_so))


def _requests(cluster: Cluster) -> list[object]:
    entries: list[object] = cluster.stand_in.request("GET", "/ledger.json").json()
    return entries


FAIL_OVER: Final = Fault(_lose_it_with_nothing_behind, _take_over, _rebuild)
_lagged: Final = _FailOverWithLag()
WITH_LAG: Final = Fault(_lagged.begin, _lagged.mend, _rebuild)
FAULTS: Final[dict[str, Fault]] = {
    "one worker and the database": _cut(WORKERS[:1], DATABASES, both=True),
    "workers do not hear the database": _cut(DATABASES, WORKERS, both=False),
    "the database does not hear the workers": _cut(WORKERS, DATABASES, both=False),
    "workers and Redis": _cut(WORKERS, (REDIS,), both=True),
    "workers do not hear Redis": _cut((REDIS,), WORKERS, both=False),
    "workers do not hear SendGrid": _cut((SENDGRID,), WORKERS, both=False),
    "SendGrid hears nobody": _cut(WORKERS, (SENDGRID,), both=False),
    "the webhook is away": _cut((SENDGRID,), WEB, both=True),
    "web has no database": _cut(WEB, DATABASES, both=True),
    "all is slow": _slow((*WEB, *WORKERS), (*DATABASES, REDIS, SENDGRID), both=True),
    "SendGrid answers late": _slow((SENDGRID,), WORKERS, both=False),
    "a standby takes over": FAIL_OVER,
    "a standby that lagged takes over": WITH_LAG,
}
