"""Advisories are looked up or it is said that they were not; a release says what it is made of."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from launch.checkout import Checkout
from launch.failure import Failure
from launch.supply.advisories import check_advisories
from launch.supply.pins import read_pins
from launch.supply.sbom import bill_of_materials

ROOT = Path(__file__).resolve().parents[2]
Answer = Callable[[list[str]], bytes]


def known(*bad: str) -> Answer:
    """Answer as OSV does: with the advisories about some packages, by their purls."""

    def answer(purls: list[str]) -> bytes:
        found = [{"vulns": [{"id": "PYSEC-1"}]} if purl in bad else {} for purl in purls]
        return json.dumps({"results": found}).encode()

    return answer


@pytest.fixture
def database() -> Iterator[Callable[[Answer], dict[str, str]]]:
    """Give a function that plays the database and gives the environment that leads to it."""
    servers: list[HTTPServer] = []

    def play(answer: Answer) -> dict[str, str]:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(answer([one["package"]["purl"] for one in body["queries"]]))

            def log_message(self, *_: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever).start()
        servers.append(server)
        return {"ADVISORIES_URL": f"http://127.0.0.1:{server.server_port}"}

    yield play
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    pinned = "flask==3.1.0 \\\n    --hash=sha256:" + "a" * 64 + "\n    # via postbag\n"
    for file in ("requirements.txt", "requirements-dev.txt"):
        (tmp_path / file).write_text(pinned)
    return Checkout(tmp_path)


Play = Callable[[Answer], dict[str, str]]
BAD = "pkg:pypi/jinja2@2.4.1"


def test_pins_without_advisories_pass(
    checkout: Checkout, database: Play, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check_advisories(checkout, database(known(BAD)))
    assert capsys.readouterr().out == "1 pins looked up; 0 advisories.\n"


def test_a_pin_with_an_advisory_is_named(
    checkout: Checkout, database: Play, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not check_advisories(checkout, database(known(BAD, "pkg:pypi/flask@3.1.0")))
    assert "pkg:pypi/flask@3.1.0: PYSEC-1" in capsys.readouterr().out


@pytest.mark.parametrize(
    "answer",
    [
        known(),
        lambda _: b"",
        lambda _: b"{}",
        lambda _: b'{"results": []}',
        lambda _: b'{"results": 1}',
    ],
    ids=["knows nothing", "says nothing", "no results", "too few", "no list"],
)
def test_a_database_that_knows_nothing_is_no_green_light(
    checkout: Checkout, database: Play, answer: Answer
) -> None:
    with pytest.raises(Failure):
        check_advisories(checkout, database(answer))


def test_a_database_that_is_not_there_is_none_either(checkout: Checkout) -> None:
    with pytest.raises(Failure, match="nothing was checked"):
        check_advisories(checkout, {"ADVISORIES_URL": "http://127.0.0.1:9"})


def test_the_bill_of_materials_names_every_pin_with_its_files() -> None:
    bill = json.loads(bill_of_materials(Checkout(ROOT)))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    components = {one["bom-ref"]: one for one in bill["components"]}
    running = {pin.purl for pin in read_pins(ROOT / "requirements.txt")}
    pins = {pin.purl: pin for pin in read_pins(ROOT / "requirements-dev.txt")}
    lines = (ROOT / "requirements-dev.txt").read_text()
    assert len(pins) == len(re.findall(r"^\S+==", lines, re.MULTILINE))
    assert components.keys() == pins.keys()
    for purl, one in components.items():
        assert one["scope"] == ("required" if purl in running else "excluded")
        hashes = {each["content"] for each in one["externalReferences"][0]["hashes"]}
        assert hashes == set(pins[purl].digests) != set()
    (ours,) = bill["dependencies"]
    assert set(ours["dependsOn"]) == running
