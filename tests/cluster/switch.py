"""Carry packets between hosts, and cut or slow each way by itself. A process of its own.

Each host is a network namespace with one device, whose other end is here. Told as `PID=ADDRESS` for
each host, it says `ready`; then it does an order a line, and answers `done`: `cut A B`,
`slow A B SECONDS` (from A to B, by their addresses), or `mend`.
"""

import fcntl
import heapq
import itertools
import os
import selectors
import struct
import subprocess
import sys
import time
from contextlib import suppress
from ctypes import CDLL, get_errno
from pathlib import Path

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_CLONE_NEWNET = 0x40000000
_CUT = float("inf")


def enter(process_id: int) -> None:
    """Let this thread use another process's network, and none but that."""
    with Path(f"/proc/{process_id}/ns/net").open() as namespace:
        if CDLL(None, use_errno=True).setns(namespace.fileno(), _CLONE_NEWNET):
            raise OSError(get_errno(), "setns")


def _plug_in(process_id: int, address: str) -> int:
    """Give a host its one device; return our end of it."""
    enter(process_id)
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH14x", b"wire", _IFF_TUN | _IFF_NO_PI))
    for words in (
        ("link", "set", "lo", "up"),
        ("addr", "add", f"{address}/24", "dev", "wire"),
        ("link", "set", "wire", "up"),
    ):
        subprocess.run(["ip", *words], check=True)
    return device


def _packed(address: str) -> bytes:
    return bytes(int(part) for part in address.split("."))


class Switch:
    """The wires, and what they do to packets."""

    def __init__(self, devices: dict[bytes, int]) -> None:
        self._devices = devices
        self._delays: dict[tuple[bytes, bytes], float] = {}
        self._late: list[tuple[float, int, int, bytes]] = []
        self._numbers = itertools.count()
        self._ready = selectors.DefaultSelector()
        for device in devices.values():
            self._ready.register(device, selectors.EVENT_READ)
        self._ready.register(sys.stdin.fileno(), selectors.EVENT_READ)
        self._orders = b""

    def run(self) -> None:
        """Carry packets until there is nobody left to give orders."""
        while True:
            wait = max(0.0, self._late[0][0] - time.monotonic()) if self._late else None
            for key, _ in self._ready.select(wait):
                if key.fd == sys.stdin.fileno():
                    if not self._obey(os.read(key.fd, 4096)):
                        return
                else:
                    self._carry_all(key.fd)
            while self._late and self._late[0][0] <= time.monotonic():
                *_, device, packet = heapq.heappop(self._late)
                _put(device, packet)

    def _obey(self, more: bytes) -> bool:
        *lines, self._orders = (self._orders + more).split(b"\n")
        for line in lines:
            match line.decode().split():
                case ["mend"]:
                    self._delays.clear()
                case ["cut", a, b]:
                    self._delays[_packed(a), _packed(b)] = _CUT
                case ["slow", a, b, seconds]:
                    self._delays[_packed(a), _packed(b)] = float(seconds)
            _say("done")
        return bool(more)

    def _carry_all(self, device: int) -> None:
        while True:
            try:
                packet = os.read(device, 65_536)
            except BlockingIOError:
                return
            source, to = packet[12:16], self._devices.get(packet[16:20])
            delay = self._delays.get((source, packet[16:20]), 0.0)
            if to is None or delay == _CUT:
                continue
            if delay:
                due = time.monotonic() + delay
                heapq.heappush(self._late, (due, next(self._numbers), to, packet))
            else:
                _put(to, packet)


def _put(device: int, packet: bytes) -> None:
    with suppress(OSError):  # a full wire loses packets, as wires do
        os.write(device, packet)


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main(hosts: list[str]) -> None:
    devices = {}
    for host in hosts:
        process_id, _, address = host.partition("=")
        devices[_packed(address)] = _plug_in(int(process_id), address)
    enter(os.getppid())
    _say("ready")
    Switch(devices).run()


if __name__ == "__main__":
    main(sys.argv[1:])
