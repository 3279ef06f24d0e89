"""Know a spreadsheet's columns by the words of its head, in English, Spanish and Arabic. Pure.

Also known are those of the files that parliaments and others give out about their members: Open
States (https://data.openstates.org/people/current/tx.csv), EveryPolitician, national parliaments.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice
from types import MappingProxyType
from typing import Final

from letters.files.faults import Flaw, What

_MOST_BEFORE_HEAD: Final = 20
_MARKS: Final = re.compile(r"[\W_]+")
# Teh marbuta and heh, alef maksura and yeh, alef wasla and alef.
_TWO_WAYS: Final = str.maketrans("\u0629\u0649\u0671", "\u0647\u064a\u0627", "\u0640")


@lru_cache(maxsize=10_000)
def known_as(word: str) -> str:
    """Return a head word as it is compared: small letters and digits, without accents.

    Arabic is compared without vowel signs, and letters that people write in two ways as one.
    """
    plain = unicodedata.normalize("NFKD", word).casefold()
    return _MARKS.sub("", plain).translate(_TWO_WAYS)


def words(text: str) -> frozenset[str]:
    """Return the words of a text, with spaces between them, as they are compared."""
    return frozenset(_in_order(text))


def _in_order(text: str) -> tuple[str, ...]:
    return tuple(map(known_as, text.split()))


OWN: Final = (
    "name",
    "email",
    "salutation",
    "role",
    "address",
    "timezone",
    "areas",
    "valid_until",
)
"""The columns that have the names of a target's keys."""

# Of each key the words that mean it, those first that mean it most surely.
_WORDS: Final = MappingProxyType(
    {
        "name": _in_order(
            "name full-name display-name mep-name mp-name member-name member-of-parliament "
            "name-of-member name-of-mp name-of-councillor councillor-name member councillor mp mep "
            "senator legislator deputy representative politician contact-name contact person "
            "nombre-completo "
            "nombre-y-apellidos apellidos-y-nombre nombre diputado diputada senador senadora "
            "representante concejal concejala nom-complet nome name-des-mitglieds الاسم-الكامل "
            "الاسم اسم الاسم-الثلاثي اسم-النائب اسم-العضو النائب العضو surname-first "
            "surname-first-name surname-forename last-name-first-name last-first "
            "apellidos-nombre sort-name"
        ),
        "first": _in_order(
            "first-name given-name given-names forename forenames first christian-name "
            "nombre-de-pila nombres primer-nombre prénom vorname الاسم-الأول الاسم-الشخصي"
        ),
        "last": _in_order(
            "last-name surname family-name last apellidos apellido primer-apellido nachname "
            "familienname cognome nom-de-famille nom اسم-العائلة العائلة الكنية النسب "
            "الاسم-العائلي الاسم-الأخير"
        ),
        "second_last": _in_order("segundo-apellido second-surname"),
        "email": _in_order(
            "email e-mail-address e-mail-1 e-mail-adresse e-mails parliament-email "
            "parliamentary-email official-email work-email office-email capitol-email "
            "council-email contact-email public-email primary-email email-id mail mail-address "
            "correo-electrónico correo-e correo dirección-de-correo "
            "dirección-de-correo-electrónico email-oficial correo-oficial correo-institucional "
            "correo-electrónico-institucional email-institucional courriel adresse-e-mail "
            "البريد-الإلكتروني بريد-إلكتروني البريد "
            "عنوان-البريد-الإلكتروني البريد-الرسمي البريد-الإلكتروني-الرسمي الإيميل-الرسمي "
            "الإيميل ايميل"
        ),
        "salutation": _in_order(
            "salutation letter-salutation formal-salutation greeting dear addressed-as "
            "form-of-address mode-of-address how-to-address saludo encabezado fórmula-de-saludo "
            "anrede التحية صيغة-المخاطبة المخاطبة salutation-title"
        ),
        "title": _in_order(
            "title prefix honorific honorific-prefix name-prefix tratamiento título titel اللقب لقب"
        ),
        "role": _in_order(
            "role position job-title office post portfolio function cargo puesto función papel "
            "المنصب الوظيفة الصفة chamber-role"
        ),
        "address": _in_order(
            "address postal-address office-address mailing-address capitol-address full-address "
            "street-address street address-1 address-line-1 dirección dirección-postal domicilio "
            "calle adresse anschrift العنوان العنوان-البريدي"
        ),
        "address_2": _in_order("address-2 address-line-2"),
        "address_3": _in_order("address-3 address-line-3"),
        "city": _in_order("city town ciudad localidad municipio ort المدينة"),
        "state": _in_order("state county province"),
        "postcode": _in_order("postcode postal-code zip zip-code código-postal plz الرمز-البريدي"),
        "timezone": _in_order("timezone time-zone tz zona-horaria huso-horario المنطقة-الزمنية"),
        "areas": _in_order("areas área áreas-atendidas المناطق"),
        "area": _in_order(
            "area constituency constituency-name electorate electorate-name electoral-district "
            "congressional-district current-district district ward ward-name riding division "
            "electoral-division seat circunscripción distrito circonscription wahlkreis الدائرة "
            "الدائرة-الانتخابية المنطقة"
        ),
        "valid_until": _in_order(
            "valid-until term-end term-ends end-date until hasta válido-hasta fin-de-mandato "
            "mandato-hasta صالح-حتى حتى نهاية-الولاية"
        ),
        "party": _in_order(
            "party current-party political-party party-name partido partido-político الحزب حزب"
        ),
        "_chamber": _in_order("current-chamber"),
    }
)
_IN_BRACKETS: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_KEYS: Final = MappingProxyType({word: key for key, known in _WORDS.items() for word in known})
_NAMES: Final = frozenset({"name", "first", "last"})


