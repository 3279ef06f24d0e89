"""Know the titles that stand before names, and the words for a seat that nobody holds. Pure."""

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
    "المهندس الشيخ"
)
_BESIDE: Final = _words("the rt right most very d el la his her")
_VACANT: Final = _words(
    "vacant vacancy vacantseat seatvacant vacante puestovacante tbc tbd tba unbesetzt شاغر شاغرة"
)


def is_title(text: str) -> bool:
    """Tell whether a text is a title, or titles, and no name: "Hon", "Rt. Hon.", "Sr. D."."""
    words = [word for word in map(_letters, text.split()) if word]
    if not words or len(words) > _MOST_TITLES:
        return False
    return "".join(words) in _TITLES or (
        all(word in _TITLES or word in _BESIDE for word in words) and not _TITLES.isdisjoint(words)
    )


def is_vacant(name: str) -> bool:
    """Tell whether a name says that nobody holds the seat."""
    return _letters(name) in _VACANT


def _letters(text: str) -> str:
    return "".join(filter(str.isalpha, text.casefold()))
