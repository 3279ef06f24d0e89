"""The embedded server: on a socket of its own, for its owner alone."""

import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from launch.checkout import Checkout
from launch.environment import embedded_redis_socket
from launch.processes.embedded import valkey_answers, valkey_service
from launch.processes.lifeline import Lifeline
from launch.processes.signals import Signals
from launch.processes.supervisor import Supervisor
from launch.start import only_one

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return Checkout(tmp_path)


@pytest.fixture
def supervisor(checkout: Checkout) -> Iterator[Supervisor]:
    with only_one(checkout) as lock:
        lifeline = Lifeline(ROOT, lock)
        supervisor = Supervisor(checkout.root, lifeline, Signals())
        yield supervisor
        supervisor.stop()
        lifeline.close()


def test_the_embedded_server_answers_on_a_socket_of_our_own(
    checkout: Checkout, supervisor: Supervisor
) -> None:
    socket = embedded_redis_socket(checkout)
    assert not valkey_answers(socket)
    supervisor.start(valkey_service(checkout, {"LANG": "xx_XX"}))
    supervisor.wait_for(lambda: valkey_answers(socket), 20, "It does not answer.")
    assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    supervisor.stop()
    assert not valkey_answers(socket)
