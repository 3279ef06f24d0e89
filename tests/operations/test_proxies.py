"""The documented lines for nginx and Caddy, in front of the running web."""

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path

import pytest

from rig import ROOT
from rig.servers import Valkey, free_port, wait_for
from tests.server.test_arrivals import HALF
from tests.support.stack import Stack

DOCUMENT = ROOT / "docs" / "operations" / "proxy.md"


def documented(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert found is not None
    return found[1]


def nginx(folder: Path, port: int, behind: int) -> list[str]:
    lines = documented("nginx").replace("127.0.0.1:8000", f"127.0.0.1:{behind}")
    lines = lines.replace("listen 443 ssl", f"listen 127.0.0.1:{port}")
    lines = lines.replace("listen 80", f"listen 127.0.0.1:{free_port()}")
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    settings = folder / "nginx.conf"
    settings.write_text(
        f"daemon off;\nuser root;\npid {folder}/pid;\nevents {{}}\nhttp {{\n{temporary}{lines}}}\n"
    )
    return ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(settings)]


def caddy(folder: Path, port: int, behind: int) -> list[str]:
    lines = documented("caddy").replace("127.0.0.1:8000", f"127.0.0.1:{behind}")
    lines = lines.replace("act.example.org {", f"http://:{port} {{\n\tbind 127.0.0.1")
    lines = lines.replace("{\n", f"{{\n\tadmin off\n\tstorage file_system {folder}\n", 1)
    settings = folder / "Caddyfile"
    settings.write_text(lines)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(settings)]


PROXIES = {"nginx": nginx, "caddy": caddy}


@pytest.fixture(scope="module")
def web(
    make_database_url: Callable[[], str], valkey: Valkey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    with Stack(
        tmp_path_factory.mktemp("behind"),
        make_database_url(),
        valkey.new_database(),
        worker_count=0,
        TRUSTED_PROXIES="1",
        WEB_CONCURRENCY="2",
    ) as running:
        running.load("slow", "delivered@slow.example")
        yield running


@pytest.fixture(params=PROXIES)
def proxy(request: pytest.FixtureRequest, web: Stack, tmp_path: Path) -> Iterator[int]:
    """Run a proxy in front of the web; give its port."""
    port = free_port()
    command = PROXIES[request.param](tmp_path, port, web.settings.port)
    assert shutil.which(command[0]), "start these tests with ./run test --long, which installs it"
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path)
    try:

        def is_up() -> bool:
            assert process.poll() is None, (tmp_path / "log").read_text()
            try:
                return ask(port, "/healthz")[0] == 200
            except OSError:
                return False

        wait_for(is_up)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def ask(
    port: int, path: str, body: bytes | None = None, host: str = "act.example.org"
) -> tuple[int, float]:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    begun = time.monotonic()
    connection.request("GET" if body is None else "POST", path, body=body, headers={"Host": host})
    answer = connection.getresponse()
    told = answer.read()
    assert path != "/healthz" or answer.status != 200 or told == b"ok\n"
    connection.close()
    return answer.status, time.monotonic() - begun


@pytest.mark.parametrize("kind", HALF)
def test_thirty_half_open_connections_behind_a_proxy_stop_nobody(proxy: int, kind: str) -> None:
    with ExitStack() as held:
        for _ in range(30):
            wire = held.enter_context(socket.create_connection(("127.0.0.1", proxy), 20))
            wire.sendall(HALF[kind])
        time.sleep(0.5)
        took = []
        for _ in range(5):
            status, seconds = ask(proxy, "/healthz")
            assert status == 200
            took.append(seconds)
        assert sorted(took)[2] < 0.1, took


def test_a_proxy_takes_what_the_form_can_hold_and_refuses_more(proxy: int) -> None:
    assert ask(proxy, "/c/slow")[0] == 200
    assert ask(proxy, "/desk/sign-in", b"a=" + b"x" * 200_000)[0] == 400  # it has no token
    assert ask(proxy, "/c/slow", b"x" * 7 * 2**20)[0] == 413
    assert ask(proxy, "/metrics")[0] in {403, 404}
