"""Set letters on paper: letters in, a PDF out. Pure but for reading the two fonts.

The paper is A4. What neither font has becomes an empty box; glyphs.py tells of it.
"""

import re
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from fpdf import FPDF
from fpdf.enums import MethodReturnValue, TextDirection, XPos, YPos
from fpdf.fonts import TTFFont

from letters.languages import Language
from letters.text.paper.sheet import BLANK, Sheet

_FONTS: Final = Path(__file__).parent / "fonts"
_MARGIN_MM: Final = 27
_FOOT_MM: Final = 22
_SIZE_PT: Final = 11
_FINE_SIZE_PT: Final = 8
_ARABIC_SIZE_PT: Final = 12.5  # its letters are smaller at the same size
_LINE_MM: Final = 5.6
_GAP_MM: Final = 3.2
_SIGNATURE_MM: Final = 14
_RULE_MM: Final = 75
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_UNSEEN: Final = re.compile(r"[\u00ad\u200b\u2060-\u2064\ufeff]")
_HEAP: Final = re.compile(r"([\u0300-\u036f]{4})[\u0300-\u036f]+")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


class _Remembering(TTFFont):
    """A font that measures and shapes each piece of text once.

    FPDF asks for the width of each character anew, line by line, and letters to twenty offices
    differ in their addresses alone: nineteen twentieths of the time went into that.
    """

    def __init__(self, font: TTFFont) -> None:
        for name in TTFFont.__slots__:  # it is parsed already
            if hasattr(font, name):
                setattr(self, name, getattr(font, name))
        self._widths: dict[tuple[str, float, object], tuple[int, float]] = {}
        self._shapes: dict[tuple[str, float, object], Sequence[dict[str, Any]]] = {}

    def get_text_width(
        self, text: str, font_size_pt: float, text_shaping_params: dict[str, Any] | None
    ) -> tuple[int, float]:
        """Return the number of glyphs, and their width."""
        key = (text, font_size_pt, _direction(text_shaping_params))
        if key not in self._widths:
            self._widths[key] = super().get_text_width(text, font_size_pt, text_shaping_params)
        return self._widths[key]

    def shape_text(
        self, text: str, font_size_pt: float, text_shaping_params: dict[str, Any] | None
    ) -> Sequence[dict[str, Any]]:
        """Return the glyphs, each with its place."""
        key = (text, font_size_pt, _direction(text_shaping_params))
        if key not in self._shapes:
            self._shapes[key] = super().shape_text(text, font_size_pt, text_shaping_params)
        return self._shapes[key]


def _direction(shaping: dict[str, Any] | None) -> object:
    """Return what of the shaping differs within one paper."""
    return shaping and (shaping.get("fragment_direction"), shaping.get("paragraph_direction"))


class _Paper(FPDF):
    """A4 in the direction of a language.

    At the foot stands whose campaign it is, and a number on a letter's later pages.
    """

    def __init__(self, language: Language, whose: str) -> None:
        super().__init__(format="A4")
        self._whose = whose
        self.is_rtl = language is Language.AR
        self._first_page = 1
        self.set_margin(_MARGIN_MM)
        self.c_margin = 0
        self.set_auto_page_break(auto=True, margin=_FOOT_MM)
        self.add_font("latin", fname=_FONTS / "NotoSerif-Regular.ttf")
        self.add_font("arabic", fname=_FONTS / "NotoNaskhArabic-Regular.ttf")
        if self.is_rtl:
            self.set_font("arabic", size=_ARABIC_SIZE_PT)
            self.set_fallback_fonts(["latin"])
        else:
            self.set_font("latin", size=_SIZE_PT)
            self.set_fallback_fonts(["arabic"])
        for name, font in self.fonts.items():
            if isinstance(font, TTFFont):
                self.fonts[name] = _Remembering(font)
        self.set_text_shaping(
            direction=TextDirection.RTL if self.is_rtl else TextDirection.LTR,
            language=language.value,
        )

    def close(self) -> None:
        """Close the fonts' files, which FPDF leaves open."""
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()

    def begin_letter(self) -> None:
        """Begin a letter on a page of its own."""
        self.add_page()
        self._first_page = self.page_no()

    def header(self) -> None:
        """Set the font of a new page; FPDF calls this."""
        self._use_font()

    def _use_font(self, style: str = "") -> None:
        """Write the font into the page at once.

        FPDF would write it with the first text. Where all of that is in the other font, it writes
        it among what is undone after that text, and the next text has no font at all.
        """
        self.set_font(style=style)
        if self.current_font is not None:
            self._out(self._set_font_for_page(self.current_font, self.font_size_pt))

    def footer(self) -> None:
        """Write the foot of a page; FPDF calls this at its end."""
        number = self.page_no() - self._first_page + 1
        if number > 1:
            self.set_y(-_FOOT_MM + _LINE_MM)
            self.cell(0, _LINE_MM, str(number), align="C")
        if self._whose:
            size = self.font_size_pt
            self.set_font_size(_FINE_SIZE_PT)
            self._use_font()
            self.set_y(-_FOOT_MM + 2 * _LINE_MM)
            self.cell(0, _LINE_MM, self._whose, align="R" if self.is_rtl else "L")
            self.set_font_size(size)

    def write_paragraph(self, paragraph: str) -> None:
        """Write a paragraph, breaking lines at words, or within one that is longer than a line."""
        for line in paragraph.split("\n"):
            self._cell(line)

    def write_underlined(self, paragraph: str) -> None:
        """Write a paragraph with a line under it."""
        self._use_font("U")
        self.write_paragraph(paragraph)
        self._use_font()

    def height(self, paragraph: str) -> float:
        """Return the millimetres that a paragraph takes."""
        return sum(float(str(self._cell(line, measure=True))) for line in paragraph.split("\n"))

    def _cell(self, line: str, *, measure: bool = False) -> object:
        # Line by line: of a text with many lines FPDF makes a recursion as deep.
        return self.multi_cell(
            0,
            _LINE_MM,
            line,
            align="R" if self.is_rtl else "L",
            new_x=XPos.LMARGIN,
            new_y=YPos.NEXT,
            dry_run=measure,
            output=MethodReturnValue.HEIGHT,
        )

    def rule(self) -> None:
        """Draw a line to write on, at the side where lines begin."""
        x = self.w - _MARGIN_MM - _RULE_MM if self.is_rtl else _MARGIN_MM
        self.line(x, self.y, x + _RULE_MM, self.y)


