"""Know titles, names the wrong way round or in capitals, and seats that nobody holds. Pure."""

import re
from typing import Final

_MOST_TITLES: Final = 4


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TITLES: Final = _words(
    "mr mrs ms miss mx dr prof professor sir dame lord lady baroness baron earl viscount hon "
    "honorable honourable thehon thehonorable thehonourable righthonourable therighthonourable "
    "rthon therthon rev reverend revd cllr councillor councilor councilmember alderman alderwoman "
    "sen senator rep representative assemblymember delegate gov governor mayor minister judge "
    "ambassador capt captain col colonel gen general maj major lt mp mep msp mla am "
    "sr sra srta don doña dn dña dra excmo excma excmosr excmasra ilmo ilma ilmosr ilmasra "
    "exmo exma señor señora señorita diputado diputada "
    "herr frau monsieur madame mme m mlle signor signora "
    "السيد السيدة الآنسة الدكتور الدكتورة د أ أد الأستاذ الأستاذة معالي سعادة النائب النائبة "
    "المهندس الشيخ dª he se"
)
_BESIDE: Final = _words("the rt right most very d el la his her")
# By themselves these greet somebody: "Dear Minister,".
_ROLES: Final = _words(
    "minister senator governor mayor judge ambassador councillor councilor councilmember "
    "professor president secretary representative delegate assemblymember alderman alderwoman "
    "sir madam madame lord lady monsieur señor señora diputado diputada general colonel captain "
    "major النائب النائبة"
)
_BEHIND_COMMA: Final = re.compile(
    r"(jr|sr|ii|iii|iv|esq|mp|mep|msp|mla|mhk|tds?|qc|kc|sc|phd|md|obe|mbe|cbe|am|ao|jp|mba)\.?",
    re.IGNORECASE,
)
_VACANT: Final = _words(
    "vacant vacancy vacantseat seatvacant vacante puestovacante tbc tbd tba unbesetzt شاغر شاغرة "
    "unknown none desconocido desconocida ninguno غيرمعروف لايوجد"
)
_NOT_AVAILABLE: Final = re.compile(r"n\W+a\W*|\S*@\S*", re.IGNORECASE)
# "Mr/Ms", "Sr./Sra.": a list offers both.
_BETWEEN_WORDS: Final = re.compile(r"[\s/]+")


def is_title(text: str) -> bool:
    """Tell whether a text is a title, or titles, and no name: "Hon", "Rt. Hon.", "Sr. D."."""
    words = [word for word in map(_letters, _BETWEEN_WORDS.split(text)) if word]
    if not words or len(words) > _MOST_TITLES:
        return False
    return "".join(words) in _TITLES or (
        all(word in _TITLES or word in _BESIDE for word in words) and not _TITLES.isdisjoint(words)
    )


def is_bare_title(text: str) -> bool:
    """Tell whether a greeting is a title that wants a name behind it: "Hon", and not "Minister"."""
    words = _BETWEEN_WORDS.split(text)
    return is_title(text) and not any(_letters(word) in _ROLES for word in words)


def is_surname_first(name: str) -> bool:
    """Tell whether a name reads as `Surname, First`."""
    surname, comma, first = (part.strip() for part in name.partition(","))
    if not comma or not surname or not first or ";" in name or "," in first:
        return False
    return not _BEHIND_COMMA.fullmatch(first) and len(surname.split()) <= 4


def is_in_capitals(name: str) -> bool:
    """Tell whether a word of a name is in capitals alone, and long enough to be no abbreviation."""
    words = re.findall(r"[^\W\d_]+", name)
    return any(len(word) > 3 and word.isupper() for word in words)


def is_vacant(name: str) -> bool:
    """Tell whether a name says that nobody holds the seat, or names nobody: a dash, "N/A"."""
    first = _letters(name.partition(" ")[0])
    return (
        _letters(name) in _VACANT | {""}
        or first in {"vacant", "vacante", "شاغر"}
        or _NOT_AVAILABLE.fullmatch(name.strip()) is not None
    )


def _letters(text: str) -> str:
    return "".join(filter(str.isalpha, text.casefold()))
