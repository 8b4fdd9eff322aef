"""What can be done with values that arrive as PostgreSQL's text, by the name of their type."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import orjson
from psycopg.postgres import types as builtin

from ...changes import Family, ValueType
from .decode import iso_timestamp, parse_array

__all__ = ["value_type"]

_MODIFIER = re.compile(r"\([\d, -]+\)")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")

Json = Callable[[str], bytes]

_LOSSY = frozenset({"int8", "numeric"})
"""Numbers that JSON clients would round."""

_FAMILIES = {
    "bool": Family.boolean,
    **dict.fromkeys(("int2", "int4", "int8", "oid", "float4", "float8", "numeric"), Family.number),
    **dict.fromkeys(("text", "varchar", "uuid"), Family.text),
}


@lru_cache(maxsize=4096)
def value_type(name: str) -> ValueType:
    """A type by its name in DDL: ``bigint``, ``numeric(10,2)``, ``text[]``, ``public.mood``."""
    plain = _MODIFIER.sub("", name)
    if plain.endswith("[]"):
        element = value_type(plain.removesuffix("[]"))
        of = builtin.get(element.name)
        delimiter = of.delimiter if of is not None else ","
        forms = (_array(form, delimiter) for form in (element.json, element.exact, element.text))
        return ValueType(f"_{element.name}", Family.other, *forms)
    info = builtin.get(plain)
    short = info.name if info is not None else plain.rpartition(".")[2].strip('"')
    if info is None:
        return ValueType(short, Family.other, _text, _text, _text)
    json = _JSON.get(short, _text)
    return ValueType(
        short,
        _FAMILIES.get(short, Family.other),
        json,
        _text if short in _LOSSY else json,
        _bool_text if short == "bool" else _text,
    )


def _text(value: str) -> bytes:
    return orjson.dumps(value)


def _number(value: str) -> bytes:
    return value.encode() if _NUMBER.fullmatch(value) else orjson.dumps(value)


def _bool(value: str) -> bytes:
    return b"true" if value == "t" else b"false"


def _bool_text(value: str) -> bytes:
    return b'"true"' if value == "t" else b'"false"'


def _verbatim(value: str) -> bytes:
    return value.encode()


def _timestamp(value: str) -> bytes:
    return orjson.dumps(iso_timestamp(value))


def _array(element: Json, delimiter: str) -> Json:
    return lambda value: _nested(parse_array(value, element, delimiter))


def _nested(items: list[Any]) -> bytes:
    parts = (b"null" if item is None else _nested(item) if isinstance(item, list) else item for item in items)
    return b"[" + b",".join(parts) + b"]"


_JSON: dict[str, Json] = {
    "bool": _bool,
    "json": _verbatim,
    "jsonb": _verbatim,
    "timestamp": _timestamp,
    "timestamptz": _timestamp,
    **dict.fromkeys(("int2", "int4", "int8", "oid", "float4", "float8", "numeric"), _number),
}
