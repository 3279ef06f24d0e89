"""A logo is read with limits and written anew, whatever the file was made for."""

import io
import random
import struct
import zlib
from collections.abc import Callable

import pytest
from PIL import Image

from letters.files.faults import What
from letters.files.logo_file import UnusableLogo, as_data, from_data, read_logo

PLACE = b"48 51 29.6 N 2 17 40.2 E"


def picture(kind: str, size: tuple[int, int] = (600, 300), **more: object) -> bytes:
    """Give a picture with a little of everything in it."""
    made = Image.new("RGB", size, "#0f5f6b")
    made.paste("#ffcc00", (0, 0, size[0] // 2, size[1] // 2))
    file = io.BytesIO()
    made.save(file, kind, **more)
    return file.getvalue()


def with_a_place() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = PLACE.decode()  # ImageDescription
    exif[0x0112] = 6  # lies on its side
    exif.get_ifd(0x8825)[1] = "N"
    return picture("JPEG", exif=exif, comment=PLACE)


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (60, 60), (n * 20, 0, 0)) for n in range(5)]
    file = io.BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], duration=100)
    return file.getvalue()


def claims_to_be(width: int, height: int) -> bytes:
    """Give a PNG that says it is so large, in a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
SCRIPT = b"<script>alert(document.domain)</script>"
REFUSED: dict[str, tuple[Callable[[], bytes], What]] = {
    "an SVG": (lambda: SVG, What.NOT_A_PICTURE),
    "20,000 by 20,000": (lambda: claims_to_be(20_000, 20_000), What.PICTURE_TOO_LARGE),
    "a bomb": (lambda: claims_to_be(2_000_000, 2_000_000), What.PICTURE_TOO_LARGE),
    "many pixels": (lambda: claims_to_be(5_900, 5_900), What.PICTURE_TOO_LARGE),
    "more than 200 kB": (lambda: picture("PNG") + b"x" * 200_000, What.LOGO_TOO_HEAVY),
    "a GIF": (lambda: picture("GIF"), What.NOT_A_PICTURE),
    "a BMP": (lambda: picture("BMP", (60, 60)), What.NOT_A_PICTURE),
    "half a file": (lambda: picture("PNG")[:300], What.NOT_A_PICTURE),
    "nothing": (lambda: b"", What.NOT_A_PICTURE),
    "a page": (lambda: b"<!doctype html>" + SCRIPT, What.NOT_A_PICTURE),
}
HARMLESS: dict[str, Callable[[], bytes]] = {
    "a PNG": lambda: picture("PNG"),
    "a JPEG": lambda: picture("JPEG"),
    "a WebP": lambda: picture("WEBP"),
    "one with a place": with_a_place,
    "a PNG that is a page as well": lambda: picture("PNG") + SCRIPT,
    "a JPEG that is a page as well": lambda: picture("JPEG", comment=SCRIPT),
    "a JPEG that is an archive as well": lambda: picture("JPEG") + b"PK\x03\x04" + SCRIPT,
    "an animated PNG": lambda: animated("PNG"),
    "an animated WebP": lambda: animated("WEBP"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    make, what = REFUSED[name]
    with pytest.raises(UnusableLogo) as caught:
        read_logo(make())
    assert caught.value.flaw.what is what


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_made_harmless(name: str) -> None:
    made = read_logo(HARMLESS[name]())
    content = made.content
    assert len(content) <= 12_000
    for trace in (
        PLACE,
        SCRIPT,
        b"EXIF",
        b"Exif",
        b"XMP ",
        b"ICCP",
        b"ANIM",
        b"ANMF",
        b"PK\x03\x04",
    ):
        assert trace not in content
    with Image.open(io.BytesIO(content)) as again:
        assert again.format == "WEBP"
        assert again.size == (made.facts.width, made.facts.height)
        assert getattr(again, "n_frames", 1) == 1
        assert again.width <= 480
        assert again.height <= 144
    assert read_logo(HARMLESS[name]()) == made
    assert from_data(as_data(made)) == content


def test_it_stands_upright_whatever_the_camera_said() -> None:
    facts = read_logo(with_a_place()).facts
    assert facts.height > facts.width


def test_what_is_seen_through_stays_so() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (100, 50), (255, 0, 0, 0)).save(file, "PNG")
    with Image.open(io.BytesIO(read_logo(file.getvalue()).content)) as made:
        assert made.has_transparency_data


def test_noise_is_a_picture_or_refused_and_nothing_else(is_long: bool) -> None:
    drawn = random.Random(15)
    good = [picture(kind, (64, 32)) for kind in ("PNG", "JPEG", "WEBP")]
    for n in range(3_000 if is_long else 300):
        data = bytearray(good[n % 3])
        for _ in range(drawn.randrange(1, 12)):
            data[drawn.randrange(len(data))] = drawn.randrange(256)
        try:
            read_logo(bytes(data))
        except UnusableLogo:
            continue


@pytest.mark.parametrize("named", ["data:image/png;base64,%%%", "data:text/html,x", "data:"])
def test_a_data_address_that_holds_no_picture(named: str) -> None:
    with pytest.raises(UnusableLogo):
        from_data(named)
