"""How a message is laid out for the eye."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.mail.messages import Message
from sandbox.outbox.sheets import ago, linked, sheet_of
from tests.support.stand_in import letter

NOON = 1_800_000_000.0


@given(st.text())
def test_nothing_but_links_is_added_to_a_text(text: str) -> None:
    shown = linked(text)
    assert html.unescape(re.sub(r"</?a\b[^>]*>", "", shown)) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "See (https://a.example/b?c=1&d=2).",
            'See (<a href="https://a.example/b?c=1&amp;d=2">https://a.example/b?c=1&amp;d=2</a>).',
        ),
        (
            "http://localhost:8000/l/a.b-c_d\nBye",
            '<a href="http://localhost:8000/l/a.b-c_d">http://localhost:8000/l/a.b-c_d</a>\nBye',
        ),
        ("javascript:alert(1) ftp://a.example", "javascript:alert(1) ftp://a.example"),
        (
            'https://a.example"onclick="b',
            '<a href="https://a.example">https://a.example</a>&#34;onclick=&#34;b',
        ),
        ("<b>https://</b>", "&lt;b&gt;https://&lt;/b&gt;"),
    ],
)
def test_links(text: str, shown: str) -> None:
    assert linked(text) == shown


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "just now"),
        (44, "just now"),
        (45, "1 minute ago"),
        (3569, "59 minutes ago"),
        (3570, "1 hour ago"),
        (7200, "2 hours ago"),
        (86400, "1 day ago"),
        (40 * 86400, "40 days ago"),
    ],
)
def test_how_long_ago(seconds: float, words: str) -> None:
    assert ago(seconds) == words


@pytest.mark.parametrize(
    ("categories", "kind"),
    [(["trees", "letter"], "Letter"), (["trees", "notice"], "Notice"), ([], "Message")],
)
def test_the_kind_is_told_by_category(categories: list[str], kind: str) -> None:
    message = Message(1, NOON, "id", letter(categories=categories))
    assert sheet_of(message, NOON, is_settled=False).kind == kind


@pytest.mark.parametrize(
    ("to", "word", "said"),
    [
        ("minister", "Delivered", "250 2.0.0 OK: taken"),
        ("bounced", "Bounced", "550 5.1.1 There is no such mailbox here"),
        ("blocked", "Blocked", "554 5.7.1 This server does not take your mail"),
        ("deferred", "Put off", "450 4.2.1 This mailbox is busy, try again later"),
        ("dropped", "Dropped", "Bounced Address"),
        ("spam", "Spam", ""),
    ],
)
def test_the_fate_of_a_message_in_words(to: str, word: str, said: str) -> None:
    message = Message(1, NOON, "id", letter(f"{to}@harbours.example"))
    fate = sheet_of(message, NOON + 1, is_settled=True).fate
    assert fate is not None
    assert (fate.word, fate.said) == (word, said)


def test_a_message_with_html_alone_shows_its_source() -> None:
    content = [{"type": "text/html", "value": "<p>Hello</p>"}]
    sheet = sheet_of(Message(1, NOON, "id", letter(content=content)), NOON, is_settled=False)
    assert (sheet.is_plain, sheet.text) == (False, "&lt;p&gt;Hello&lt;/p&gt;")
