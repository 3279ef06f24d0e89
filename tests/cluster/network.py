"""Hosts as network namespaces, and the wires between them."""

import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self, TypeVar

from rig.servers import wait_for
from tests.cluster import switch

_Result = TypeVar("_Result")


class Host:
    """A network of its own, with one wire to the others."""

    def __init__(self, address: str) -> None:
        self.address = address
        # It holds the namespace: what is done here is done in a thread that has entered it.
        self._holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        ours, its = (Path(f"/proc/{who}/ns/net") for who in ("self", self.process_id))
        wait_for(lambda: its.readlink() != ours.readlink())
        self._thread = ThreadPoolExecutor(1, initializer=switch.enter, initargs=(self.process_id,))

    @property
    def process_id(self) -> int:
        return self._holder.pid

    def do(self, work: Callable[[], _Result]) -> _Result:
        """Do something on this host, as a process that is started or a connection that is made."""
        return self._thread.submit(work).result()

    def close(self) -> None:
        self._thread.shutdown()
        self._holder.kill()
        self._holder.wait()


class Network:
    """Some hosts, each of which reaches each other, until a wire is cut."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self.hosts = {address: Host(address) for address in addresses}
        self._switch = subprocess.Popen(
            [
                *(sys.executable, str(Path(switch.__file__))),
                *(f"{host.process_id}={address}" for address, host in self.hosts.items()),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._answer() == "ready"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._switch.stdin is not None
        self._switch.stdin.close()
        self._switch.wait(20)
        if self._switch.stdout is not None:
            self._switch.stdout.close()
        for host in self.hosts.values():
            host.close()

    def cut(self, a: str, b: str) -> None:
        """Let nothing come from one host to another. What comes the other way still does."""
        self._order(f"cut {a} {b}")

    def slow(self, a: str, b: str, seconds: float) -> None:
        self._order(f"slow {a} {b} {seconds}")

    def mend(self) -> None:
        """Let everything come through again, at once."""
        self._order("mend")

    def _order(self, words: str) -> None:
        assert self._switch.stdin is not None
        self._switch.stdin.write(f"{words}\n")
        self._switch.stdin.flush()
        assert self._answer() == "done"

    def _answer(self) -> str:
        assert self._switch.stdout is not None
        return self._switch.stdout.readline().strip()
