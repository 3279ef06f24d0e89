"""Campaign files: what they say, and how they say what is wrong."""

import string
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.campaign import (
    WEEKDAYS,
    Campaign,
    Confirm,
    Identical,
    LetterTemplate,
    Pacing,
    Point,
    Replies,
    ResendUnknown,
    Routing,
    Status,
    Target,
    Window,
)
from letters.files.campaign_file import read_campaign, write_campaign
from letters.files.toml_file import FaultyFile
from letters.languages import Language
from letters.text.compose import body, merge_values, text
from letters.text.merge import fields
from letters.text.visible import is_empty
from postbag.faults import of_file, words

ROOT = Path(__file__).parents[2]

LEAST = """\
slug = "harbour-trees"
title = "Keep the harbour's trees"

[letter]
subject = "The harbour's trees"
salutation = "Dear {salutation},"
opening = "Please keep them."
closing = "Yours sincerely,\\n{name}"

[[targets]]
name = "The Hon. A. Example"
salutation = "Minister Example"
email = "minister@harbours.example"
"""

FULL = """\
slug = "harbour-trees"
title = "Keep the harbour's trees"
summary = "They give **shade**."
outcome = "All forty stand."
language = "es"
status = "live"
goal = 5000
opens = 2027-03-01T08:00:00
ends = 2027-03-31
timezone = "Europe/London"
asks_postcode = true
confirm = "none"
routing = "area"
identical = "digest"
embed_origins = ["https://example.org", "http://localhost:8000"]
opt_in = "Keep me posted."

[pacing]
per_target_per_hour = 12
window = "22:00-06:30"
days = ["tue", "mon"]
resend_unknown = "when-proven"

[letter]
subjects = ["The trees", "{role}, keep the trees"]
salutation = "Dear {salutation},"
opening = "Please keep them."
closing = "{name}"
prompts = ["Which tree do you know?"]

[[letter.points]]
key = "trees"
lead = "Keep all forty trees."
text = "They were there first."

[[targets]]
name = "The Hon. A. Example"
salutation = "Minister Example"
role = "Minister for Harbours"
address = "1 Quay Street\\nPorttown"
email = "minister@harbours.example"
timezone = "America/New_York"
areas = ["AB1", "AB2*"]
valid_until = 2027-01-31
"""


def with_lines(*changes: tuple[str, str], of: str = LEAST) -> str:
    """Return the file with some of its words changed."""
    for old, new in changes:
        assert old in of
        of = of.replace(old, new, 1)
    return of


def errors_in(file: str) -> list[tuple[str, int, str]]:
    with pytest.raises(FaultyFile) as caught:
        read_campaign(file)
    return [(fault.key, fault.line, words(fault.flaw)) for fault in caught.value.faults]


def test_the_least_that_a_campaign_needs() -> None:
    assert read_campaign(LEAST) == Campaign(
        slug="harbour-trees",
        title="Keep the harbour's trees",
        letter=LetterTemplate(
            ("The harbour's trees",),
            "Dear {salutation},",
            "Please keep them.",
            "Yours sincerely,\n{name}",
        ),
        targets=(Target("The Hon. A. Example", "minister@harbours.example", "Minister Example"),),
    )


def test_all_that_a_campaign_can_say() -> None:
    assert read_campaign(FULL) == Campaign(
        slug="harbour-trees",
        title="Keep the harbour's trees",
        summary="They give **shade**.",
        outcome="All forty stand.",
        language=Language.ES,
        status=Status.LIVE,
        goal=5000,
        opens=datetime(2027, 3, 1, 8),  # noqa: DTZ001 - by the campaign's clock
        ends=date(2027, 3, 31),
        timezone="Europe/London",
        asks_postcode=True,
        confirm=Confirm.NONE,
        routing=Routing.AREA,
        identical=Identical.DIGEST,
        embed_origins=("https://example.org", "http://localhost:8000"),
        opt_in="Keep me posted.",
        pacing=Pacing(12, Window(time(22), time(6, 30)), ("mon", "tue"), ResendUnknown.WHEN_PROVEN),
        letter=LetterTemplate(
            ("The trees", "{role}, keep the trees"),
            "Dear {salutation},",
            "Please keep them.",
            "{name}",
            (Point("trees", "Keep all forty trees.", "They were there first."),),
            ("Which tree do you know?",),
        ),
        targets=(
            Target(
                "The Hon. A. Example",
                "minister@harbours.example",
                "Minister Example",
                "Minister for Harbours",
                "1 Quay Street\nPorttown",
                "America/New_York",
                ("AB1", "AB2*"),
                date(2027, 1, 31),
            ),
        ),
    )


