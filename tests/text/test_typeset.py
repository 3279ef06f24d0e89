"""Letters on paper, read back from the PDF."""

from datetime import date
from io import BytesIO

import pytest
from pypdf import PdfReader

from letters.campaign import Campaign, LetterTemplate, Point, Routing, Target
from letters.languages import Language
from letters.text.paper import printed
from letters.text.paper.sheet import BLANK, Sheet
from letters.text.paper.typeset import typeset

DAY = date(2026, 11, 24)
LETTER = LetterTemplate(
    subjects=("The trees of {role}", "Another"),
    salutation="Dear {salutation},",
    opening="I, {name}, of {postcode}, walk under them each day.",
    closing="Thank you.\n\nYours sincerely,\n{name}",
    points=(Point("a", "Keep all forty.", "They are old."), Point("b", "Plant ten more.", "")),
)


def target(n: int = 1) -> Target:
    return Target(f"Minister {n}", f"m{n}@a.example", f"Ms {n}", "Harbours", "1 Quay\nPorttown")


def sheets(routing: Routing, *targets: Target) -> tuple[Sheet, ...]:
    campaign = Campaign("trees", "Trees", LETTER, targets, routing=routing)
    return printed.sheets(campaign, targets, DAY)


def pages(*given: Sheet, language: Language = Language.EN) -> list[str]:
    return [page.extract_text() for page in PdfReader(pdf(*given, language=language)).pages]


def pdf(*given: Sheet, language: Language) -> BytesIO:
    return BytesIO(typeset(given, title="Trees", language=language, day=DAY))


def sheet(**texts: str) -> Sheet:
    usual = dict.fromkeys(("address", "date", "subject", "salutation", "body", "closing"), "-")
    return Sheet(**{**usual, **texts})


def test_a_letter_has_all_its_parts_in_their_order() -> None:
    (page,) = pages(*sheets(Routing.ALL, target()))
    assert page.splitlines() == [
        "Minister 1",
        "Harbours",
        "1 Quay",
        "Porttown",
        "24 November 2026",
        "Dear Ms 1,",
        "The trees of Harbours",
        f"I, {BLANK}, of __________, walk under them each day.",
        "Keep all forty. They are old.",
        "Plant ten more.",
        "Thank you.",
        "Yours sincerely,",
    ]


def test_each_of_several_gets_a_letter_of_their_own() -> None:
    found = pages(*sheets(Routing.ALL, *map(target, range(printed.MOST_LETTERS))))
    assert [page.splitlines()[0] for page in found] == [f"Minister {n}" for n in range(20)]


@pytest.mark.parametrize(
    ("routing", "number"),
    [(Routing.AREA, 2), (Routing.CHOICE, 2), (Routing.ALL, printed.MOST_LETTERS + 1)],
)
def test_where_it_depends_on_the_writer_the_addressee_is_left_open(
    routing: Routing, number: int
) -> None:
    (page,) = pages(*sheets(routing, *map(target, range(number))))
    assert page.splitlines()[:2] == ["24 November 2026", f"Dear {BLANK},"]
    assert "Minister" not in page


def test_one_target_alone_is_named_whatever_the_routing() -> None:
    (found,) = sheets(Routing.AREA, target())
    assert found.salutation == "Dear Ms 1,"


def test_accents_and_other_scripts_come_through() -> None:
    text = "Señora Núñez, ¿qué tal? Żółć, Čeština, Ærø, “quoted” – 5 €, Ελλάδα, Україна."
    (page,) = pages(sheet(body=text), language=Language.ES)
    assert text in page


def test_arabic_is_joined_and_runs_from_the_right() -> None:
    words = "أشجار الميناء أقدم من الرافعات"
    pdf = typeset([sheet(body=words)], title=words, language=Language.AR, day=DAY)
    reader = PdfReader(BytesIO(pdf))
    assert words in reader.pages[0].extract_text()
    assert reader.metadata is not None
    assert reader.metadata.title == words
    found: list[float] = []

    def look(text: str, _cm: object, tm: list[float], *_rest: object) -> None:
        if "الميناء" in text:
            found.append(tm[4])

    reader.pages[0].extract_text(visitor_text=look)
    middle = float(reader.pages[0].mediabox.width) / 2
    assert found
    assert min(found) > middle / 2


@pytest.mark.parametrize("language", [Language.EN, Language.AR])
def test_either_script_may_come_first_on_a_page(language: Language) -> None:
    latin, arabic = "Harbour Works", "أشجار الميناء"
    for first, then in ((latin, arabic), (arabic, latin)):
        body = f"{then}\n\n{first}\n\n" * 40
        found = pages(Sheet(first, then, first, then, body, first), language=language)
        assert len(found) > 2
        everything = "".join(found)
        assert everything.count(latin) + everything.count("الميناء") == 80 + 5


def test_the_signature_is_never_parted_from_the_closing() -> None:
    closing = "A.\nB.\nYours,\n" + BLANK
    letters = [sheet(body="A line.\n" * lines, closing=closing) for lines in range(24, 34)]
    found = pages(*letters)
    assert len(found) > len(letters), "some closing was too long for its letter's first page"
    assert sum("A." in page for page in found) == len(letters)
    assert all("A." not in page or "Yours," in page for page in found)


def test_later_pages_are_numbered_for_each_letter() -> None:
    long = sheet(body="A line of the letter.\n\n" * 60)
    found = [page.splitlines()[-1] for page in pages(long, long)]
    assert found[0] not in {"1", "2"}
    assert found[1] == "2"
    assert found.count("2") == 2


@pytest.mark.parametrize(
    "text",
    [
        "x" * 10_000,
        "<b>**__{name}__**</b> -- ~~ \\ () %s " * 20,
        "\n" * 10_000,
        "".join(map(chr, range(160))),
        "a" + "\u0301" * 9_999,
        "\ud800 \U0001f469\u200d\U0001f467 漢字 \ufeff\u200b\u00ad",
        "abc \u202e اب \u2066 12 \u2069 " * 15,
        "a\u2028b\u2029c\x85d\te\u00a0" * 15,
        "",
    ],
)
@pytest.mark.parametrize("language", [Language.EN, Language.AR])
def test_text_of_every_kind_gives_pages(text: str, language: Language) -> None:
    hostile = Sheet(text[:1_000], text[:50], text[:200], text[:200], text, text[:2_000])
    assert len(PdfReader(pdf(hostile, language=language)).pages)


def test_markup_is_printed_as_it_is() -> None:
    assert "<b>**{name}**</b>" in pages(sheet(body="<b>**{name}**</b>"))[0]


def test_the_same_letter_gives_the_same_bytes() -> None:
    first, second = (typeset([sheet()], title="T", language=Language.EN, day=DAY) for _ in range(2))
    assert first == second
