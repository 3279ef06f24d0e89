"""Every sentence of ours in every language."""

import re
from datetime import UTC, date, datetime

import pytest
from babel.messages.catalog import Catalog

from letters.campaign import Campaign, LetterTemplate, Target
from letters.campaigns.stored import StoredCampaign
from letters.languages import Language, translations
from letters.notices import to_organisers, to_writers
from letters.notices.foot import foot
from letters.notices.links import Links
from letters.notices.to_writers import Undelivered, first_notice
from letters.organisation import Organisation
from letters.reasons import Hold
from letters.states import State
from letters.tokens import Tokens
from translations.catalogues import TRANSLATED, problems, read, sentences

LINK = "https://post.example/l/a.b-c"
PRIVACY = "https://post.example/c/ashjar/privacy"
LATIN = re.compile(r"[A-Za-z]{2,}")


@pytest.fixture(scope="module")
def found() -> Catalog:
    return sentences()


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated(found: Catalog, language: Language) -> None:
    assert list(problems(found, read(language))) == []


def test_sentences_are_found_in_python_and_in_pages(found: Catalog) -> None:
    assert found.get("This campaign is over") is not None
    assert found.get("Why does this matter to you?") is not None
    letters = found.get("%(letters)s letter")
    assert letters is not None
    assert letters.pluralizable


def catalogue(**more: object) -> Catalog:
    made = Catalog(locale="es")
    made.add("A letter by %(name)s", **more)  # type: ignore[arg-type]  # what each case gives
    return made


@pytest.mark.parametrize(
    ("translated", "problem"),
    [
        (Catalog(locale="es"), "is not there"),
        (catalogue(), "has no translation, or not all its plural forms"),
        (catalogue(string="Una carta de %(name)s", flags=["fuzzy"]), "is marked as fuzzy"),
        (catalogue(string="Una carta"), "has other placeholders in 'Una carta'"),
        (catalogue(string="De %(nombre)s"), "has other placeholders in 'De %(nombre)s'"),
    ],
)
def test_what_is_wrong_with_a_translation(translated: Catalog, problem: str) -> None:
    assert list(problems(catalogue(), translated)) == [f"'A letter by %(name)s' {problem}"]


def test_what_is_no_longer_in_the_source_is_told() -> None:
    good = catalogue(string="Una carta de %(name)s")
    good.add("An older sentence", "Una frase de antes")
    assert list(problems(catalogue(), good)) == [
        "'An older sentence' stands in no source any more",
    ]


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_found_also_one_that_is_there_only_with_its_plural(
    language: Language,
) -> None:
    for message in read(language):
        one = message.id if isinstance(message.id, str) else message.id[0]
        if one:
            said = [message.string] if isinstance(message.string, str) else message.string
            assert translations(language).gettext(one) in (said or ())


def test_arabic_counts_in_six_ways() -> None:
    count = translations(Language.AR).ngettext
    said = [
        count("%(letters)s letter", "%(letters)s letters", n) % {"letters": n}
        for n in (0, 1, 2, 3, 11, 100)
    ]
    assert said == ["لا رسائل", "رسالة واحدة", "رسالتان", "3 رسائل", "11 رسالة", "100 رسالة"]


def below(campaign: Campaign) -> str:
    whose = Organisation("fanus", "لجنة الفانوس")
    stored = StoredCampaign(1, campaign, (), datetime(2027, 3, 1, tzinfo=UTC), whose)
    return foot(stored, Links("https://post.example", Tokens(("x" * 32,))))


def without_links(text: str) -> str:
    return text.replace(LINK, "").replace(PRIVACY, "")


@pytest.mark.parametrize("must_confirm", [True, False])
def test_a_notice_is_in_its_campaigns_language_with_its_link_bare(must_confirm: bool) -> None:
    campaign = Campaign(
        slug="ashjar",
        title="أنقذوا أشجار الميناء",
        letter=LetterTemplate(("الأشجار",), "", "", ""),
        targets=(Target("الوزيرة", "minister@harbours.example", "الوزيرة"),),
        language=Language.AR,
    )
    notice = first_notice(campaign, LINK, LINK, must_confirm=must_confirm, foot=below(campaign))
    assert campaign.title in notice.subject
    assert campaign.title in notice.body
    assert LINK in notice.body.splitlines()
    assert PRIVACY in notice.body
    assert not LATIN.search(notice.subject + without_links(notice.body))


def test_later_notices_are_in_their_campaigns_language_too() -> None:
    left, follows = (
        Target(name, f"m{n}@harbours.example", name, valid_until=date(2027, 3, 31))
        for n, name in enumerate(("الوزيرة", "الوزير"))
    )
    letter = LetterTemplate(("الأشجار",), "", "", "")
    campaign = Campaign("ashjar", "أشجار الميناء", letter, (left,), language=Language.AR)
    lost = [Undelivered(left, state, "لا", "نص") for state in State]
    words = below(campaign)
    for notice in (
        to_writers.repeated(campaign, LINK, foot=words),
        to_writers.links_again(
            campaign,
            [
                to_writers.Leading(
                    LINK, campaign.title, ["الوزيرة"] * 4, date(2027, 3, 1), waits=w, has_repeat=r
                )
                for w, r in ((True, True), (True, False), (False, False))
            ],
            [(campaign.title, LINK)],
            are_all=False,
            foot=words,
        ),
        to_writers.reminder(campaign, LINK, foot=words),
        to_writers.bad_news(campaign, LINK, lost, is_confirmed=True, foot=words),
        to_writers.question(campaign, LINK, [(left, follows)], foot=words),
        *(
            to_organisers.target_stopped(
                campaign, LINK, left, why=why, words="لا", came_back=(3, 5), waiting=2
            )
            for why in Hold
        ),
        to_organisers.term_over(campaign, LINK, left, waiting=11),
        to_organisers.unknown_letters(campaign, LINK, 100),
    ):
        assert LINK in notice.body.splitlines()
        assert not LATIN.search(notice.subject + without_links(notice.body))