def test_a_file_saved_by_another_system() -> None:
    assert read_campaign("\ufeff" + FULL.replace("\n", "\r\n")) == read_campaign(FULL)


def test_a_campaign_opens_by_its_own_clock() -> None:
    campaign = read_campaign(f'timezone = "Europe/London"\nopens = 2027-07-01T09:00:00\n{LEAST}')
    assert campaign.opens_at == datetime(2027, 7, 1, 8, tzinfo=UTC)


def test_a_live_campaign_may_be_over() -> None:
    campaign = read_campaign('status = "live"\nends = 2001-01-01\n' + LEAST)
    assert campaign.status is Status.LIVE
    assert campaign.ends == date(2001, 1, 1)


def test_every_error_comes_with_its_key_and_line_all_together() -> None:
    file = with_lines(
        ('slug = "harbour-trees"', 'slug = "Harbour Trees"'),
        ('title = "Keep the harbour\'s trees"', "goal = 0\nlangage = 'en'"),
        ("Dear {salutation},", "Dear {minister},"),
        ('opening = "Please keep them."\n', ""),
        ("minister@harbours.example", "minister@harbours"),
    )
    assert errors_in(file) == [
        (
            "slug",
            1,
            "must be small letters a to z and digits, with hyphens only between them",
        ),
        ("title", 1, "is missing: add it"),
        ("goal", 2, "must be from 1 to 1,000,000,000"),
        ("langage", 3, 'is not a known key: perhaps "language" is meant'),
        ("letter.opening", 5, "is missing: add it"),
        (
            "letter.salutation",
            7,
            (
                "has {minister}, which is not a merge field: use {salutation}, {target}, {role}, "
                "{name}, {postcode}, {address}, or write {{ for a plain brace"
            ),
        ),
        ("targets[1].email", 13, "is not an e-mail address: write it as name@host.org"),
    ]


def test_an_error_reads_as_one_sentence() -> None:
    with pytest.raises(FaultyFile) as caught:
        read_campaign("goal = 1.5\n" + LEAST)
    assert of_file(caught.value.faults[0]) == (
        "Line 1: goal must be a whole number without quotes, not a number with a point."
    )


