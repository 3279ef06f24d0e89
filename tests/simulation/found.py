"""What the search has found, in the product or in its own judge, as short as it could be made."""

from collections.abc import Mapping, Sequence
from typing import Final

from tests.simulation.drawing import Action, Kind

FOUND: Final[Mapping[str, Sequence[Action]]] = {
    # The claim locked the digest's target, and then, too late, the others at its office.
    "a digest to an office that another campaign writes to": [
        Action(Kind.START, "write", 347, 235931698240781),
    ],
    # The judge forgot since when letters were unknown, though nothing was lost, and sending had not
    # been stopped: what is proven lost may go again until somebody says that books were put back.
    "the same books put back, and a letter proven lost": [
        Action(Kind.START, "write", 206, 36582551491571),
        Action(Kind.START, "work", 54, 183955011750237),
        Action(Kind.WAIT, "", 395, 196795310042529),
        Action(Kind.START, "write", 396, 23493312736667),
        Action(Kind.KILL, "", 425, 1306776585707),
        Action(Kind.START, "work", 274, 131351835995040),
        Action(Kind.RUN, "", 862, 64489403099605),
        Action(Kind.START, "write", 140, 156298809527318),
        Action(Kind.RUN, "", 201, 244656656491753),
        Action(Kind.START, "write", 127, 203077792597591),
        Action(Kind.START, "work", 873, 158010001897693),
        Action(Kind.START, "work", 140, 155017753773155),
        Action(Kind.START, "post", 371, 149599134446584),
        Action(Kind.WAIT, "", 753, 104500938042369),
        Action(Kind.RUN, "", 30, 214829115751949),
        Action(Kind.START, "sweep", 140, 9638289460752),
        Action(Kind.WAIT, "", 986, 85374139849936),
        Action(Kind.START, "work", 170, 82043889858122),
        Action(Kind.RUN, "", 155, 30060545646581),
        Action(Kind.KILL, "", 675, 123349894764396),
        Action(Kind.START, "sweep", 947, 187886679287119),
        Action(Kind.RUN, "", 488, 11530978063516),
        Action(Kind.WAIT, "", 398, 242543134971478),
        Action(Kind.START, "work", 230, 15078449181708),
        Action(Kind.BACK_UP, "", 588, 168227941368870),
        Action(Kind.PUT_BACK, "", 141, 186882508175725),
    ],
}