def typeset(
    sheets: Sequence[Sheet], *, title: str, language: Language, day: date, whose: str = ""
) -> bytes:
    """Return a PDF with each letter on pages of its own; `day` is when it was made.

    `whose` campaign it is stands small at the foot of each page.

    The same letters give the same bytes. Text of every kind gives pages, never an error.
    """
    with closing(_Paper(language, printable(whose))) as paper:
        paper.set_title(printable(title))
        paper.set_author(printable(whose))
        paper.set_lang(language.value)
        paper.set_creation_date(datetime.combine(day, time(), UTC))
        paper.set_line_width(0.2)
        for sheet in sheets:
            _set_letter(paper, sheet)
        return bytes(paper.output())


@lru_cache(maxsize=1)
def known_characters() -> frozenset[int]:
    """Return the code points that one of the fonts has."""
    with closing(_Paper(Language.EN, "")) as paper:
        fonts = [font for font in paper.fonts.values() if isinstance(font, TTFFont)]
        return frozenset(character for font in fonts for character in font.cmap)


def _set_letter(paper: _Paper, sheet: Sheet) -> None:
    paper.begin_letter()
    if sheet.address:
        paper.write_paragraph(printable(sheet.address))
    else:
        for _ in range(4):
            paper.ln(_LINE_MM + _GAP_MM)
            paper.rule()
    paper.ln(3 * _GAP_MM)
    paper.write_paragraph(printable(sheet.date))
    paper.ln(3 * _GAP_MM)
    if sheet.salutation:  # a writer's own letter has it in its text
        paper.write_paragraph(printable(sheet.salutation))
        paper.ln(_GAP_MM)
    paper.write_underlined(printable(sheet.subject))
    paper.ln(_GAP_MM)
    for paragraph in _paragraphs(sheet.body):
        paper.write_paragraph(paragraph)
        paper.ln(_GAP_MM)
    if not sheet.closing:
        return
    *before, last = _paragraphs(sheet.closing) or [""]
    for paragraph in before:
        paper.write_paragraph(paragraph)
        paper.ln(_GAP_MM)
    _set_signature(paper, last)


def _set_signature(paper: _Paper, text: str) -> None:
    """Set the letter's last paragraph, undivided where a page can hold it."""
    lines = text.split("\n")
    high = paper.height(text) + _SIGNATURE_MM * lines.count(BLANK)
    if paper.will_page_break(high) and high < paper.eph:
        paper.add_page()
    for line in lines:
        if line.strip() == BLANK:
            paper.ln(_SIGNATURE_MM)
            paper.rule()
            paper.ln(_GAP_MM)
        else:
            paper.write_paragraph(line)


def _paragraphs(text: str) -> list[str]:
    return [part for part in re.split(r"\n\s*\n", printable(text).strip("\n")) if part]


def printable(text: str) -> str:
    """Return `text` without what is not for print: control characters and heaps of marks."""
    return _HEAP.sub(r"\1", _SURROGATE.sub("\ufffd", _UNSEEN.sub("", _CONTROL.sub(" ", text))))
