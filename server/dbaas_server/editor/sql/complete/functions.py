"""Functions: the database's own and those that PostgreSQL comes with; and the types that values can have."""

from __future__ import annotations

from functools import partial

from ....nouns import Function
from ..builtins import FUNCTIONS, SET_COLUMNS, WITHOUT_BRACKETS
from ..describe import function_signature
from ..names import if_needed
from ..schema import SEARCH_PATH, Schema
from ..words import COMMON_TYPES, TYPES
from .candidates import Offer
from .context import Context

__all__ = ["offer_functions", "offer_schema_functions", "offer_set_functions", "offer_types"]

_FIRST = frozenset({"count", "sum", "avg", "min", "max", "coalesce", "now"})


_OF_AUTH = (
    ("uid() → uuid", "who asks, as a UUID"),
    ("sub() → text", "who asks, as text"),
    ("role() → text", "the role of who asks"),
    ("jwt() → jsonb", "the claims of the token"),
)


def _told(comment: str | None) -> str | None:
    return comment or None


def _own(offer: Offer, function: Function, rank: float, *, call: bool) -> None:
    name = if_needed(function.ref.name)
    offer.text(
        name, "function", rank, function_signature(function), partial(_told, function.comment),
        insert=f"{name}(" if call else name, match=function.ref.name,
    )  # fmt: skip


def offer_functions(offer: Offer, context: Context, rank: float = 0.7, *, call: bool = True) -> None:
    """Functions that give a value. While nothing is typed, of PostgreSQL's own only those that everybody uses."""
    for schema in SEARCH_PATH:
        for overloads in context.schema.functions.get(schema, {}).values():
            _own(offer, overloads[0], rank, call=call)
    nothing = not offer.typed.text
    offer.withheld = offer.withheld or nothing
    for each in FUNCTIONS.values():
        if nothing and each.name not in _FIRST:
            continue
        weight = rank + (0.0 if each.name in _FIRST else 0.1)
        offer.text(
            each.name, "function", weight, each.signature, partial(_told, each.comment),
            insert=f"{each.name}(" if call else each.name,
        )  # fmt: skip
    for name in WITHOUT_BRACKETS:
        offer.text(name, "function", rank)
    for schema in (*context.schema.catalog.schemas, "auth") if not nothing else ():
        offer.name(schema, "schema", 1.4)


def offer_schema_functions(offer: Offer, schema: Schema, name: str) -> None:
    """The functions of one schema; those of ``auth`` are the platform's, and in every database."""
    if name == "auth":
        for signature, comment in _OF_AUTH:
            written = signature.partition(" ")[0]
            offer.text(written, "function", 0.1, signature, partial(_told, comment))
    for overloads in schema.functions.get(name, {}).values():
        _own(offer, overloads[0], 0.1, call=True)


def offer_set_functions(offer: Offer, schema: Schema, rank: float) -> None:
    """Functions that give rows, for FROM."""
    for each in SEARCH_PATH:
        for overloads in schema.functions.get(each, {}).values():
            if overloads[0].returns_set or overloads[0].composite:
                _own(offer, overloads[0], rank, call=True)
    if offer.typed.text:
        for name in SET_COLUMNS:
            known = FUNCTIONS[name]
            offer.text(name, "function", rank + 0.3, known.signature, partial(_told, known.comment), insert=f"{name}(")


def offer_types(offer: Offer, schema: Schema) -> None:
    """Types, those first that people use most, then the database's own."""
    for place, name in enumerate(COMMON_TYPES):
        offer.text(name, "type", 0.001 * place)
    for name in sorted(schema.enums):
        shown = name.removeprefix("public.")
        offer.text(shown, "type", 0.1, "enumeration", match=shown.strip('"'))
    if offer.typed.text:
        for name in TYPES[len(COMMON_TYPES) :]:
            offer.text(name, "type", 0.3)
    else:
        offer.withheld = True
