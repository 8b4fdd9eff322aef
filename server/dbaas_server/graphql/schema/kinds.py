"""The engine's types as GraphQL's: what a value is called, how it travels without loss, and what it can be asked.

``int8`` and ``numeric`` are strings, since JSON clients round them. A type that is not known here is a scalar of its
own name whose values are text in the engine's own notation, both ways.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from ariadne import ScalarType
from graphql import (
    BooleanValueNode,
    FloatValueNode,
    GraphQLBoolean,
    GraphQLError,
    GraphQLFloat,
    GraphQLInt,
    GraphQLString,
    IntValueNode,
    StringValueNode,
    ValueNode,
    value_from_ast_untyped,
)

__all__ = ["SCALARS", "Kind", "base_of", "encode", "json_scalar", "scalar", "text_scalar"]

_INT64 = 2**63


@dataclass(frozen=True, slots=True)
class Kind:
    """How a column's type appears.

    Attributes:
        name: of the scalar or enum.
        labels: of an enum; empty for a scalar.
        is_list: an array of it.
        is_json: values are JSON documents.
        cast: the type to render it as, where its JSON would lose something or mean nothing.
        operators: groups of comparisons: ``equal``, ``order``, ``text``, ``json``, ``array``.
        sums: the kind of ``sum`` and of ``avg``: scalar names; empty where there is none.
        extremes: whether ``min`` and ``max`` exist.
    """

    name: str
    labels: tuple[str, ...] = ()
    is_list: bool = False
    is_json: bool = False
    cast: str | None = None
    operators: tuple[str, ...] = ("equal", "order")
    sums: tuple[str, ...] = ()
    extremes: bool = False


_ORDERED = ("equal", "order")
_TEXT = ("equal", "order", "text")

_KNOWN: dict[str, Kind] = {
    "boolean": Kind("Boolean"),
    "smallint": Kind("Int", sums=("BigInt", "Numeric"), extremes=True),
    "integer": Kind("Int", sums=("BigInt", "Numeric"), extremes=True),
    "bigint": Kind("BigInt", sums=("Numeric", "Numeric"), extremes=True),
    "numeric": Kind("Numeric", sums=("Numeric", "Numeric"), extremes=True),
    "real": Kind("Float", sums=("Float", "Float"), extremes=True),
    "double precision": Kind("Float", sums=("Float", "Float"), extremes=True),
    "text": Kind("String", operators=_TEXT, extremes=True),
    "character varying": Kind("String", operators=_TEXT, extremes=True),
    "character": Kind("String", operators=_TEXT, extremes=True),
    '"char"': Kind("String", operators=_TEXT),
    "name": Kind("String", operators=_TEXT),
    "citext": Kind("String", operators=_TEXT, extremes=True),
    "uuid": Kind("UUID"),
    "json": Kind("JSON", is_json=True, operators=()),
    "jsonb": Kind("JSON", is_json=True, operators=("equal", "json")),
    "timestamp with time zone": Kind("Timestamptz", extremes=True),
    "timestamp without time zone": Kind("Timestamp", extremes=True),
    "date": Kind("Date", extremes=True),
    "time without time zone": Kind("Time", extremes=True),
    "time with time zone": Kind("Timetz", extremes=True),
    "interval": Kind("Interval", sums=("Interval", "Interval"), extremes=True),
    "bytea": Kind("Bytea"),
}

# Types that no operator compares.
_OPAQUE = frozenset({"xml", "point", "line", "lseg", "box", "path", "polygon", "circle"})

_MODIFIER = re.compile(r"\([^()]*\)")


def base_of(type_text: str) -> tuple[str, bool]:
    """A type without its modifiers, and whether it is an array. ``numeric(10,2)[]`` is ``numeric``, True."""
    bare = type_text.removesuffix("[]")
    is_list = bare != type_text
    while bare.endswith("[]"):
        bare = bare.removesuffix("[]")
    if '"' not in bare:
        bare = _MODIFIER.sub("", bare).strip()
    if bare.endswith(".citext"):
        bare = "citext"
    return bare, is_list


def scalar(type_text: str) -> Kind | None:
    """The kind of one of the engine's own types; None for a type that is not known here.

    Args:
        type_text: as the catalog has it, modifiers included.
    """
    bare, is_list = base_of(type_text)
    known = _KNOWN.get(bare)
    if known is None or not is_list:
        return known
    return Kind(known.name, is_list=True, is_json=known.is_json, operators=("array",) if known.operators else ())


def text_scalar(name: str, type_text: str) -> Kind:
    """A type that travels as text."""
    bare, is_list = base_of(type_text)
    if is_list:
        return Kind(name, is_list=True, cast="text[]", operators=("array",))
    return Kind(name, cast="text", operators=() if bare in _OPAQUE else _ORDERED)


def json_scalar() -> Kind:
    """A JSON document."""
    return _KNOWN["jsonb"]


# --- values -----------------------------------------------------------------------------------------------------


def encode(kind: Kind, value: Any) -> str | None:
    """A value as text that the engine's own parser reads."""
    if value is None:
        return None
    if kind.is_list:
        return _array(kind, value)
    return _text(kind, value)


