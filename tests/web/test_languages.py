"""Pages in Spanish and in Arabic, and not a word of English of ours on them."""

import re
from datetime import UTC, datetime
from itertools import count

import pytest

from letters.campaign import Campaign, Confirm, LetterTemplate, Point, Status, Target
from letters.campaigns import store
from letters.languages import Language
from rig.campaigns import form_fields
from tests.support.seldom import seldom
from tests.support.spoken import foreign_words
from tests.support.stack import Stack, cookie_of
from tests.support.stand_in import Answer

_numbers = count(1)
TEXTS = {
    Language.ES: ("Salvemos los árboles", "Escriba a la ministra.", "Ministra"),
    Language.AR: ("أنقذوا أشجار الميناء", "اكتبوا إلى الوزيرة.", "الوزيرة"),
}


def load(stack: Stack, language: Language, confirm: Confirm = Confirm.NONE) -> str:
    title, sentence, name = TEXTS[language]
    slug = f"{language}-{next(_numbers)}"
    campaign = Campaign(
        slug=slug,
        title=title,
        summary=sentence,
        letter=LetterTemplate(
            subjects=(title,),
            salutation="{salutation}:",
            opening=sentence,
            closing="{name}",
            points=(Point("a", title, sentence),),
            prompts=(sentence,),
        ),
        targets=(Target(name, f"delivered@{slug}.example", name, name, title),),
        language=language,
        status=Status.LIVE,
        goal=12345,
        confirm=confirm,
        opt_in=sentence,
    )
    with stack.database.write() as connection:
        store.load(connection, campaign, datetime.now(UTC))
    return slug


def english_on(language: Language, answer: Answer) -> set[str]:
    page = answer.body.decode()
    assert f'lang="{language}"' in page
    assert f'dir="{"rtl" if language is Language.AR else "ltr"}"' in page
    page = re.sub(r"<h2><a .*?</a></h2>", " ", page)  # on "/", the titles of other campaigns
    return foreign_words(language, page) - {"ana", "reed"}


@pytest.mark.parametrize("language", [seldom(Language.ES), Language.AR])
def test_no_page_of_a_supporter_has_a_word_of_english(stack: Stack, language: Language) -> None:
    slug = load(stack, language)
    fields = stack.form(slug, name="Ana", postcode="")
    pages = [
        stack.get(f"/c/{slug}"),
        stack.get(f"/c/{slug}/thanks"),
        stack.post(f"/c/{slug}", {**fields, "preview": "1"}),
        stack.post(f"/c/{slug}", {**fields, "token": "forged"}),
        stack.post(f"/c/{slug}", {"body": "x" * 10_001, "email": "a", "subject": "\x00"}),
        stack.get("/", **{"Accept-Language": f"{language}, en;q=0.5"}),
        stack.get("/nowhere", **{"Accept-Language": f"{language}, en;q=0.5"}),
        stack.get("/l/forged", **{"Accept-Language": f"{language}, en;q=0.5"}),
        stack.get("/desk/sign-in", **{"Accept-Language": f"{language}, en;q=0.5"}),
    ]
    stack.postbag("campaign", "status", slug, "closed")
    pages.append(stack.get(f"/c/{slug}"))
    for page in pages:
        assert english_on(language, page) == set()


@pytest.mark.parametrize("language", TEXTS)
def test_mails_and_receipts_speak_the_campaigns_language(stack: Stack, language: Language) -> None:
    slug = load(stack, language, Confirm.BEFORE_SENDING)
    fields = stack.form(slug, name="Ana")
    assert stack.post(f"/c/{slug}", fields).status == 303
    path = stack.receipt_path(fields["email"])
    (notice,) = stack.messages(fields["email"])
    text = notice["content"][0]["value"]
    assert TEXTS[language][0] in text
    assert "letter" not in text.replace(path, "").lower()
    receipt = path.removesuffix("/confirm")
    assert english_on(language, stack.get(path)) == set()
    assert english_on(language, stack.get(receipt)) == set()
    wrong = stack.post(f"{receipt}/edit", {"subject": "", "body": ""})
    assert english_on(language, wrong) == set()
    assert english_on(language, stack.post(f"{receipt}/erase", {})) == set()


def test_numbers_and_dates_are_written_as_in_the_language(stack: Stack) -> None:
    slug = load(stack, Language.ES)
    assert stack.post(f"/c/{slug}", stack.form(slug)).status == 303  # its goal is shown from now on
    spanish = stack.get(f"/c/{slug}").body.decode()
    assert re.search(r"\d+ de [a-z]+ de \d{4}", spanish)
    assert "12.345" in stack.get("/", **{"Accept-Language": "es-MX"}).body.decode()
    assert "12,345" in stack.get("/", **{"Accept-Language": "fr"}).body.decode()


def test_the_desk_follows_the_organisers_browser(stack: Stack) -> None:
    slug = load(stack, Language.AR, Confirm.BEFORE_SENDING)
    assert stack.post(f"/c/{slug}", stack.form(slug, name="Ana")).status == 303
    stack.at_desk("olu@postbag.example")  # with a program that speaks English, and is listed too
    link = stack.postbag(
        "organiser", "invite", "olu@postbag.example", "--role", "admin"
    ).stdout.splitlines()[-1]
    browser = {"Accept-Language": "ar-EG,en-US;q=0.7,en;q=0.3"}
    offer = stack.get(link.removeprefix(stack.url), **browser)
    assert english_on(Language.AR, offer) == set()
    cookie = stack.sign_in(link, **browser)
    browser["Cookie"] = cookie
    own = ("", "/edit", "/ready", "/pace", "/people", "/record")
    for path in (
        *(f"/desk/{slug}{page}" for page in own),
        "/desk/new",
        "/desk/organisers",
        "/desk/sessions",
    ):
        found = english_on(Language.AR, stack.get(path, **browser))
        assert (path, found) == (path, set())
    sessions = stack.get("/desk/sessions", **browser)
    browser["Cookie"] = cookie_of(sessions, cookie)
    token = form_fields(sessions.body.decode())["csrf_token"]
    address = f"delivered@{slug}.example"
    itself = {"csrf_token": token, "word": "successor", "target": address, "email": address}
    refused = stack.post(f"/desk/{slug}/target", itself, **browser)
    assert (refused.status, english_on(Language.AR, refused)) == (409, set())
    assert 'lang="en"' in stack.get(f"/desk/{slug}", Cookie=cookie).body.decode()
