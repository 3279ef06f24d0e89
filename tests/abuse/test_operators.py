"""What only operators learn, and who counts as one."""

import json
from collections.abc import Callable

import pytest

from tests.abuse.conftest import Site

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
