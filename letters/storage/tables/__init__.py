"""The tables, by what they are about. :mod:`letters.storage.schema` has them all."""
