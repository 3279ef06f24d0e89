"""Whatever happens between machines, no letter is lost or sent twice, and all goes on by itself.

The short run has one fault once; the long one has each of them ten times.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import pytest

from rig.servers import wait_for
from tests.cluster.cluster import ADDRESSES, PEOPLE, Cluster
from tests.cluster.faults import FAIL_OVER, FAULTS, Fault
from tests.faults.at_stake import load, write
from tests.faults.judge import GOES_ON_WITHIN_SECONDS, goes_on, judge, settle

pytestmark = pytest.mark.allow_hosts(["127.0.0.1", *ADDRESSES])
TARGETS = 10
SETTLED_WITHIN_SECONDS = 150.0
_numbers = count()


@dataclass(frozen=True)
class Length:
    """How often a fault comes, how long it lasts, and how many write before and after it."""

    times: int
    seconds: float
    before: int
    after: int = 1


SHORT, LONG = Length(1, 1, 6), Length(10, 6, 12)


def drill(cluster: Cluster, fault: Fault, its: Length) -> str:
    """Let a fault come so often while letters leave; judge by SendGrid's own ledger."""
    people, slug = cluster.host(PEOPLE), f"cluster-{next(_numbers)}"
    people.do(lambda: load(cluster, slug, TARGETS))
    submitted, waits = 0, list[float]()
    for _ in range(its.times):
        begun_at = time.time()
        submitted += people.do(lambda: write(cluster, slug, its.before))
        is_under_way = goes_on(cluster, begun_at)
        people.do(lambda: wait_for(is_under_way))  # noqa: B023 - called at once
        fault.begin(cluster)
        time.sleep(its.seconds)  # the fault lasts
        fault.mend(cluster)
        mended_at = time.time()
        submitted += people.do(lambda: write(cluster, slug, its.after))
        goes = goes_on(cluster, mended_at)
        people.do(lambda: wait_for(goes, GOES_ON_WITHIN_SECONDS))  # noqa: B023 - called at once
        waits.append(time.time() - mended_at)
        fault.tidy_up(cluster)
    people.do(lambda: settle(cluster, slug, SETTLED_WITHIN_SECONDS))
    verdict = people.do(lambda: judge(cluster, slug, submitted))
    return (
        f"{its.times} times: {verdict.submitted} letters, {verdict.taken} taken once, "
        f"{verdict.unknown} unknown and never taken; on after {max(waits):.1f} s"
    )


@pytest.mark.long
def test_a_standby_takes_over_and_nothing_is_lost_or_sent_twice(
    cluster: Cluster, say: Callable[[str], None]
) -> None:
    say(drill(cluster, FAIL_OVER, SHORT))


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_ten_times(cluster: Cluster, name: str, say: Callable[[str], None]) -> None:
    say(drill(cluster, FAULTS[name], LONG))
