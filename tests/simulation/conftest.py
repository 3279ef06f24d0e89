"""The ground that runs are made on."""

from collections.abc import Iterator

import pytest

from rig.servers import Valkey
from tests.simulation.ground import Ground


@pytest.fixture(scope="module")
def ground(valkey: Valkey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    made = Ground(tmp_path_factory.mktemp("ground"), valkey.new_database())
    yield made
    made.close()
