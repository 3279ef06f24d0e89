"""Draw the picture that a link to a campaign is shown with: a sheet, its title, whose it is. Pure.

It is drawn of the campaign's own words, so that no link of one campaign looks like that of another.
"""

import io
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from letters.languages import Language

SIZE: Final = (1200, 630)
_FONTS: Final = Path(__file__).parent / "paper" / "fonts"
_GROUND: Final = "#f4f1ea"
_SHEET: Final = "#fffdf7"
_EDGE: Final = "#d9d3c6"
_INK: Final = "#1d2733"
_QUIET: Final = "#56606c"
_SHEET_BOX: Final = (70, 60, 1130, 570)
_INSIDE: Final = (130, 110, 1070, 520)
_BAR: Final = 14
_TITLE_SIZES: Final = (76, 64, 54, 46, 40, 34)
_NAME_SIZE: Final = 34
_TITLE_HEIGHT: Final = 290
_LOGO_BOX: Final = (220, 84)
_MORE: Final = "…"


def draw(
    *, title: str, name: str, language: Language, accent: str = "", logo: bytes | None = None
) -> bytes:
    """Return the picture as PNG. Text of every kind gives a picture, never an error."""
    picture = Image.new("RGB", SIZE, _GROUND)
    pen = ImageDraw.Draw(picture)
    pen.rectangle(_SHEET_BOX, fill=_SHEET, outline=_EDGE, width=2)
    left, top, right, _ = _SHEET_BOX
    pen.rectangle((left, top, right, top + _BAR), fill=accent or _QUIET)
    is_rtl = language is Language.AR
    _write_title(pen, title, language, is_rtl=is_rtl)
    x = _place_logo(picture, logo, is_rtl=is_rtl)
    _write_name(pen, name, language, x, is_rtl=is_rtl)
    file = io.BytesIO()
    picture.quantize(64, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


def _font(text: str, language: Language, size: int) -> ImageFont.FreeTypeFont:
    is_arabic = any("\u0600" <= mark <= "\u06ff" for mark in text)
    is_arabic = is_arabic or (language is Language.AR and not text.isascii())
    file = "NotoNaskhArabic-Regular.ttf" if is_arabic else "NotoSerif-Regular.ttf"
    return ImageFont.truetype(_FONTS / file, size)


def _write_title(pen: ImageDraw.ImageDraw, title: str, language: Language, *, is_rtl: bool) -> None:
    left, top, right, _ = _INSIDE
    lines: list[str] = []
    for size in _TITLE_SIZES:
        font = _font(title, language, size)
        step = round(size * 1.3)
        lines = _lines(title, font, right - left)
        if len(lines) * step <= _TITLE_HEIGHT:
            break
    else:
        most = _TITLE_HEIGHT // step
        lines = [*lines[: most - 1], _cut(lines[most - 1] + _MORE, font, right - left)]
    for number, line in enumerate(lines):
        place = (right if is_rtl else left, top + number * step)
        pen.text(place, line, font=font, fill=_INK, anchor="ra" if is_rtl else "la")


def _lines(text: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Return a text in lines, broken at words, or within one that is longer than a line."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        rest = word
        while font.getlength(rest) > width:
            part = next(n for n in range(len(rest), 0, -1) if font.getlength(rest[:n]) <= width)
            lines[-1], rest = rest[:part], rest[part:]
            lines.append("")
        lines[-1] = rest
    return lines


def _cut(text: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    """Return as much of a text as fits into a line."""
    while font.getlength(text) > width and len(text) > 1:
        text = text[:-2] + _MORE
    return text


def _place_logo(picture: Image.Image, logo: bytes | None, *, is_rtl: bool) -> int:
    """Put the logo at the foot; return where the name begins."""
    left, _, right, bottom = _INSIDE
    if logo is None:
        return right if is_rtl else left
    with Image.open(io.BytesIO(logo), formats=("WEBP",)) as found:
        mark = found.convert("RGBA")
    mark.thumbnail(_LOGO_BOX, Image.Resampling.LANCZOS)
    x = right - mark.width if is_rtl else left
    picture.paste(mark, (x, bottom - mark.height), mark)
    return x - 24 if is_rtl else x + mark.width + 24


def _write_name(
    pen: ImageDraw.ImageDraw, name: str, language: Language, x: int, *, is_rtl: bool
) -> None:
    left, _, right, bottom = _INSIDE
    font = _font(name, language, _NAME_SIZE)
    name = _cut(name, font, x - left if is_rtl else right - x)
    place = (x, bottom - _LOGO_BOX[1] // 2)
    pen.text(place, name, font=font, fill=_QUIET, anchor="rm" if is_rtl else "lm")
