"""Relays: notices that pass an answer on."""

from typing import Final

from sqlalchemy import exists, or_, select

from letters.storage.schema import answer, letter

IS_RELAY: Final = exists(select(answer.c.id).where(answer.c.relay_id == letter.c.id))
IS_SETTLED: Final = or_(letter.c.kind == "letter", IS_RELAY)
"""Of what a person or proof decides where its fate is not known: letters, and answers passed on.
Any other notice can be asked for again."""