def _text(kind: Kind, value: Any) -> str:
    if kind.is_json:
        return orjson.dumps(value).decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def _array(kind: Kind, value: Any) -> str:
    if not isinstance(value, list):
        value = [value]
    parts = []
    for part in value:
        if part is None:
            parts.append("NULL")
        else:
            escaped = _text(kind, part).replace("\\", "\\\\").replace('"', '\\"')
            parts.append(f'"{escaped}"')
    return "{" + ",".join(parts) + "}"


# --- scalars ----------------------------------------------------------------------------------------------------


def _integer(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise GraphQLError("BigInt is an integer, as a number or as a string.")
    try:
        number = int(value) if not isinstance(value, str) or len(value) <= 20 else _INT64
    except ValueError:
        raise GraphQLError("BigInt is an integer, as a number or as a string.") from None
    if not -_INT64 <= number < _INT64:
        raise GraphQLError("BigInt holds 64 bits.")
    return str(number)


_NUMERIC = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,5})?|NaN|[+-]?Infinity")


def _numeric(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise GraphQLError("Numeric is a number, or a string that holds one.")
    if isinstance(value, float) and not math.isfinite(value):
        raise GraphQLError("Numeric as a number is finite.")
    text = str(value)
    if _NUMERIC.fullmatch(text) is None:
        raise GraphQLError("Numeric is a number, or a string that holds one.")
    return text


def _string(name: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if not isinstance(value, str):
            raise GraphQLError(f"{name} is a string.")
        return value

    return parse


def _leaf(parse: Callable[[Any], str]) -> Callable[[ValueNode, dict[str, Any] | None], str]:
    """A parser of literals that keeps every digit as written."""

    def literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> str:
        if isinstance(node, BooleanValueNode):
            return parse(node.value)
        if isinstance(node, IntValueNode | FloatValueNode):
            text = node.value
            return parse(int(text) if isinstance(node, IntValueNode) and len(text) <= 25 else _Number(text))
        if isinstance(node, StringValueNode):
            return parse(node.value)
        return parse(None)

    return literal


class _Number(str):
    """A number's own digits."""

    __slots__ = ()


def _only_text(parse: Callable[[Any], str]) -> Callable[[ValueNode, dict[str, Any] | None], str]:
    def literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> str:
        return parse(node.value if isinstance(node, StringValueNode) else None)

    return literal


def text_scalar_type(name: str) -> ScalarType:
    """A scalar whose values are strings."""
    return ScalarType(name, value_parser=_string(name), literal_parser=_only_text(_string(name)))


def _json_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
    return value_from_ast_untyped(node, variables)


_DESCRIPTIONS = {
    "BigInt": "A whole number of 64 bits, as a string, so that no client rounds it. Takes numbers too.",
    "Numeric": "A decimal number of any size, as a string, so that no client rounds it. Takes numbers too.",
    "UUID": "A UUID, such as `6f1c2e9e-51b5-4a0c-8d1b-0c4a4f6f3b1a`.",
    "JSON": "Any JSON value.",
    "Timestamptz": "A moment: ISO 8601 with a time zone.",
    "Timestamp": "A date and time without a time zone: ISO 8601.",
    "Date": "A date: ISO 8601.",
    "Time": "A time of day: ISO 8601.",
    "Timetz": "A time of day with a time zone.",
    "Interval": "A span of time, such as `1 day 02:00:00` or `P1DT2H`.",
    "Bytea": "Bytes, in hexadecimal digits after `\\x`.",
}

SCALARS: dict[str, ScalarType] = {
    "BigInt": ScalarType("BigInt", value_parser=_integer, literal_parser=_leaf(_integer)),
    "Numeric": ScalarType("Numeric", value_parser=_numeric, literal_parser=_leaf(_numeric)),
    "JSON": ScalarType("JSON", value_parser=lambda value: value, literal_parser=_json_literal),
    **{
        name: text_scalar_type(name)
        for name in ("UUID", "Timestamptz", "Timestamp", "Date", "Time", "Timetz", "Interval", "Bytea")
    },
}
"""Our own scalars; ``Int``, ``Float``, ``String`` and ``Boolean`` are GraphQL's."""

BUILT_IN = {
    "Int": GraphQLInt, "Float": GraphQLFloat, "String": GraphQLString, "Boolean": GraphQLBoolean,
}  # fmt: skip


def description_of(name: str) -> str:
    """What a scalar holds, for the schema."""
    return _DESCRIPTIONS.get(name, "A value in the engine's own notation, as text.")
