"""Spreadsheets in the shapes that people really have; the people are made up.

Each says what was read, as `salutation | name | address`, what was told, and what else is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from letters.files.decode import Undecodable, decode
from letters.files.spreadsheet import TargetList, read_targets, write_targets
from postbag.faults import of_rows


@dataclass(frozen=True)
class Shape:
    file: str | bytes
    read: Sequence[str] = ()
    told: Sequence[str] = ()
    remarked: Sequence[str] = ()
    first: str = ""
    """Of the first person: role, areas, address and attributes."""


NONE_THERE = 'Row {}: email "{}" says that there is none: find the address, or leave the row out.'

SHAPES = {
    "councillors with NA": Shape(
        "Name,Party,Ward,Email\nAnn Reed,Green,Quay,ann.reed@council.example\n"
        "Ben Moor,Labour,Hill,NA\nCy Dunn,Labour,Vale,cy.dunn@council.example\n",
        told=['Row 3: email "NA" says that there is none: find the address, or leave the row out.'],
    ),
    "councillors": Shape(
        "Name,Party,Ward,Email\nAnn Reed,Green,Quay Ward,ann.reed@council.example\n",
        ["Ann Reed | Ann Reed | ann.reed@council.example"],
        first="areas=Quay Ward party=Green",
    ),
    "half of the addresses are missing": Shape(
        "name,council,email\nAnn Reed,Port,ann@port.example\nBen Moor,Port,\nCy Dunn,Port,n/a\n",
        told=[
            "Row 3: email is missing: add it.",
            'Row 4: email "n/a" says that there is none: find the address, or leave the row out.',
        ],
    ),
    "EveryPolitician": Shape(
        "id,name,sort_name,email,twitter,facebook,group,group_id,area_id,area,chamber,term,"
        "start_date,end_date,image,gender\n"
        "1,Ann Reed,Reed,ann.reed@house.example,annreed,,Green,green,quay,Port Quay,House,5,,,,f\n",
        ["Ann Reed | Ann Reed | ann.reed@house.example"],
        first="areas=Port Quay chamber=House gender=f group=Green",
    ),
    "a parliament's contacts, surname first, titles apart": Shape(
        "Contact,Salutation/Title,Job Title,Electorate,Parliament Email\n"
        '"Reed, Ann",Hon,Minister for Quays,Port,Ann.Reed@parliament.example\n'
        '"Moor, Ben",Dr,,Hill,Ben.Moor@parliament.example\n'
        '"Dunn, Cy",,,List,Cy.Dunn@parliament.example\n',
        [
            "Hon | Ann Reed | Ann.Reed@parliament.example",
            "Dr | Ben Moor | Ben.Moor@parliament.example",
            "Cy Dunn | Cy Dunn | Cy.Dunn@parliament.example",
        ],
        first="role=Minister for Quays areas=Port",
    ),
    "a European list in capitals": Shape(
        "mep_name,country,group,email\nAnn REED,Ireland,Greens,ann.reed@eu.example\n"
        "Jan VAN DER MOOR,Belgium,EPP,jan.moor@eu.example\n"
        "María GARCÍA PÉREZ,Spain,S&D,maria.garcia@eu.example\n",
        [
            "Ann Reed | Ann Reed | ann.reed@eu.example",
            "Jan van der Moor | Jan van der Moor | jan.moor@eu.example",
            "María García Pérez | María García Pérez | maria.garcia@eu.example",
        ],
        first="country=Ireland group=Greens",
    ),
    "capitals, surname first": Shape(
        'Name;Email\n"REED, Ann";a@x.example\n"O\'MOOR, Ben";b@x.example\n'
        '"MCDUNN-LEE, Cy";c@x.example\n',
        [
            "Ann Reed | Ann Reed | a@x.example",
            "Ben O'Moor | Ben O'Moor | b@x.example",
            "Cy McDunn-Lee | Cy McDunn-Lee | c@x.example",
        ],
    ),
    "capitals behind a small beginning": Shape(
        "Name,Email\nDavid McALLISTER,a@x.example\nChris MacMANUS,b@x.example\n"
        "Aine O'SHEA,c@x.example\n",
        [
            "David McAllister | David McAllister | a@x.example",
            "Chris MacManus | Chris MacManus | b@x.example",
            "Aine O'Shea | Aine O'Shea | c@x.example",
        ],
    ),
    "one name among others has a comma": Shape(
        'name,email\n"Reed, Jr.",a@x.example\nBen Moor,b@x.example\nCy Dunn MP,c@x.example\n',
        [
            "Reed, Jr. | Reed, Jr. | a@x.example",
            "Ben Moor | Ben Moor | b@x.example",
            "Cy Dunn MP | Cy Dunn MP | c@x.example",
        ],
    ),
    "first and last name": Shape(
        "Title,First Name,Last Name,Email Address\nMr,Ben,Moor,b@x.example\n"
        "Hon,Ann,Reed,a@x.example\n,Cy,Dunn,c@x.example\n",
        [
            "Mr Moor | Ben Moor | b@x.example",
            "Hon Ann Reed | Ann Reed | a@x.example",
            "Cy Dunn | Cy Dunn | c@x.example",
        ],
    ),
    "a title that is a role": Shape(
        "Full name,Title,E-mail\nAnn Reed,Minister for Quays,a@x.example\n"
        "Ben Moor,Harbour master,b@x.example\n",
        ["Ann Reed | Ann Reed | a@x.example", "Ben Moor | Ben Moor | b@x.example"],
        first="role=Minister for Quays",
    ),
    "name and surname": Shape(
        "Name,Surname,Mail\nAnn,Reed,a@x.example\n", ["Ann Reed | Ann Reed | a@x.example"]
    ),
    "words in brackets in the head": Shape(
        "Id,Name (Display as),Name (List as),Party,Constituency,Email address(es)\n"
        '1,Ann Reed,"Reed, Ms Ann",Green,Quay,a@x.example\n',
        ["Ann Reed | Ann Reed | a@x.example"],
        first="areas=Quay name_list_as=Reed, Ms Ann party=Green",
    ),
    "several of each, in brackets": Shape(
        "Given name(s),Surname(s),E-mail(s)\nAnn,Reed,a@x.example\n",
        ["Ann Reed | Ann Reed | a@x.example"],
    ),
    "a head that tells the order": Shape(
        '"Surname, First",Salutation/Title,Parliament Email\n"Reed, Ann",Ms Reed,a@x.example\n',
        ["Ms Reed | Ann Reed | a@x.example"],
    ),
    "Spanish": Shape(
        "Nombre;Correo electrónico;Cargo;Circunscripción\n"
        "Ana Peña;ana@congreso.example;Diputada;Cáceres\n",
        ["Ana Peña | Ana Peña | ana@congreso.example"],
        first="role=Diputada areas=Cáceres",
    ),
    "Spanish, in two columns": Shape(
        "Nombre;Primer apellido;Segundo apellido;Tratamiento;Correo\n"
        "Ana;Peña;Ruiz;Excma. Sra.;ana@congreso.example\n",
        ["Excma. Sra. Ana Peña Ruiz | Ana Peña Ruiz | ana@congreso.example"],
    ),
    "Spanish, as Excel saves it": Shape(
        "sep=;\r\nApellidos;Nombre;Correo-e\r\nPeña Núñez;José;jose@congreso.example\r\n".encode(
            "cp1252"
        ),
        ["José Peña Núñez | José Peña Núñez | jose@congreso.example"],
    ),
    "Arabic": Shape(
        "الاسم,البريد الإلكتروني,المنصب,الدائرة\nليلى حداد,layla@majlis.example,وزيرة,الأولى\n",
        ["ليلى حداد | ليلى حداد | layla@majlis.example"],
        first="role=وزيرة areas=الأولى",
    ),
    "Arabic, as Excel saves it": Shape(
        "الاسم;البريد الإلكتروني;اللقب\nليلى حداد;layla@majlis.example;السيدة\n".encode("cp1256"),
        ["السيدة ليلى حداد | ليلى حداد | layla@majlis.example"],
    ),
    "Arabic, not available": Shape(
        "الاسم,البريد\nليلى حداد,غير متاح\n",
        told=[NONE_THERE.format(2, "غير متاح")],
    ),
    "a byte order mark and semicolons": Shape(
        "\ufeffName;Email\r\nAnn Reed;a@x.example\r\n", ["Ann Reed | Ann Reed | a@x.example"]
    ),
    "UTF-16": Shape(
        "Name\tEmail\nÆrø Reed\ta@x.example\n".encode("utf-16"),
        ["Ærø Reed | Ærø Reed | a@x.example"],
    ),
    "UTF-16 without a mark": Shape(
        "Name\tEmail\nAnn Reed\ta@x.example\n".encode("utf-16-le"),
        ["Ann Reed | Ann Reed | a@x.example"],
    ),
    "an old Mac's line ends": Shape(
        "Name,Email\rAnn Reed,a@x.example\rBen Moor,b@x.example\r",
        ["Ann Reed | Ann Reed | a@x.example", "Ben Moor | Ben Moor | b@x.example"],
    ),
    "a title row and a blank one above the head": Shape(
        "Members of the Port Council,,\nas of 1 March 2026,,\n,,\nName,Ward,Email\n"
        "Ann Reed,Quay,a@x.example\nBen Moor,Hill,nobody\n",
        told=['Row 6: email "nobody" is not an e-mail address: write it as name@host.org.'],
    ),
    "addresses as links and cards": Shape(
        "Name,Email\nAnn Reed,mailto:a@x.example\nBen Moor,Ben Moor <b@x.example>\n"
        "Cy Dunn,c@x.example;\nDi Lake,\u200bd@x.example\u00a0\nEd Fox,ed@münchen.example\n"
        "Fi Wood,fi [at] x [dot] example\nGus Hay,g@x.example.\n",
        [
            "Ann Reed | Ann Reed | a@x.example",
            "Ben Moor | Ben Moor | b@x.example",
            "Cy Dunn | Cy Dunn | c@x.example",
            "Di Lake | Di Lake | d@x.example",
            "Ed Fox | Ed Fox | ed@xn--mnchen-3ya.example",
            "Fi Wood | Fi Wood | fi@x.example",
            "Gus Hay | Gus Hay | g@x.example",
        ],
    ),
    "several addresses in a cell": Shape(
        "Name,Email\nAnn Reed,a@x.example; b@x.example\n"
        '"Ben Moor","b@x.example\nb@x.example"\nCy Dunn,c@x.example / cy\n',
        ["Ann Reed | Ann Reed | a@x.example", "Ben Moor | Ben Moor | b@x.example"],
        told=[
            'Row 4: email "c@x.example / cy" is not an e-mail address: write it as name@host.org.'
        ],
        remarked=[
            'Row 2: email "a@x.example; b@x.example" has several addresses: a@x.example is taken.'
        ],
    ),
    "several columns of addresses": Shape(
        "Name,Office email,Email,Constituency email\n"
        "Ann Reed,office@x.example,a@x.example,home@x.example\n",
        ["Ann Reed | Ann Reed | a@x.example"],
        first="constituency_email=home@x.example office_email=office@x.example",
    ),
    "an address in five columns": Shape(
        "Name,Email,Address 1,Address 2,City,State,Zip\n"
        "Ann Reed,a@x.example,1 Quay Street,Room 4,Porttown,PT,02134\n",
        ["Ann Reed | Ann Reed | a@x.example"],
        first="address=1 Quay Street/Room 4/Porttown/PT/02134",
    ),
    "names that look like nothing or like a formula": Shape(
        'Name,Email\nO,o@x.example\nNull,n@x.example\n=SUM(),s@x.example\n"Na, Yoon",y@x.example\n',
        [
            "O | O | o@x.example",
            "Null | Null | n@x.example",
            "=SUM() | =SUM() | s@x.example",
            "Na, Yoon | Na, Yoon | y@x.example",
        ],
    ),
    "German": Shape(
        "Nachname;Vorname;Fraktion;Wahlkreis;E-Mail\nMüller;Jörg;Grüne;Köln I;j@x.example\n".encode(
            "cp1252"
        ),
        ["Jörg Müller | Jörg Müller | j@x.example"],
        first="areas=Köln I fraktion=Grüne",
    ),
    "French": Shape(
        "Nom,Prénom,Courriel,Circonscription\nLefèvre,Zoé,z@x.example,Rhône 3\n",
        ["Zoé Lefèvre | Zoé Lefèvre | z@x.example"],
        first="areas=Rhône 3",
    ),
    "days as spreadsheets write them": Shape(
        "Name,Email,Term ends\nAnn Reed,a@x.example,2027/12/31\nBen Moor,b@x.example,٣١/١٢/٢٠٢٧\n"
        "Cy Dunn,c@x.example,12/05/2027\n",
        told=['Row 4: valid_until "12/05/2027" must be a date such as 2027-03-31.'],
        first="until=2027-12-31",
    ),
    "terms and time zones": Shape(
        "Name,Email,Timezone,Term ends,Areas\nAnn Reed,a@x.example,Europe/Madrid,31/12/2027,"
        '"E1 *; E2*"\n',
        ["Ann Reed | Ann Reed | a@x.example"],
        first="areas=E1 *,E2* until=2027-12-31",
    ),
    "no head at all": Shape(
        "Ann Reed,a@x.example\nBen Moor,b@x.example\n",
        told=[
            'Row 1: there is no column "name": rename one of "Ann Reed" or "a@x.example".',
            'Row 1: there is no column "email": rename one of "Ann Reed" or "a@x.example".',
        ],
    ),
    "rows that cannot be": Shape(
        'Name,Email\nAnn Reed,a@x.example,more\n"Ben"Moor,b@x.example\n,c@x.example\n',
        told=[
            "Row 2: it has more cells than there are columns: look at its quotes.",
            "Row 3: cannot be read as CSV (',' expected after '\"'): look at its quotes.",
            "Row 4: name is missing: add it.",
        ],
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_what_is_read_and_what_is_told(name: str) -> None:
    shape = SHAPES[name]
    found = read_targets(shape.file if isinstance(shape.file, str) else decode(shape.file))
    assert of_rows(found.reports) == list(shape.told)
    assert of_rows(found.remarks) == list(shape.remarked)
    read = [f"{each.salutation} | {each.name} | {each.email}" for each in found.good]
    if shape.read:
        assert read == list(shape.read)
    assert bool(found.targets) is not bool(shape.told)
    assert shape.first in known_of(found)


def known_of(found: TargetList) -> str:
    if not found.good:
        return ""
    first = found.good[0]
    address = first.address.replace("\n", "/")
    until = str(first.valid_until or "")
    ours = {"role": first.role, "areas": ",".join(first.areas), "address": address, "until": until}
    every = {**ours, **dict(first.attributes)}
    left_out = {"id", "sort_name", "twitter", "group_id", "area_id", "term"}
    return " ".join(
        f"{key}={value}" for key, value in every.items() if value and key not in left_out
    )


@pytest.mark.parametrize("name", [name for name, shape in SHAPES.items() if not shape.told])
def test_a_list_that_was_read_is_written_and_read_again_unchanged(name: str) -> None:
    file = SHAPES[name].file
    targets = read_targets(file if isinstance(file, str) else decode(file)).targets
    assert read_targets(write_targets(targets), as_written=True).targets == targets


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Dvořák;Černý", "cp1250"),
        ("Łukasz Wałęsa", "cp1250"),
        ("Petőfi Sándor", "cp1250"),
        ("Băsescu", "cp1250"),
        ("Иван Петров", "cp1251"),
        ("Şahin Güneş", "cp1254"),
        ("José Martínez", "mac_roman"),
        ("José Núñez", "cp850"),
        ("Zoé Bjørk Peña", "cp1252"),  # three languages at once could be a fourth
    ],
)
def test_an_encoding_that_is_not_certain_is_not_guessed(text: str, encoding: str) -> None:
    with pytest.raises(Undecodable):
        decode(f"name,email\n{text},a@x.example\n".encode(encoding))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("François d’Estaing à l’Île", "cp1252"),
        ("São João Camões – „Müller“", "cp1252"),
        ("Sørensen Åse", "cp1252"),
        ("Ñuñoa PEÑA", "cp1252"),
        ("Siân O’Brien", "cp1252"),
        ("محمد علي، دمشق", "cp1256"),
        ("Dvořák 李", "utf-16-be"),
        ("Dvořák 李", "utf-8-sig"),
        ("", "utf-8"),
    ],
)
def test_an_encoding_that_is_certain_is_read(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text
