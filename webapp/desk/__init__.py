"""The organisers' desk: see the books, decide what needs a person, steer."""

from webapp.desk import dashboard, held, sign_in, steering
from webapp.desk.door import OPEN, door

__all__ = ["OPEN", "dashboard", "door", "held", "sign_in", "steering"]
