"""The port that is asked for, and the one after it."""

import socket
from collections.abc import Iterator

import pytest

from launch.environment import read_port
from launch.failure import Failure
from launch.processes.ports import refuse_taken_ports


@pytest.fixture
def taken() -> Iterator[int]:
    """Take a port after a free one, below those that the system gives to other tests."""
    for port in range(20_001, 30_000, 2):
        try:
            with socket.create_server(("127.0.0.1", port - 1)):
                server = socket.create_server(("127.0.0.1", port))
        except OSError:
            continue
        with server:
            yield port
        return
    raise AssertionError("no two ports are free")


def test_a_taken_port_is_one_sentence(taken: int) -> None:
    with pytest.raises(Failure) as caught:
        refuse_taken_ports(taken)
    assert str(caught.value) == (
        f"Port {taken}, which the pages would have, is taken by another program: end that, or "
        "choose another pair of ports with PORT (PORT=8100 ./run)."
    )


def test_the_port_after_it_must_be_free_too(taken: int) -> None:
    with pytest.raises(Failure, match=f"Port {taken}, which the outbox would have"):
        refuse_taken_ports(taken - 1)


def test_the_port_is_8000_unless_told() -> None:
    assert read_port({}) == 8000
    assert read_port({"PORT": "9000"}) == 9000


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "65535", "80 00", "http", "\uff18\uff10\uff10\uff10"]
)
def test_a_port_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Failure, match="set it to a number from 1 to 65534"):
        read_port({"PORT": text})
