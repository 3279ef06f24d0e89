"""Describe the shape that a JSON value must have, and say where a value departs from it.

A handful of shapes is enough for SendGrid's requests. Each finding names the field by its dotted
path (`personalizations.0.to.0.email`), as SendGrid does.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

LINE_BREAKS = "\r\n"

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_EMAIL = re.compile(rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@(?:{_LABEL}\.)+{_LABEL}")
_LOCAL_PART_LIMIT = 64
_EMAIL_LIMIT = 320  # SendGrid's own limit: local part, @ and domain


@dataclass(frozen=True)
class Refusal:
    """One reason for not taking a request. `field` is None where SendGrid names none."""

    field: str | None
    message: str


@dataclass(frozen=True)
class Flag:
    """true or false."""


@dataclass(frozen=True)
class Number:
    """A number from `lowest` to `highest`, an integer if `whole`."""

    lowest: float = -math.inf
    highest: float = math.inf
    whole: bool = False


@dataclass(frozen=True)
class Text:
    """A string of `shortest` to `longest` characters, with none of those in `forbidden`."""

    shortest: int = 0
    longest: int | None = None
    forbidden: str = ""
    ascii_only: bool = False
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Email:
    """An address, by RFC 5322's dot-atom form; quoted local parts are not taken."""

    ascii_only: bool = False


@dataclass(frozen=True)
class Array:
    """A list of `fewest` to `most` items of one shape, no two equal if `unique`."""

    items: "Shape"
    fewest: int = 0
    most: int | None = None
    unique: bool = False


@dataclass(frozen=True)
class Record:
    """An object with the fields listed and no others; `any_field` admits others of that shape."""

    fields: "Mapping[str, Shape]" = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    any_field: "Shape | None" = None


@dataclass(frozen=True)
class Anything:
    """Whatever JSON can say."""


WHOLE = Number(whole=True)
Shape = Flag | Number | Text | Email | Array | Record | Anything


def departures(shape: Shape, value: Json, path: str = "") -> Iterator[Refusal]:
    """Yield every way in which `value` is not of `shape`; none means that it is."""
    match shape, value:
        case Flag(), bool():
            return
        case Anything(), _:
            return
        case Number() as number, int() | float() if _counts_as(number, value):
            if not number.lowest <= value <= number.highest:
                bounds = f"from {number.lowest:g} to {number.highest:g}"
                yield Refusal(path, f"This must be {bounds}.")
        case Text() as text, str():
            yield from _text_departures(text, value, path)
        case Email() as email, str():
            yield from _email_departures(email, value, path)
        case Array() as array, list():
            yield from _array_departures(array, value, path)
        case Record() as record, dict():
            yield from _record_departures(record, value, path)
        case _:
            wanted, given = _shape_name(shape), _json_name(value)
            yield Refusal(path or None, f"This must be {wanted}, and {given} was given.")


def _counts_as(shape: Number, value: float) -> bool:
    # To Python true is 1; to JSON it is no number.
    return not isinstance(value, bool) and (isinstance(value, int) or not shape.whole)


def _text_departures(shape: Text, value: str, path: str) -> Iterator[Refusal]:
    if len(value) < shape.shortest:
        yield Refusal(path, f"This must have {shape.shortest} characters or more.")
    if shape.longest is not None and len(value) > shape.longest:
        yield Refusal(path, f"This has {len(value)} characters; {shape.longest} are allowed.")
    found = sorted({character for character in value if character in shape.forbidden})
    if found:
        yield Refusal(path, f"This must not contain {' or '.join(map(repr, found))}.")
    if shape.ascii_only and not value.isascii():
        yield Refusal(path, "This must be ASCII.")
    if shape.one_of and value not in shape.one_of:
        yield Refusal(path, f"This must be one of: {', '.join(shape.one_of)}.")


def _email_departures(shape: Email, value: str, path: str) -> Iterator[Refusal]:
    matched = _EMAIL.fullmatch(value)
    if len(value) > _EMAIL_LIMIT:
        yield Refusal(path, f"An address may have {_EMAIL_LIMIT} characters at most.")
    elif not matched or len(matched["local"]) > _LOCAL_PART_LIMIT:
        yield Refusal(path, "This is not a valid e-mail address.")
    elif shape.ascii_only and not value.isascii():
        yield Refusal(path, "Unicode is not supported in this address.")


def _array_departures(shape: Array, value: list[Json], path: str) -> Iterator[Refusal]:
    if len(value) < shape.fewest:
        yield Refusal(path, f"This must have {shape.fewest} items or more.")
    if shape.most is not None and len(value) > shape.most:
        yield Refusal(path, f"This has {len(value)} items; {shape.most} are allowed.")
    if shape.unique and any(item in value[:place] for place, item in enumerate(value)):
        yield Refusal(path, "This must not hold the same item twice.")
    for place, item in enumerate(value):
        yield from departures(shape.items, item, f"{path}.{place}" if path else str(place))


def _record_departures(shape: Record, value: dict[str, Json], path: str) -> Iterator[Refusal]:
    for name in shape.needed:
        if name not in value:
            yield Refusal(f"{path}.{name}" if path else name, "This is needed.")
    for name, item in value.items():
        inner = f"{path}.{name}" if path else name
        inner_shape = shape.fields.get(name, shape.any_field)
        if inner_shape is None:
            yield Refusal(inner, "There is no such field.")
        else:
            yield from departures(inner_shape, item, inner)


def _shape_name(shape: Shape) -> str:
    match shape:
        case Flag():
            return "a boolean"
        case Number():
            return "an integer" if shape.whole else "a number"
        case Text() | Email():
            return "a string"
        case Array():
            return "an array"
        case Record():
            return "an object"
        case Anything():
            return "a value"


def _json_name(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case dict():
            return "an object"
