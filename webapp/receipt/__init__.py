"""The receipt: where a supporter sees what became of each letter."""

from webapp.receipt import decisions, routes
from webapp.receipt.door import blueprint

__all__ = ["blueprint", "decisions", "routes"]