@pytest.mark.parametrize(
    ("line", "key", "begins"),
    [
        ("slug = 5", "slug", "must be text in quotes, not a number"),
        ('slug = ""', "slug", "is empty"),
        ('slug = "-a"', "slug", "must be small letters"),
        (f'slug = "{"a" * 65}"', "slug", "has 65 characters: shorten it to 64"),
        ('slug = "a\\nb"', "slug", "must be one line"),
        ('title = " "', "title", "is empty"),
        ('title = "a\\tb"', "title", "must be one line"),
        ('title = "a\\u2028b"', "title", "must be one line"),
        ('title = "a\\u0000b"', "title", "has an invisible control character"),
        ('title = "a\\u0085b"', "title", "has an invisible control character"),
        (f'title = "{"a" * 201}"', "title", "has 201 characters"),
        ('summary = "a\\rb"', "summary", "has an invisible control character"),
        ('language = "fr"', "language", 'must be "en", "es" or "ar", not "fr"'),
        ("language = true", "language", 'must be "en", "es" or "ar", not true or false'),
        ('status = "open"', "status", 'must be "draft", "live", "paused" or "closed", not "open"'),
        ("goal = true", "goal", "must be a whole number"),
        ('goal = "5000"', "goal", "must be a whole number without quotes, not text"),
        ("goal = -1", "goal", "must be from 1"),
        ('ends = "2027-03-31"', "ends", "must be a date such as 2027-03-31 without quotes"),
        ("ends = 2027-03-31T12:00:00Z", "ends", "must be a date such as 2027-03-31"),
        ("ends = 12:00:00", "ends", "must be a date such as 2027-03-31"),
        ("ends = 9999-12-31", "ends", "must be a day of the years 1970 to 2999"),
        ("opens = 2027-03-01", "opens", "must be a"),
        ("opens = 2027-04-01T00:00:00\nends = 2027-03-31", "opens", "comes after the last day"),
        ('timezone = "Europe/Londn"', "timezone", 'is not a timezone: write one such as "Europe/L'),
        ('timezone = "../UTC"', "timezone", "is not a timezone"),
        ('timezone = "Europe"', "timezone", "is not a timezone"),
        ("asks_postcode = 1", "asks_postcode", "must be true or false, without quotes"),
        ('confirm = "after"', "confirm", 'must be "before-sending" or "none", not "after"'),
        ('routing = "any"', "routing", 'must be "all", "area" or "choice", not "any"'),
        ('identical = "drop"', "identical", 'must be "send" or "digest", not "drop"'),
        ('replies = "us"', "replies", 'must be "direct" or "through-us", not "us"'),
        ("opt_in = false", "opt_in", "must be text in quotes, not true or false"),
        ('embed_origins = "https://example.org"', "embed_origins", "must be a list of texts"),
        ("letter = 1", "letter", "must be a table"),
    ],
)
def test_what_is_wrong_at_the_top(line: str, key: str, begins: str) -> None:
    kept = "".join(one for one in LEAST.splitlines(keepends=True) if not one.startswith(f"{key} ="))
    if key == "letter":
        kept = kept.replace(LEAST[LEAST.index("[letter]") : LEAST.index("[[targets]]")], "")
    (error,) = (e for e in errors_in(f"\n{line}\n{kept}") if e[0] == key)
    assert error[1] == 2
    assert error[2].startswith(begins)


@pytest.mark.parametrize(
    "origin",
    [
        "example.org",
        "http://example.org",
        "https://example.org/",
        "https://example.org/page",
        "https://Example.org",
        "https://*.example.org",
        "https://example.org:0",
        "https://example.org:65536",
        "https://user@example.org",
        "https://example.org https://other.example",
        "https://example.org; script-src *",
        "http://localhost.example.org",
        "null",
    ],
)
def test_origins_that_are_none(origin: str) -> None:
    assert [
        (key, line)
        for key, line, _ in errors_in(f'embed_origins = ["https://a.example", "{origin}"]\n{LEAST}')
    ] == [("embed_origins[2]", 1)]


@pytest.mark.parametrize(
    "origin",
    [
        "https://example.org",
        "https://a-b.example.org:8443",
        "http://localhost",
        "http://localhost:65535",
    ],
)
def test_origins(origin: str) -> None:
    assert read_campaign(f'embed_origins = ["{origin}"]\n{LEAST}').embed_origins == (origin,)


@pytest.mark.parametrize(
    ("line", "key", "begins"),
    [
        ("per_target_per_hour = 0", "per_target_per_hour", "must be from 1 to 3,600,000"),
        ("per_target_per_hour = 3_600_001", "per_target_per_hour", "must be from 1 to 3,600,000"),
        ("per_target_per_hour = 30.0", "per_target_per_hour", "must be a whole number"),
        ('window = "8-18"', "window", 'must be two times such as "08:00-18:00"'),
        ('window = "08:00-24:00"', "window", "must be two times"),
        ('window = "08:60-18:00"', "window", "must be two times"),
        ('window = "08:00–18:00"', "window", "must be two times"),
        ("days = []", "days", "is empty"),
        ('days = ["mon", "mon"]', "days", "names a day twice"),
        ('days = ["monday"]', "days[1]", 'must be "mon", "tue"'),
        ('days = ["Mon"]', "days[1]", 'must be "mon", "tue"'),
        ('resend_unknown = "always"', "resend_unknown", 'must be "never" or "when-proven"'),
        ("per_hour = 3", "per_hour", "is not a known key"),
    ],
)
def test_what_is_wrong_with_the_pacing(line: str, key: str, begins: str) -> None:
    (error,) = errors_in(f"{LEAST}\n[pacing]\n{line}\n")
    assert error[:2] == (f"pacing.{key}", 16)
    assert error[2].startswith(begins)


