"""The rivals' virtual environment, in var/: the product's own never holds them."""

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

from rig import ROOT

REQUIREMENTS = ROOT / "bench" / "requirements.txt"
FOLDER = ROOT / "var" / "bench-venv"


def program(name: str) -> Path:
    """Give the path of a program there; installs what bench/requirements.txt lists first."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    stamp = FOLDER / "installed"
    if not stamp.exists() or stamp.read_text() != digest:
        print("Installing the rivals; this takes a minute or two.", file=sys.stderr, flush=True)
        venv.EnvBuilder(clear=True, symlinks=True, with_pip=True).create(FOLDER)
        pip: list[str | Path] = [
            FOLDER / "bin" / "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
        ]
        more = ["--no-deps", "--only-binary=:all:", "--disable-pip-version-check"]
        subprocess.run([*pip, *more, "-r", REQUIREMENTS], check=True)
        stamp.write_text(digest)
    return FOLDER / "bin" / name
