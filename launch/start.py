"""The main job: everything on one computer, until Ctrl-C."""

import fcntl
import http.client
import os
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from launch.checkout import Checkout
from launch.environment import (
    embedded_redis_socket,
    inbound_key_file,
    read_port,
    settings_environment,
    signing_key_file,
    stand_in_api_key,
    stand_in_url,
)
from launch.failure import Failure
from launch.processes.embedded import valkey_answers, valkey_service
from launch.processes.lifeline import Lifeline
from launch.processes.ports import refuse_taken_ports
from launch.processes.procfile import read_procfile, shell_command
from launch.processes.sessions import look_at
from launch.processes.signals import Signals
from launch.processes.supervisor import Service, Supervisor
from launch.setup import ensure_installed

SAMPLE_CAMPAIGN = "azerbaijan-2018"
SAMPLE_ORGANISATION = "lantern"
ORGANISER = "organiser@postbag.example"

_LOCK = "lock"
_UP_WITHIN_SECONDS = 60.0
_PREVIOUS_ENDS_WITHIN_SECONDS = 90.0
_WEB_PATIENCE_SECONDS = 10.0
_STAND_IN_PATIENCE_SECONDS = 5.0
_DEFAULT_SEND_TIMEOUT_SECONDS = 15.0


def start(checkout: Checkout, outer: Mapping[str, str], signals: Signals) -> None:
    """Start everything, say where it is, and look after it until Stopped is raised."""
    port = read_port(outer)
    with only_one(checkout, port, outer.get("PUBLIC_URL", "")) as lock:
        refuse_taken_ports(port)
        ensure_installed(checkout)
        environment = settings_environment(checkout, outer)
        procfile = read_procfile(checkout.root / "Procfile")
        lifeline = Lifeline(checkout.root, lock)
        supervisor = Supervisor(checkout.root, lifeline, signals)
        try:
            if "REDIS_URL" not in outer:
                _start_redis(checkout, environment, supervisor)
            supervisor.start(_stand_in(checkout, environment, port))
            _fill_database(checkout, environment, supervisor, procfile["release"])
            supervisor.start(_worker(procfile["worker"], environment))
            supervisor.start(_web(procfile["web"], environment))
            _say_where(checkout, environment, supervisor, port)
            supervisor.look_after_forever()
        finally:
            supervisor.stop()
            lifeline.close()


@contextmanager
def only_one(checkout: Checkout, port: int | None = None, public_url: str = "") -> Iterator[int]:
    """Hold the lock of a running ./run; its lifeline holds it until the last child has ended.

    Its file says who holds it, and where the pages are.
    """
    with (checkout.make_var() / _LOCK).open("a+") as file:
        deadline = time.monotonic() + _PREVIOUS_ENDS_WITHIN_SECONDS
        told = False
        while not _locked(file.fileno()):
            file.seek(0)
            holder = file.readline().strip()
            if holder.isdecimal() and look_at(int(holder)) is not None:
                raise Failure(
                    f"Postbag is running already in this checkout, as process {holder}: "
                    f"use that one, or end it with Ctrl-C in its window or with: kill {holder}."
                )
            if time.monotonic() > deadline:
                raise Failure("What an earlier ./run left behind does not end: end it by hand.")
            if not told:
                print("Waiting for what an earlier ./run left behind to end.", file=sys.stderr)
                told = True
            time.sleep(0.1)
        file.truncate(0)
        file.write(f"{os.getpid()}\n{port or ''}\n{public_url}\n")
        file.flush()
        try:
            yield file.fileno()
        finally:
            file.truncate(0)


def where_it_runs(checkout: Checkout) -> dict[str, str]:
    """Return the settings that say where a running ./run has its pages; none if none runs."""
    try:
        holder, port, public_url, *_ = (checkout.var / _LOCK).read_text().split("\n")
    except (OSError, ValueError):
        return {}
    if not holder.isdecimal() or look_at(int(holder)) is None:
        return {}
    found = {"PORT": port, "PUBLIC_URL": public_url}
    return {name: value for name, value in found.items() if value}


