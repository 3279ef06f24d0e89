"""A web server changes to new code while people write: nobody is turned away."""

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from rig.servers import PATIENCE_SECONDS, Valkey, wait_for
from tests.conftest import AtMost
from tests.support.stack import Stack


class Visitor(threading.Thread):
    """Asks for a page again and again, and keeps how it went."""

    def __init__(self, stack: Stack, path: str) -> None:
        super().__init__()
        self.statuses: list[int] = []
        self._stack, self._path = stack, path
        self._has_enough = threading.Event()

    def run(self) -> None:
        while not self._has_enough.wait(0.05):
            self.statuses.append(self._stack.get(self._path).status)

    def stop(self) -> None:
        self._has_enough.set()
        self.join()


@pytest.fixture
def own_stack(
    make_database_url: Callable[[], str], valkey: Valkey, tmp_path: Path
) -> Iterator[Stack]:
    """Give a web server of our own, which tells systemd how it is."""
    url, redis_url = make_database_url(), valkey.new_database()
    told = str(tmp_path / "notify.sock")
    with Stack(tmp_path, url, redis_url, worker_count=0, NOTIFY_SOCKET=told) as running:
        yield running


def test_a_new_server_takes_over_without_turning_anybody_away(
    own_stack: Stack, at_most: AtMost
) -> None:
    stack = own_stack
    systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    systemd.bind(stack.environment["NOTIFY_SOCKET"])
    systemd.settimeout(60)
    stack.load("restart")
    old = stack.web
    assert old is not None
    visitor = Visitor(stack, "/c/restart")
    visitor.start()
    found: list[psutil.Process] = []

    def started() -> list[psutil.Process]:
        found.extend(masters(old.pid))  # kept: asked again at once, it may just be on its way
        return found

    try:
        old.send_signal(signal.SIGUSR2)  # start another beside this one, on the same socket
        wait_for(started)
        (new,) = found
        while systemd.recv(100).decode() != f"MAINPID={new.pid}":
            pass  # it tells more than that
        old.send_signal(signal.SIGTERM)
        assert old.wait(PATIENCE_SECONDS) == 0
        served = len(visitor.statuses)
        wait_for(lambda: len(visitor.statuses) > served + 3)
    finally:
        visitor.stop()
        for left in masters(old.pid) or found:
            left.send_signal(signal.SIGTERM)
        systemd.close()
    assert set(visitor.statuses) == {200}
    began = time.monotonic()
    new.wait(PATIENCE_SECONDS)
    at_most(time.monotonic() - began, 10)


def masters(pid: int) -> list[psutil.Process]:
    """Give the masters that a master has started: those that were told which sockets to take."""
    try:
        children = psutil.Process(pid).children()
    except psutil.NoSuchProcess:
        return []
    return [child for child in children if "GUNICORN_FD" in child.environ()]
