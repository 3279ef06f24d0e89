"""The letter to print, as the web serves it."""

import html
from io import BytesIO

from pypdf import PdfReader

from tests.support.stack import Stack


def test_the_letter_can_be_printed_while_the_campaign_is_on(stack: Stack) -> None:
    stack.load("paper", "delivered@paper.example")
    answer = stack.get("/c/paper/letter.pdf")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    text = PdfReader(BytesIO(answer.body)).pages[0].extract_text()
    assert "Dear Minister 1," in text
    assert "Keep all forty trees. They are older than the cranes." in text
    stack.postbag("campaign", "status", "paper", "paused")
    assert stack.get("/c/paper/letter.pdf").status == 200
    for status, expected in (("closed", 410), ("draft", 404)):
        stack.postbag("campaign", "status", "paper", status)
        gone = stack.get("/c/paper/letter.pdf")
        assert gone.status == expected
        assert gone.headers["Cache-Control"] == "no-store"
    assert stack.get("/c/nowhere/letter.pdf").status == 404


def test_a_writing_that_the_fonts_lack_is_said_and_not_left_out(stack: Stack) -> None:
    stack.load("han", "delivered@han.example", more='confirm = "none"\n')
    fields = {**stack.form("han"), "body": "Dear 李小龍, keep them."}
    stack.post("/c/han", fields)
    refused = stack.get(f"{stack.receipt_path(fields['email'])}/letter.pdf")
    assert refused.status == 404
    assert "A PDF cannot show “李”, which stands in the text" in html.unescape(
        refused.body.decode()
    )
