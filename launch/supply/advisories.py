"""Compare what we pin with what is published of holes in it, in the OSV database.

A tool that finds nothing because it has no data looks like one that has looked. So each time we
also ask about a version of which everybody knows that it has a hole. If no answer tells of that
one, the command fails.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any, cast

from launch.checkout import Checkout
from launch.failure import Failure
from launch.supply.pins import Pin, read_pins

DATABASE = "https://api.osv.dev"
_KNOWN_BAD = Pin("jinja2", "2.4.1", ())  # CVE-2019-10906 and others
_SECONDS = 30
_FILES = ("requirements.txt", "requirements-dev.txt")


def check_advisories(checkout: Checkout, environment: Mapping[str, str]) -> bool:
    """Print each advisory about a pin, and tell whether there is none.

    Raises Failure with a sentence where that cannot be known.
    """
    pins = sorted({pin for file in _FILES for pin in read_pins(checkout.root / file)}, key=_name)
    if not pins:
        raise Failure("There are no pins to look up: see that requirements.txt is there.")
    url = environment.get("ADVISORIES_URL", DATABASE)
    found = ask(url, [*pins, _KNOWN_BAD])
    if not found.pop(_KNOWN_BAD.purl):
        raise Failure(
            f"The database of advisories at {url} knows nothing, not even what everybody knows: "
            "nothing was checked. Try again later, or set ADVISORIES_URL to a copy of it."
        )
    told = [(purl, advisory) for purl, advisories in found.items() for advisory in advisories]
    for purl, advisory in told:
        print(f"{purl}: {advisory}")
    print(f"{len(pins)} pins looked up; {len(told)} advisories.")
    return not told


def ask(url: str, pins: Sequence[Pin]) -> dict[str, list[str]]:
    """Give the ids of the advisories about each pin, by its purl; raises Failure."""
    queries = [{"package": {"purl": pin.purl}} for pin in pins]
    request = urllib.request.Request(  # noqa: S310 - the address is the database's
        f"{url}/v1/querybatch",
        json.dumps({"queries": queries}).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - the same
            results = cast("list[dict[str, Any]]", json.load(answer)["results"])
        found = [[str(one["id"]) for one in result.get("vulns", [])] for result in results]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Failure(
            f"The database of advisories at {url} cannot be asked ({type(error).__name__}): "
            "nothing was checked. See that this computer reaches it, or set ADVISORIES_URL to a "
            "copy of it."
        ) from error
    if len(found) != len(pins):
        raise Failure(f"The database of advisories at {url} gave no answer to some: try again.")
    return {pin.purl: advisories for pin, advisories in zip(pins, found, strict=True)}


def _name(pin: Pin) -> str:
    return pin.purl
