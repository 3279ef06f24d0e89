"""The outbox as a person sees it."""

import re

import pytest

from tests.support.stand_in import StandInProcess, letter


def page(stand_in: StandInProcess, path: str) -> str:
    answer = stand_in.request("GET", path)
    assert answer.status == 200
    return answer.body.decode()


def envelopes(html: str) -> list[int]:
    return [int(n) for n in re.findall(r'<details class="envelope" id="m(\d+)"', html)]


def test_it_says_what_it_is(stand_in: StandInProcess) -> None:
    assert "nothing here has left this computer" in page(stand_in, "/")


def test_a_message_is_shown_as_its_receiver_would_see_it(stand_in: StandInProcess) -> None:
    text = "Hello,\n\n  your link:\nhttp://localhost:8000/l/token/confirm\n"
    body = letter(
        "bounced@harbours.example",
        categories=["harbour-trees", "notice"],
        content=[{"type": "text/plain", "value": text}],
    )
    stand_in.send(body)
    n = stand_in.entry(body)["n"]
    for html in (page(stand_in, "/"), page(stand_in, f"/messages/{n}")):
        assert "Keep the harbour&#39;s trees" in html
        assert "Maren Ó Súilleabháin" in html
        assert "&lt;letters@postbag.example&gt;" in html
        assert "&lt;maren@home.example&gt;" in html
        assert "&lt;bounced@harbours.example&gt;" in html
        assert "Notice</span>" in html
        link = "http://localhost:8000/l/token/confirm"
        assert f'Hello,\n\n  your link:\n<a href="{link}">{link}</a>\n</div>' in html


def test_what_the_receiving_server_said_is_shown(
    stand_in: StandInProcess,
) -> None:
    body = letter("dropped@harbours.example")
    stand_in.send(body)
    assert "said: <q>Bounced Address</q>" in page(stand_in, "/?to=dropped@")
    assert "<q>Bounced Address</q>" in page(stand_in, f"/messages/{stand_in.entry(body)['n']}")


def test_nothing_in_a_message_is_taken_for_html(stand_in: StandInProcess) -> None:
    nasty = "<script>alert(1)</script>\"'&"
    body = letter(
        subject=nasty,
        content=[{"type": "text/plain", "value": nasty}],
        **{"from": {"email": "a@b.example", "name": nasty}},
    )
    stand_in.send(body)
    for path in ("/", f"/messages/{stand_in.entry(body)['n']}", f"/?to={nasty}"):
        assert "<script" not in page(stand_in, path)


def test_the_newest_comes_first_and_older_ones_are_a_page_away(stand_in: StandInProcess) -> None:
    for n in range(28):
        stand_in.send(letter(f"many{n}@crowd.example"))
    stand_in.send(letter("other@harbours.example"))
    html = page(stand_in, "/?to=@CROWD.example")
    older = re.search(r'<a href="(/\?[^"]+)" rel="next">', html)
    assert older is not None
    first, second = envelopes(html), envelopes(page(stand_in, older[1].replace("&amp;", "&")))
    assert (len(first), len(second)) == (25, 3)
    assert first + second == sorted(first + second, reverse=True)


def test_an_address_without_messages_has_an_empty_page(stand_in: StandInProcess) -> None:
    html = page(stand_in, "/?to=nobody@nowhere.example")
    assert envelopes(html) == []
    assert "Nothing has been sent to such an address" in html


@pytest.mark.parametrize("path", ["/messages/999999", "/messages/999999999999999999"])
def test_a_message_that_is_not_there_is_404(stand_in: StandInProcess, path: str) -> None:
    answer = stand_in.request("GET", path)
    assert answer.status == 404
    assert b"There is no message 9999" in answer.body


@pytest.mark.parametrize("path", ["/", "/messages/999999"])
def test_pages_allow_nothing_but_their_own_style(stand_in: StandInProcess, path: str) -> None:
    answer = stand_in.request("GET", path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'; style-src 'self'" in policy
    assert b"style=" not in answer.body
    assert stand_in.request("GET", "/outbox.css").headers["Content-Type"] == "text/css"
