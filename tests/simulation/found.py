"""What the search has found in the product, as short as it could be made: kept, and mended."""

from collections.abc import Mapping, Sequence
from typing import Final

from tests.simulation.drawing import Action, Kind

FOUND: Final[Mapping[str, Sequence[Action]]] = {
    # The claim locked the digest's target, and then, too late, the others at its office.
    "a digest to an office that another campaign writes to": [
        Action(Kind.START, "write", 347, 235931698240781),
    ],
}