@pytest.mark.parametrize(
    ("window", "read"),
    [
        ("08:00-18:00", Window(time(8), time(18))),
        ("22:30-06:00", Window(time(22, 30), time(6))),
        ("00:00-00:00", Window(time(), time())),
    ],
)
def test_windows(window: str, read: Window) -> None:
    assert read_campaign(f'{LEAST}\n[pacing]\nwindow = "{window}"').pacing.window == read


@pytest.mark.parametrize(
    ("change", "key", "line", "begins"),
    [
        (('subject = "The harbour\'s trees"\n', ""), "subject", 4, "is missing"),
        (("subject = ", "subjects = []\nx = "), "subjects", 5, "is empty"),
        (("subject = ", 'subjects = ["a"]\nsubject = '), "subjects", 5, "stands beside"),
        (('"The harbour\'s trees"', '"a {"'), "subject", 5, "has {, which is not a merge field"),
        (('"The harbour\'s trees"', '"a\\nb"'), "subject", 5, "must be one line"),
        (('"The harbour\'s trees"', f'"{"a" * 201}"'), "subject", 5, "has 201 characters"),
        (("Dear {salutation},", "Dear\\n{salutation},"), "salutation", 6, "must be one line"),
        (("Please keep them.", ""), "opening", 7, "is empty"),
        (("Please keep them.", "a } b"), "opening", 7, "has a } that ends nothing"),
        (("\\n{name}", "\\n{full_name}"), "closing", 8, "has {full_name}, which"),
        (("[letter]", '[letter]\nprompts = ["a", 1]'), "prompts[2]", 5, "must be text in quotes"),
        (("[letter]", "[letter]\npoints = [1]"), "points[1]", 5, "must be a table, not a number"),
    ],
)
def test_what_is_wrong_with_the_letter(
    change: tuple[str, str], key: str, line: int, begins: str
) -> None:
    found = [e for e in errors_in(with_lines(change)) if e[0] == f"letter.{key}"]
    assert [e[1] for e in found] == [line]
    assert found[0][2].startswith(begins)


def test_points_need_a_key_of_their_own_and_a_lead() -> None:
    point = '\n[[letter.points]]\nkey = "{}"\nlead = "{}"\ntext = "{}"\n'
    points = (
        point.format("a", "One.", "{name}")
        + point.format("a b", "", "{town}")
        + point.format("a", "Three.", "")
    )
    found = errors_in(LEAST + points)
    assert [error[:2] for error in found] == [
        ("letter.points[2].key", 21),
        ("letter.points[2].lead", 22),
        ("letter.points[2].text", 23),
        ("letter.points[3].key", 26),
    ]
    assert found[-1][2] == "is that of point 1 too: choose another"


@pytest.mark.parametrize(
    "email",
    [
        "minister",
        "minister@harbours@example",
        "minister@-harbours.example",
        "minister@harbours..example",
        "minister @harbours.example",
        "mïnister@harbours.example",
        "minister@harbours.example\\n",
        "@harbours.example",
    ],
)
def test_addresses_that_are_none(email: str) -> None:
    found = errors_in(with_lines(("minister@harbours.example", email)))
    assert [error[:2] for error in found] == [("targets[1].email", 13)]


