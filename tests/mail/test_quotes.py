"""What an answer quotes is left out where it quotes the letters of many; what it says is kept."""

import time

import pytest

from letters.mail.quotes import without_quotes

OWN = "ab2c" * 13 + "@replies.example"
SAID = "Dear all,\n\nWe keep the trees.\n\nA. Clerk"


@pytest.mark.parametrize(
    "below",
    [
        "> Letter 1 of 3\n> Word of one.",
        "On Mon, 2 Mar 2026 at 09:12, Letters <x@postbag.example> wrote:\n> Word of one.",
        "On Mon, 2 Mar 2026 at 09:12, Letters <\nx@postbag.example> wrote:\n\n> Word of one.",
        "On 02/03/2026 09:12, Letters wrote:\n\nLetter 1 of 3\nWord of one.",
        "Am 02.03.26 um 09:12 schrieb Letters:\n> Word of one.",
        "El lun, 2 mar 2026 a las 9:12, Letters (<x@postbag.example>) escribió:\nWord of one.",
        "Le 2 mars 2026 à 09:12, Letters <x@postbag.example> a écrit :\n> Word of one.",
        "-----Original Message-----\nFrom: Letters\nWord of one.",
        "-----Mensaje original-----\nDe: Letters\nWord of one.",
        "________________________________\nFrom: Letters\nWord of one.",
        "From: Letters <x@postbag.example>\nSent: 02 March 2026 09:12\nTo: Clerk\n\nWord of one.",
        "*From:* Letters\n*Date:* Monday\n*To:* Clerk\nWord of one.",
        "Von: Letters\nGesendet: Montag\nAn: Clerk\nBetreff: 3 letters\nWord of one.",
        "De: Letters\nEnviado el: lunes\nPara: Clerk\nWord of one.",
        "من: Letters\nتاريخ: الإثنين\nإلى: Clerk\nWord of one.",  # noqa: RUF001 - Arabic
        f"{OWN}\nFrom: Ana Reed\n\nWord of one.",
    ],
)
def test_what_mail_programs_put_below_goes(below: str) -> None:
    assert without_quotes(f"{SAID}\n\n{below}") == SAID


@pytest.mark.parametrize(
    "text",
    [
        SAID,
        "On Monday the council wrote:\nWe keep them.",
        "From: my heart, thank you.\nWe keep them.",
        "To: be honest, we did not know.\n-- \nA. Clerk",
        "a > b, and 5 -> 6\n--- our plan ---\n* one\n* two",
        "",
    ],
)
def test_what_people_write_stays(text: str) -> None:
    assert without_quotes(text) == text


def test_what_is_said_between_quoted_lines_stays() -> None:
    text = f"""On Mon, 2 Mar 2026 at 09:12, Letters <x@postbag.example> wrote:
> Letter 1 of 2
> {OWN}
> Word of one.
Yes, we keep them.
> Word of another.
And these, too."""
    assert without_quotes(text) == "Yes, we keep them.\nAnd these, too."


@pytest.mark.parametrize(
    "text",
    [
        "on 10:10 " + "schrieb " * 20 + " " * 500_000 + "x",
        "on 10:10 " + "schrieb " * 20 + " " * 500_000 + "x:",
        " " * 500_000 + "on 10:10 " + "schrieb " * 20 + "x",
        ("on 10:10 " + "schrieb " * 20 + "x\n") * 3_000,
    ],
)
def test_what_only_looks_like_a_head_costs_little(text: str) -> None:
    start = time.process_time()
    assert without_quotes(text) == text.strip("\n")
    assert time.process_time() - start < 0.5
