"""Read the fields of WTForms' forms."""

from wtforms.fields import Field

from letters.intake import posted


def trimmed(text: str | None) -> str:
    """Return `text` without white space at its ends. Line ends stay, to be refused."""
    return posted.trimmed(text or "")


def typed(field: Field) -> str:
    """Return what was typed into a field; empty where it was not posted."""
    return str(field.data or "")