def test_an_address_whose_letters_mail_may_not_carry_is_told_as_such() -> None:
    ((*_, words),) = errors_in(with_lines(("minister@harbours.example", "mïnister@a.example")))
    assert words.startswith("has letters before the @ that mail cannot be counted on to reach")


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("Europe/Beelin", "Europe/Berlin"),
        ("Tokyo", "Asia/Tokyo"),
        ("america/new_york", "America/New_York"),
        ("Mars/Olympus", "Europe/London"),  # near to nothing: one that everybody knows
    ],
)
def test_the_zone_that_was_perhaps_meant_is_named(typed: str, near: str) -> None:
    ((*_, words),) = errors_in(f'timezone = "{typed}"\n{LEAST}')
    assert words == f'is not a timezone: write one such as "{near}"'


@pytest.mark.parametrize(
    ("email", "kept"),
    [
        ("Minister@Harbours.example", "Minister@Harbours.example"),
        ("mailto:minister@harbours.example", "minister@harbours.example"),
        ("Minister <minister@harbours.example>", "minister@harbours.example"),
        ("minister@hårbours.example", "minister@xn--hrbours-exa.example"),
    ],
)
def test_an_address_is_read_as_people_paste_it(email: str, kept: str) -> None:
    (target,) = read_campaign(with_lines(("minister@harbours.example", email))).targets
    assert target.email == kept


@pytest.mark.parametrize(
    ("line", "key", "begins"),
    [
        ('timezone = "London"', "timezone", "is not a timezone"),
        ('areas = "AB1"', "areas", "must be a list of texts, not text"),
        ('areas = ["AB1", "A*1"]', "areas[2]", "may have a * only at its end"),
        ('areas = [" "]', "areas[1]", "is empty"),
        ('areas = ["\u200b"]', "areas[1]", "is empty"),
        ("valid_until = 1", "valid_until", "must be a date such as"),
        ('role = "a\\nb"', "role", "must be one line"),
        ('mail = "a@b.example"', "mail", 'is not a known key: perhaps "email" is meant'),
        ('role = """\na\nb"""', "role", "must be one line"),
    ],
)
def test_what_is_wrong_with_a_target(line: str, key: str, begins: str) -> None:
    (error,) = errors_in(f"{LEAST}{line}\n")
    assert error[:2] == (f"targets[1].{key}", 14)
    assert error[2].startswith(begins)


def test_a_target_needs_name_salutation_and_email() -> None:
    assert [error[:2] for error in errors_in(LEAST + "\n[[targets]]\n")] == [
        ("targets[2].name", 15),
        ("targets[2].email", 15),
        ("targets[2].salutation", 15),
    ]


def test_a_target_can_be_listed_once() -> None:
    twice = LEAST + LEAST[LEAST.index("[[targets]]") :].replace("minister@", "MINISTER@")
    assert errors_in(twice) == [
        ("targets[2].email", 17, "is that of target 1 too: keep one of the two")
    ]


def test_a_campaign_needs_a_target() -> None:
    found = errors_in(LEAST[: LEAST.index("[[targets]]")])
    assert found == [("targets", 1, "are missing: add at least one under [[targets]]")]


def test_routing_by_area_needs_postcodes_and_areas() -> None:
    assert errors_in('title = "x"\nrouting = "area"\n' + LEAST.replace("title", "opt_in")) == [
        ("routing", 2, 'is "area": add asks_postcode = true'),
        ("routing", 2, 'is "area": give at least one target its areas'),
    ]


def test_opening_and_points_together_have_a_limit() -> None:
    point = f'\n[[letter.points]]\nkey = "a"\nlead = "A"\ntext = "{"a" * 9000}"\n'
    most = "b" * (10_000 - 9_000 - len("A ") - len("\n\n"))
    read_campaign(with_lines(("Please keep them.", most)) + point)  # raises nothing
    over = "b" * (len(most) - len("Minister Example") + 1) + "{salutation}"
    assert errors_in(with_lines(("Please keep them.", over)) + point) == [
        (
            "letter.opening",
            7,
            "and the points come to 10,001 characters: shorten them to 10,000 together",
        )
    ]