class Head:
    """The row of the column names, and what each column is."""

    def __init__(self, row: int, cells: Sequence[str]) -> None:
        self.row: Final = row
        self.cells: Final = tuple(" ".join(cell.split()) for cell in cells)
        self.keys: Final = _keys(self.cells)
        """The key of each column; empty where it says nothing."""

    @property
    def is_complete(self) -> bool:
        """Tell whether each row has what a person needs: a name and an address."""
        return "email" in self.keys and not _NAMES.isdisjoint(self.keys)

    def flaws(self) -> list[Flaw]:
        """Return what is wrong with it."""
        wrong = [Flaw(What.COLUMN_TWICE, found=cell) for cell in self._twice()]
        there = tuple(cell for cell in self.cells if cell)
        absent = [key for key in OWN if key not in self.keys]
        if not _NAMES.isdisjoint(self.keys) and "name" in absent:
            absent.remove("name")
        for cell, key in zip(self.cells, self.keys, strict=True):
            near = get_close_matches(cell.lower(), absent, 1, 0.8)
            if near and key not in _WORDS:
                wrong.append(Flaw(What.UNKNOWN_COLUMN, found=cell, near=near[0]))
                absent.remove(near[0])
        missing = [key for key in ("name", "email") if key in absent]
        return wrong + [Flaw(What.NO_COLUMN, found=key, options=there) for key in missing]

    def _twice(self) -> Iterator[str]:
        seen: set[str] = set()
        for cell in self.cells:
            word = known_as(cell)
            if word in seen and word in {"name", "email", "salutation"}:
                yield cell
            seen.add(word)


def _keys(cells: Sequence[str]) -> tuple[str, ...]:
    """Return what each column is: a key of ours once, and else an attribute by its own name."""
    known = [_word(cell) for cell in cells]
    best: dict[str, int] = {}
    for place, word in enumerate(known):
        key = _KEYS.get(word, "")
        if key and (key not in best or _rank(key, word) < _rank(key, known[best[key]])):
            best[key] = place
    if "first" not in best and "last" in best and known[best.get("name", 0)] == "nombre":
        best["first"] = best.pop("name")  # Nombre, Apellidos
    places = {place: key for key, place in best.items()}
    taken = set(best) | {*OWN}
    keys: list[str] = []
    for place, cell in enumerate(cells):
        key = places.get(place) or _attribute(cell)
        if place not in places:
            while key and key in taken:
                key = f"{key}_2"
            taken.add(key)
        keys.append(key)
    return tuple(keys)


def without_brackets(cell: str) -> str:
    """Return a cell of a head without what stands in brackets."""
    return _IN_BRACKETS.sub(" ", cell)


def _word(cell: str) -> str:
    """Return a head word as it is compared, without what is in brackets if that says nothing.

    "Name (display as)" is a name, and "Surname(s)" a surname.
    """
    whole = known_as(cell)
    return whole if whole in _KEYS else known_as(without_brackets(cell))


def _rank(key: str, word: str) -> int:
    return _WORDS[key].index(word)


def _attribute(cell: str) -> str:
    return re.sub(r"\W+", "_", cell.casefold()).strip("_")[:64]


def find_head(rows: Sequence[tuple[int, Sequence[str]]]) -> Head | None:
    """Return the head among the first rows: the first that names name and address.

    Where there is none it is the one that names most of what we know. None: there is no row.
    """
    best: Head | None = None
    most = -1
    for number, cells in islice(rows, _MOST_BEFORE_HEAD):
        head = Head(number, cells)
        if head.is_complete:
            return head
        known = sum(key in _WORDS for key in head.keys)
        if known > most and any(head.cells):
            best, most = head, known
    return best
