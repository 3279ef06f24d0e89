"""One cluster for all that is tried on it: its faults come one after the other, as in life."""

from collections.abc import Iterator

import pytest

from rig.servers import wait_for
from tests.cluster.cluster import ADDRESSES, PEOPLE, Cluster
from tests.cluster.network import Network
from tests.faults.at_stake import load, write
from tests.faults.judge import goes_on
from tests.support.programs import FROM_NOTHING

_WORKERS_ARE_THERE_SECONDS = 300.0  # where much else goes on


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with pytest.MonkeyPatch.context() as patch:
        # Each program has to begin on its own host: a copy of another would be where that one is.
        patch.setenv(FROM_NOTHING, "1")
        with Network(ADDRESSES) as network, Cluster(folder, network) as running:
            people = running.host(PEOPLE)
            people.do(lambda: load(running, "first", 1))
            people.do(lambda: write(running, "first", 1))
            people.do(lambda: wait_for(goes_on(running, 0.0), _WORKERS_ARE_THERE_SECONDS))
            yield running
