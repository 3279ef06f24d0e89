"""Read a picture as a logo and write it anew: nothing of the file that came is served. Pure.

What a decoder cannot read, or what would fill the memory, is refused. Where it is taken, its own
words (where it was taken, by which program), its further frames and whatever follows it are gone.
"""

import base64
import binascii
import hashlib
import io
import re
import warnings
from typing import Final

from PIL import Image, ImageOps

from letters.files.faults import Flaw, What
from letters.organisation import Logo, Picture

MOST_BYTES: Final = 200_000
_FORMATS: Final = ("PNG", "JPEG", "WEBP")
_MOST_SIDE: Final = 6_000
_MOST_PIXELS: Final = 16_000_000
_BOX: Final = (480, 144)
"""Twice what it is shown at, for screens that are that fine."""
_MOST_WRITTEN: Final = 12_000
"""Bytes: a page with all that it needs is 60 kB at most."""
_QUALITIES: Final = (90, 75, 55, 35, 15)
_DATA: Final = re.compile(r"data:image/[a-z]+;base64,(?P<content>[A-Za-z0-9+/=\s]*)")


class UnusableLogo(Exception):
    """A file cannot be a logo; `flaw` says why."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.what.name)
        self.flaw = flaw


def read_logo(data: bytes) -> Picture:
    """Return the picture in a file, written anew; raise UnusableLogo."""
    if len(data) > MOST_BYTES:
        raise UnusableLogo(Flaw(What.LOGO_TOO_HEAVY, most=MOST_BYTES))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_FORMATS) as found:
                width, height = found.size
                _refuse_too_large(width, height)
                return _written(_upright(found))
    except UnusableLogo:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except Exception as error:  # what a decoder stumbles over is of many kinds
        raise UnusableLogo(Flaw(What.NOT_A_PICTURE)) from error


def _refuse_too_large(width: int, height: int) -> None:
    if max(width, height) > _MOST_SIDE or width * height > _MOST_PIXELS:
        raise _too_large()


def _too_large() -> UnusableLogo:
    return UnusableLogo(Flaw(What.PICTURE_TOO_LARGE, most=_MOST_SIDE))


def _upright(found: Image.Image) -> Image.Image:
    """Return the first frame, small enough, upright, and with nothing beside its pixels."""
    found.draft("RGB", (2 * _BOX[0], 2 * _BOX[1]))  # a JPEG need not be read in full
    has_alpha = found.has_transparency_data
    plain = ImageOps.exif_transpose(found.convert("RGBA" if has_alpha else "RGB"))
    plain.thumbnail(_BOX, Image.Resampling.LANCZOS)
    bare = Image.new(plain.mode, plain.size)
    bare.paste(plain)
    return bare


def _written(bare: Image.Image) -> Picture:
    content = b""
    for quality in _QUALITIES:
        file = io.BytesIO()
        bare.save(file, "WEBP", quality=quality, method=6)
        content = file.getvalue()
        if len(content) <= _MOST_WRITTEN:
            break
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Picture(Logo(digest, bare.width, bare.height), content)


def as_data(picture: Picture) -> str:
    """Return a picture as a data: address, so that one file holds an organisation."""
    return f"data:image/webp;base64,{base64.b64encode(picture.content).decode()}"


def from_data(named: str) -> bytes | None:
    """Return what stands in a data: address; None if it is the name of a file.

    Raises UnusableLogo.
    """
    if not named.startswith("data:"):
        return None
    found = _DATA.fullmatch(named)
    try:
        if found:
            return base64.b64decode(found["content"])
    except binascii.Error:
        pass  # said below
    raise UnusableLogo(Flaw(What.NOT_A_PICTURE))
