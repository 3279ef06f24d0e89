"""Say of what a release is made, as CycloneDX 1.6 (ECMA-424), from the pins themselves.

Tools for this look at what happens to be installed. The pins know more: every file that may be
installed, by its digest.
"""

import json
import re
from typing import Any

from launch.checkout import Checkout
from launch.supply.pins import Pin, read_pins

_VERSION = re.compile(r'^version = "([^"]+)"', re.MULTILINE)


def bill_of_materials(checkout: Checkout) -> str:
    """Give the document: what runs (required), and what only tests and checks use (excluded)."""
    running = read_pins(checkout.root / "requirements.txt")
    names = {pin.name for pin in running}
    others = [
        pin for pin in read_pins(checkout.root / "requirements-dev.txt") if pin.name not in names
    ]
    found = _VERSION.search((checkout.root / "pyproject.toml").read_text(encoding="utf-8"))
    us = f"pkg:generic/postbag@{found[1] if found else 'unknown'}"
    document: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": us,
                "name": "postbag",
                "version": us.partition("@")[2],
                "licenses": [{"license": {"id": "MIT"}}],
            }
        },
        "components": [
            *(_component(pin, "required") for pin in running),
            *(_component(pin, "excluded") for pin in others),
        ],
        "dependencies": [{"ref": us, "dependsOn": [pin.purl for pin in running]}],
    }
    return json.dumps(document, indent=2)


def _component(pin: Pin, scope: str) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": pin.purl,
        "name": pin.name,
        "version": pin.version,
        "purl": pin.purl,
        "scope": scope,
        # A pin has several files, one for each kind of computer; a component's own `hashes` would
        # be those of one.
        "externalReferences": [
            {
                "type": "distribution",
                "url": pin.purl,
                "hashes": [{"alg": "SHA-256", "content": digest} for digest in pin.digests],
            }
        ],
    }