def test_a_filled_in_subject_has_a_limit() -> None:
    file = with_lines(("The harbour's trees", "{target}" * 11))
    assert errors_in(file) == [
        ("letter.subject", 5, "has 209 characters when filled in: shorten it to 200")
    ]


@pytest.mark.parametrize(
    ("file", "line", "words"),
    [
        ("a = 1\nb 2\nc = 3\n", 2, "Expected '=' after a key in a key/value pair"),
        ('a = 1\n\nb = "x\nc = 3\n', 3, "Illegal character '\\n'"),
        ('a = 1\nb = """\nx\ny\n', 2, "Unterminated string"),
        ("a = 1\nb = [1,\n2\n", 2, "Unclosed array"),
        ("[a]\nx = 1\n\n[b]\nx = 1\n\n[a]\ny = 2\n", 7, "Cannot declare ('a',) twice"),
        ("a = 1\nb = 2\n# c\na = 3\n", 4, "Cannot overwrite a value"),
        ('a = """\n\n"""\nb = "\\q"\n', 4, "Unescaped '\\' in a string"),
        ("a = 2027-02-30\n", 1, "Invalid date or datetime"),
        ("x = 1\na = " + "[" * 5_000 + "\n", 2, "Too many brackets inside each other"),
        ('slug = "\x00"\n', 1, "Illegal character '\\x00'"),
    ],
)
def test_a_file_that_is_not_toml(file: str, line: int, words: str) -> None:
    assert errors_in(file) == [
        ("", line, f"cannot be read as TOML ({words}): correct it and try again")
    ]


def test_lines_are_found_however_the_file_is_laid_out() -> None:
    file = """\
# A comment with "quotes" and [brackets]
letter.subject = 1
letter.opening = '''
[not.a.header]
key = "not a key"
'''
letter.points = [
  { key = "a", lead = "" },
]
targets = [{ name = "A", salutation = "A", email = "x" }]
   pacing   .   goal = 5
"sl\\u0075g" = "B"
"""
    assert [error[:2] for error in errors_in(file)] == [
        ("title", 1),
        ("letter.subject", 2),
        ("letter.salutation", 2),
        ("letter.closing", 2),
        ("letter.points[1].lead", 7),
        ("targets[1].email", 10),
        ("pacing.goal", 11),
        ("slug", 12),
    ]


# Any campaign that is right comes back from its file as it was.

