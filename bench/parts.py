"""What the benchmarks share: a stand-in with TLS, processes, and how they are weighed."""

import json
import os
import secrets
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import certifi
import psutil

from rig import ROOT
from rig.servers import postgres_server
from sandbox.keys import new_key, public_key

KEY = "SG.a-key-for-benchmarks"
PATIENCE_SECONDS = 150.0


class StandIn:
    """SendGrid's stand-in, as cheap as Python can answer; its books say what arrived when."""

    def __init__(self, folder: Path, answer_ms: str) -> None:
        self.ca = folder / f"ca-{secrets.token_hex(4)}.pem"
        arguments = ["--port", "0", "--bare", "--tls", "--tls-ca", str(self.ca), "--no-events"]
        if answer_ms:
            arguments += ["--answer-ms", answer_ms]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", *arguments],
            cwd=ROOT, env={**os.environ, "SANDBOX_API_KEY": KEY}, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().removeprefix("Listening on ").strip()

    def arrivals(self) -> list[float]:
        """Give the times at which requests arrived, in seconds since 1970."""
        context = ssl.create_default_context(cafile=str(self.ca))
        with urllib.request.urlopen(f"{self.url}/ledger.json", context=context) as answer:
            entries: list[dict[str, Any]] = json.load(answer)
        return [float(entry["received_at"]) for entry in entries]

    def environment(self) -> dict[str, str]:
        # As many certificates as a real machine trusts: who loads them for each letter pays for it.
        trusted = self.ca.with_suffix(".all")
        trusted.write_bytes(Path(certifi.where()).read_bytes() + self.ca.read_bytes())
        return {
            **os.environ,
            "SSL_CERT_FILE": str(trusted),
            "SENDGRID_API_KEY": KEY,
            "SENDGRID_API_HOST": self.url,
        }


@contextmanager
def stand_in(folder: Path, answer_ms: str) -> Iterator[StandIn]:
    running = StandIn(folder, answer_ms)
    try:
        yield running
    finally:
        running.process.terminate()
        running.process.wait()


@contextmanager
def postgres_and_sqlite(folder: Path) -> Iterator[dict[str, str]]:
    """Give the URL of an empty database of each kind."""
    with postgres_server() as url:
        yield {"PostgreSQL": url, "SQLite": f"sqlite:///{folder / 'bench.db'}"}


def settings(database_url: str, redis_url: str) -> dict[str, str]:
    """Give the product's settings, but for the stand-in's."""
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": secrets.token_hex(16),
        "PUBLIC_URL": "http://localhost",
        "SENDGRID_EVENT_PUBLIC_KEY": public_key(new_key()),
        "MAIL_FROM": "letters@postbag.example",
        "SEND_RATE": "100000",
        "LOG_FORMAT": "text",
    }


@contextmanager
def running(
    command: Sequence[str | Path], environment: Mapping[str, str], log: Path, folder: Path = ROOT
) -> Iterator[psutil.Process]:
    """Run a program while the context lasts, with whatever it starts."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=file, stderr=file, start_new_session=True
        )
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def cpu_seconds(processes: Sequence[psutil.Process]) -> float:
    """Give the processor time of programs, with all that they started."""
    total = 0.0
    for process in processes:
        for each in [process, *process.children(recursive=True)]:
            try:
                total += sum(each.cpu_times()[:4])  # children's too, once they have ended
            except psutil.NoSuchProcess:
                continue
    return total


@dataclass(frozen=True)
class Weighed:
    """How fast requests arrived, and the processor time of one."""

    per_second: float
    cpu_ms: float

    def row(self, name: str) -> str:
        return f"  {name:48}{self.per_second:10.1f}{self.cpu_ms:10.2f}"


def weigh(processes: Sequence[psutil.Process], to: StandIn, requests: int) -> Weighed:
    """Weigh programs that send to a stand-in, from the first request on."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (begun := len(to.arrivals())):
        assert time.monotonic() < deadline, "nothing arrived"
        time.sleep(0.05)
    before = cpu_seconds(processes)
    while len(arrivals := to.arrivals()) < requests:
        assert time.monotonic() < deadline, f"{len(arrivals)} of {requests} arrived"
        time.sleep(1)
    time.sleep(0.2)
    spent = cpu_seconds(processes) - before
    return Weighed(
        (requests - 1) / (arrivals[requests - 1] - arrivals[0]),
        spent * 1_000 / max(1, requests - begun),
    )
