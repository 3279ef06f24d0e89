"""Several letters of one writer: what they share is changed in all of them by one edit."""

import html
import re

from tests.support.stack import Stack

TARGETS = ("ann@several.example", "ben@several.example", "cyd@several.example")


def texts(page: str) -> list[str]:
    return [html.unescape(t) for t in re.findall(r"<pre data-letter[^>]*>([^<]*)</pre>", page)]


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return found[1] if found else ""


def test_one_edit_changes_all_that_were_left_alike(stack: Stack) -> None:
    stack.load("several", *TARGETS, more='confirm = "before-sending"\n')
    fields = stack.form("several")
    assert stack.post("/c/several", fields).status == 303
    path = stack.receipt_path(fields["email"]).removesuffix("/confirm")

    def receipt() -> str:
        return stack.get(path).body.decode()

    def edit(**changes: str) -> tuple[int, str]:
        answer = stack.post(f"{path}/edit", changes)
        return answer.status, answer.body.decode()

    first = receipt()
    assert "Change all of them at once" in first
    seen = hidden(first, "shared")
    words = {"subject": "Anew", "body": "Please.\n\nAna"}
    assert edit(shared=seen, **words)[0] == 303
    letters = texts(receipt())
    assert letters == [f"Dear Minister {n},\n\nPlease.\n\nAna" for n in (1, 2, 3)]
    # One goes its own way, and what was read before is not what it is now.
    seen, one = hidden(receipt(), "shared"), hidden(receipt(), "letter")
    assert edit(letter=one, subject="Mine", body="Dear Ann,\n\nMine.\n\nAna")[0] == 303
    status, page = edit(shared=seen, subject="Again", body="Long and <mine>.")
    assert status == 422
    assert "Change 2 of them at once" in page
    assert "Long and &lt;mine&gt;." in page, "what was typed is kept"
    assert edit(shared=hidden(page, "shared"), subject="Again", body=" ")[0] == 422
    assert edit(shared=hidden(page, "shared"), subject="Again", body="Two.")[0] == 303
    assert texts(receipt()) == [
        "Dear Ann,\n\nMine.\n\nAna",
        "Dear Minister 2,\n\nTwo.",
        "Dear Minister 3,\n\nTwo.",
    ]
    # A letter alone has nothing in common with others.
    stack.load("single", "dee@several.example", more='confirm = "before-sending"\n')
    alone = stack.form("single")
    stack.post("/c/single", alone)
    path = stack.receipt_path(alone["email"]).removesuffix("/confirm")
    assert "at once" not in receipt()