ONE_LINE = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029{}"),
    max_size=40,
)
MANY_LINES = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="{}"),
        st.sampled_from("\n\t\"'\\"),
    ),
    max_size=60,
)
WRITTEN_LINE = ONE_LINE.filter(lambda text: not is_empty(text))
WRITTEN = MANY_LINES.filter(lambda text: not is_empty(text))
ZONES = st.sampled_from(["UTC", "Europe/London", "Australia/Lord_Howe"])
DATES = st.none() | st.dates(date(1970, 1, 1), date(2999, 12, 31))
KEYS = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=8)
TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))
MERGED = st.sampled_from(["", "{name}", "{{", "}}", "{salutation}"])
TARGETS = st.builds(
    Target,
    name=WRITTEN_LINE,
    email=KEYS.map("{}@a.example".format),
    salutation=WRITTEN_LINE,
    role=ONE_LINE,
    address=MANY_LINES,
    timezone=ZONES,
    areas=st.lists(st.sampled_from(["AB1", "AB2*", "*", "Porttown, North"])).map(tuple),
    valid_until=DATES,
)
CAMPAIGNS = st.builds(
    Campaign,
    slug=KEYS,
    title=WRITTEN_LINE,
    summary=MANY_LINES,
    outcome=MANY_LINES,
    language=st.sampled_from(Language),
    status=st.sampled_from(Status),
    goal=st.none() | st.integers(1, 1_000_000_000),
    opens=st.none() | st.datetimes(datetime(1970, 1, 2), datetime(2999, 12, 30)),  # noqa: DTZ001
    ends=DATES,
    timezone=ZONES,
    asks_postcode=st.booleans(),
    confirm=st.sampled_from(Confirm),
    routing=st.sampled_from([Routing.ALL, Routing.CHOICE]),
    identical=st.sampled_from(Identical),
    replies=st.sampled_from(Replies),
    office_page=st.booleans(),
    embed_origins=st.lists(st.sampled_from(["https://a.example", "http://localhost:1"])).map(tuple),
    opt_in=ONE_LINE,
    pacing=st.builds(
        Pacing,
        per_target_per_hour=st.integers(1, 3_600_000),
        window=st.none() | st.builds(Window, TIMES, TIMES),
        days=st.sets(st.sampled_from(WEEKDAYS), min_size=1).map(
            lambda days: tuple(day for day in WEEKDAYS if day in days)
        ),
        resend_unknown=st.sampled_from(ResendUnknown),
    ),
    letter=st.builds(
        LetterTemplate,
        subjects=st.lists(WRITTEN_LINE, min_size=1, max_size=3).map(tuple),
        salutation=st.builds("{}{}".format, WRITTEN_LINE, MERGED),
        opening=st.builds("{}{}".format, WRITTEN, MERGED),
        closing=st.builds("{}{}".format, MERGED, WRITTEN),
        points=st.lists(
            st.builds(Point, KEYS, WRITTEN_LINE, MANY_LINES),
            max_size=3,
            unique_by=lambda point: point.key,
        ).map(tuple),
        prompts=st.lists(WRITTEN_LINE, max_size=3).map(tuple),
    ),
    targets=st.lists(TARGETS, min_size=1, max_size=3, unique_by=lambda target: target.email).map(
        tuple
    ),
).filter(
    lambda campaign: (
        (campaign.identical is Identical.SEND or names_nobody(campaign.letter))
        and (not campaign.opens_at or not campaign.ends_at or campaign.opens_at < campaign.ends_at)
    )
)


def names_nobody(letter: LetterTemplate) -> bool:
    """Tell whether a letter can be one text for all."""
    points = [text for point in letter.points for text in (point.lead, point.text)]
    named = fields("\n".join((letter.salutation, letter.opening, *points)))
    return not named & {"name", "postcode"}


@given(CAMPAIGNS)
def test_what_is_written_is_read_back_as_it_was_and_an_error_below_it_has_its_line(
    campaign: Campaign,
) -> None:
    file = write_campaign(campaign)
    assert read_campaign(file) == campaign
    file += "wrong = 1\n"
    ((key, line, _),) = errors_in(file)
    assert key == f"targets[{len(campaign.targets)}].wrong"
    assert line == file.count("\n")


@given(st.text() | st.text(alphabet="ab.=\"'[]{}#\n1,"))
def test_whatever_a_file_holds_its_errors_have_lines(file: str) -> None:
    for _, line, message in errors_in(file):
        assert 1 <= line <= file.count("\n") + 1
        assert message


@pytest.mark.parametrize("file", [LEAST, FULL])
def test_a_written_file_says_what_the_file_said(file: str) -> None:
    campaign = read_campaign(file)
    assert read_campaign(write_campaign(campaign)) == campaign


def test_the_sample_campaign() -> None:
    file = (ROOT / "templates" / "campaigns" / "azerbaijan-2018.toml").read_text(encoding="utf-8")
    campaign = read_campaign(file)
    assert campaign.slug == "azerbaijan-2018"
    assert campaign.status is Status.LIVE
    assert campaign.ends is None
    assert campaign.confirm is Confirm.NONE
    assert len(campaign.letter.points) == 3
    values = merge_values(campaign.targets[0], name="Ada Supporter")
    prewritten = body(campaign, values, [point.key for point in campaign.letter.points])
    letter = text(campaign, values, reason="", body=prewritten)
    assert letter.startswith("Dear National Security Advisor Bolton,\n\n")
    assert letter.endswith("\n\nYours sincerely,\nAda Supporter")
    assert 350 <= len(letter.split()) <= 450