def _locked(file_number: int) -> bool:
    try:
        fcntl.flock(file_number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _start_redis(
    checkout: Checkout, environment: Mapping[str, str], supervisor: Supervisor
) -> None:
    supervisor.start(valkey_service(checkout, environment))
    supervisor.wait_for(
        lambda: valkey_answers(embedded_redis_socket(checkout)),
        _UP_WITHIN_SECONDS,
        f"The embedded Redis-compatible server does not answer: {checkout.var / 'valkey'} holds "
        "its log, which says why.",
    )


def _stand_in(checkout: Checkout, environment: Mapping[str, str], port: int) -> Service:
    api_key = environment["SENDGRID_API_KEY"]
    if environment["SENDGRID_API_HOST"] != stand_in_url(port):
        api_key = stand_in_api_key(checkout)  # a real key is none of its business
    command: list[str | Path] = [checkout.python, "-m", "sandbox", "--port", str(port + 1)]
    command += ["--signing-key", signing_key_file(checkout)]
    command += ["--webhook", f"http://127.0.0.1:{port}/webhooks/sendgrid"]
    if environment["REPLY_DOMAIN"]:
        command += ["--inbound", f"http://127.0.0.1:{port}/webhooks/sendgrid/inbound"]
        command += ["--inbound-domain", environment["REPLY_DOMAIN"]]
        command += ["--inbound-key", inbound_key_file(checkout)]
    command += ["--messages", checkout.var / "outbox.jsonl"]
    # By the environment, as everybody on this computer may read a command line.
    environment = {**environment, "SANDBOX_API_KEY": api_key}
    return Service("outbox", command, environment, _STAND_IN_PATIENCE_SECONDS)


def _worker(command: str, environment: Mapping[str, str]) -> Service:
    try:
        send_timeout_seconds = float(environment["SEND_TIMEOUT"])
    except (KeyError, ValueError):  # the worker itself names a value that makes no sense
        send_timeout_seconds = _DEFAULT_SEND_TIMEOUT_SECONDS
    return Service("worker", shell_command(command), environment, send_timeout_seconds + 5)


def _web(command: str, environment: Mapping[str, str]) -> Service:
    return Service("web", shell_command(command), environment, _WEB_PATIENCE_SECONDS)


def _fill_database(
    checkout: Checkout, environment: Mapping[str, str], supervisor: Supervisor, release: str
) -> None:
    """Run the migrations, and load the sample campaign and its organisation if it is not there."""
    status, words = supervisor.step(shell_command(release), environment)
    if status != 0:
        print(words, end="", file=sys.stderr)
        raise Failure("The database could not be brought up to date: what stands above says why.")
    campaign: list[str | Path] = [checkout.python, "-m", "postbag", "campaign"]
    if supervisor.step([*campaign, "dump", SAMPLE_CAMPAIGN], environment, quiet=True)[0] == 0:
        return
    templates = checkout.root / "templates"
    for group, file in (
        ("organisation", templates / "organisations" / f"{SAMPLE_ORGANISATION}.toml"),
        ("campaign", templates / "campaigns" / f"{SAMPLE_CAMPAIGN}.toml"),
    ):
        load: list[str | Path] = [checkout.python, "-m", "postbag", group, "load", file]
        # Quiet: it warns that the sample goes out fast, which a played office does not mind.
        if supervisor.step(load, environment, quiet=True)[0] != 0:
            supervisor.step(load, environment)  # once more, so that it says why
            raise Failure(f"The sample {group} could not be loaded: what stands above says why.")


def _say_where(
    checkout: Checkout, environment: Mapping[str, str], supervisor: Supervisor, port: int
) -> None:
    """Wait until pages and outbox answer, then print the three lines that people wait for."""
    invite: list[str | Path] = [checkout.python, "-m", "postbag", "organiser", "invite", ORGANISER]
    status, words = supervisor.step(invite, environment)
    if status != 0 or not words.strip():
        raise Failure("No organiser could be invited: what stands above says why.")
    for url in (f"http://127.0.0.1:{port}/healthz", f"{stand_in_url(port)}/"):
        supervisor.wait_for(
            partial(_answers, url),
            _UP_WITHIN_SECONDS,
            f"Nothing answers at {url}: what stands above says why.",
        )
    print(f"Action page: {environment['PUBLIC_URL'].rstrip('/')}/c/{SAMPLE_CAMPAIGN}")
    print(f"Outbox: http://localhost:{port + 1}/")
    print(f"Organiser sign-in: {words.strip().splitlines()[-1]}", flush=True)


def _answers(url: str) -> bool:
    # No proxy of the environment may stand between us and our own computer.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as answer:
            return bool(answer.status == http.HTTPStatus.OK)
    except (OSError, http.client.HTTPException):
        return False
