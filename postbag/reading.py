"""Open the files that a command names."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import IO

from letters.files.decode import Undecodable, decode, encoding_of
from postbag.shell import Refused

_CHUNK = 1 << 20


@contextmanager
def open_text(path: str) -> Iterator[Iterable[str]]:
    """Open a spreadsheet that may be large, as lines; `-` is standard input. Raises Refused."""
    if path == "-":
        yield StringIO(read_text(path), newline="")
        return
    try:
        with Path(path).open("rb") as file:
            encoding = encoding_of(_chunks(file))
        with Path(path).open(encoding=encoding, newline="") as lines:
            yield lines
    except OSError as error:
        raise _unreadable(path, error) from error
    except (Undecodable, UnicodeDecodeError) as error:
        raise Refused(_not_certain(path)) from error


def read_text(path: str) -> str:
    """Return the text of a spreadsheet; `-` is standard input. Raises Refused."""
    try:
        return decode(sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes())
    except OSError as error:
        raise _unreadable(path, error) from error
    except (Undecodable, UnicodeDecodeError) as error:
        raise Refused(_not_certain(path)) from error


def read_utf8(path: str) -> str:
    """Return the text of a TOML file; `-` is standard input. Raises Refused."""
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise _unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise Refused(f"{path} is not UTF-8 text: save it as UTF-8.") from error


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _unreadable(path: str, error: OSError) -> Refused:
    return Refused(f"{path} cannot be read: {error.strerror}. Check its name.")


def _not_certain(path: str) -> str:
    return (
        f"It is not certain in which encoding {path} was saved, and a wrong one would garble "
        'names: save it anew, as "CSV UTF-8".'
    )
