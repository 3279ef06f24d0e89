"""What only operators learn, and who counts as one."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.abuse.conftest import Site
from tests.support.command import Terminal

MakeSite = Callable[..., Site]
TOKEN = "k3Q-9vZ_w7Lm2Xp4"
FAR = {"REMOTE_ADDR": "203.0.113.9"}


def ask(site: Site, path: str, far: bool = False, **headers: str) -> tuple[int, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = site.client.get(path, headers=named, environ_base=FAR if far else {})
    return answer.status_code, answer.text


def test_without_a_token_this_machine_alone_is_answered(make_site: MakeSite) -> None:
    site = make_site()
    assert ask(site, "/metrics")[0] == 200
    assert "database" in json.loads(ask(site, "/readyz")[1])
    assert ask(site, "/metrics", far=True)[0] == 403
    assert json.loads(ask(site, "/readyz", far=True)[1]) == {"ready": True}
    # A proxy of which nobody told us is on this machine, and who asks through it is not.
    for header in ("X_Forwarded_For", "Forwarded", "Via"):
        assert ask(site, "/metrics", False, **{header: "127.0.0.1"})[0] == 403


def test_with_a_token_only_the_token_counts(make_site: MakeSite) -> None:
    site = make_site(OPERATOR_TOKEN=TOKEN)
    for far in (False, True):
        assert ask(site, "/metrics", far=far)[0] == 403
        assert ask(site, "/metrics", far=far, Authorization=f"Bearer {TOKEN[:-1]}")[0] == 403
        assert ask(site, "/metrics", far=far, Authorization=f"Basic {TOKEN}")[0] == 403
        assert ask(site, "/metrics", far=far, Authorization="Bearer \u00e9")[0] == 403
        assert ask(site, "/metrics", far=far, Authorization=f"Bearer {TOKEN}")[0] == 200
        assert "redis" in ask(site, "/readyz", far=far, Authorization=f"bearer {TOKEN}")[1]


@pytest.mark.parametrize(
    ("url", "told"), [("https://a.example", True), ("http://a.example", False)]
)
def test_https_is_asked_for_where_there_is_https(
    make_site: MakeSite,
    url: str,
    told: bool,
) -> None:
    site = make_site(PUBLIC_URL=url)
    for path in ("/", "/c/trees", "/nowhere", "/static/style.css", "/healthz"):
        answer = site.client.get(path)
        answer.close()
        assert ("Strict-Transport-Security" in answer.headers) == told
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    for path in ("/c/trees/count.json", "/static/embed.js", "/c/trees/preview.png"):
        answer = site.client.get(path)
        answer.close()
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_many_refusals_at_one_door_are_one_line_that_names_nobody(
    make_site: MakeSite, capsys: pytest.CaptureFixture[str]
) -> None:
    site = make_site()
    for n in range(130):
        assert site.client.get(f"/l/forged-{n}").status_code == 404
        assert site.client.post("/desk/sign-in", data={"email": "a@b.example"}).status_code == 400
    receipt, _desk = sorted(capsys.readouterr().err.splitlines(), reverse=True)
    assert receipt.endswith(" 100 requests were refused in a minute at the door: receipt")


def test_a_database_that_we_make_is_for_its_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "books.db"
    before = os.umask(0o022)
    try:
        terminal = Terminal(monkeypatch, capsys, f"sqlite:///{file}", "redis://127.0.0.1:1")
        assert terminal.run("migrate").status == 0
    finally:
        os.umask(before)
    assert {stat.S_IMODE(made.stat().st_mode) for made in tmp_path.iterdir()} == {0o600}
