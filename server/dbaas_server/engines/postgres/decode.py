"""PostgreSQL's text output to JSON-able Python values, by type.

Text output formats: https://www.postgresql.org/docs/current/datatype.html. Numbers that JSON clients would round stay
text, dates and times become ISO 8601, everything unknown stays as PostgreSQL writes it. JSON is passed on as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import orjson
from psycopg.postgres import types as builtin

__all__ = ["Decoder", "decoder", "iso_timestamp", "parse_array"]

Decoder = Callable[[bytes], Any]

_SAFE_INTEGER = 2**53


def decoder(oid: int, name: str = "") -> Decoder:
    """How a column's values are decoded.

    Args:
        oid: of the column's type.
        name: its type's name, for arrays of types made by the tenant.
    """
    known = _BY_OID.get(oid)
    if known is not None:
        return known
    info = builtin.get(oid)
    if info is not None and info.array_oid == oid and info.oid != oid:
        return partial(_array, _BY_OID.get(info.oid, _text), info.delimiter)
    if name.endswith("[]"):
        return partial(_array, _text, ",")
    return _text


def parse_array(text: str, element: Callable[[str], Any], delimiter: str = ",") -> list[Any]:
    """An array literal as nested lists. NULL becomes None; explicit bounds (``[2:3]={…}``) are dropped.

    Raises:
        ValueError: it is not an array literal.
    """
    start = text.find("{") if text.startswith("[") else 0
    if start < 0 or not text[start:].startswith("{"):
        raise ValueError("not an array literal")
    value, end = _items(text, start, element, delimiter)
    if end != len(text):
        raise ValueError("text after the array")
    return value


def _items(text: str, at: int, element: Callable[[str], Any], delimiter: str) -> tuple[list[Any], int]:
    found: list[Any] = []
    at += 1
    if text[at : at + 1] == "}":
        return found, at + 1
    while True:
        mark = text[at : at + 1]
        if mark == "{":
            value, at = _items(text, at, element, delimiter)
            found.append(value)
        elif mark == '"':
            raw, at = _quoted(text, at + 1)
            found.append(element(raw))
        else:
            end = at
            while text[end : end + 1] not in (delimiter, "}", ""):
                end += 1
            raw, at = text[at:end], end
            found.append(None if raw == "NULL" else element(raw))
        mark = text[at : at + 1]
        at += 1
        if mark == "}":
            return found, at
        if mark != delimiter:
            raise ValueError("an array ends too early")


def _quoted(text: str, at: int) -> tuple[str, int]:
    parts: list[str] = []
    start = at
    while True:
        mark = text[at : at + 1]
        if mark == "\\":
            parts.append(text[start:at])
            start = at + 1
            at += 2
        elif mark == '"':
            parts.append(text[start:at])
            return "".join(parts), at + 1
        elif not mark:
            raise ValueError("a quoted element does not end")
        else:
            at += 1


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _array(element: Decoder, delimiter: str, value: bytes) -> Any:
    return parse_array(_text(value), lambda text: element(text.encode()), delimiter)


def _float(value: bytes) -> float | str:
    number = float(value)
    return number if math.isfinite(number) else value.decode()


def _numeric(value: bytes) -> float | int | str:
    text = value.decode()
    if text in ("NaN", "Infinity", "-Infinity"):
        return text
    if "." not in text:
        whole = int(text)
        return whole if -_SAFE_INTEGER <= whole <= _SAFE_INTEGER else text
    number = float(text)
    return number if math.isfinite(number) and Decimal(repr(number)) == Decimal(text) else text


def _timestamp(value: bytes) -> str:
    return iso_timestamp(value.decode())


def iso_timestamp(text: str) -> str:
    """A timestamp in ISO 8601's extended format; ``infinity`` and years BC stay as they are."""
    if len(text) > 10 and text[10] == " " and not text.endswith("BC"):
        text = f"{text[:10]}T{text[11:]}"
        if text[-3] in "+-":  # an offset of whole hours, which ISO 8601's extended format writes with minutes
            text += ":00"
    return text


def _bool(value: bytes) -> bool:
    return value == b"t"


_BY_NAME: dict[str, Decoder] = {
    "bool": _bool,
    "int2": int,
    "int4": int,
    "int8": int,
    "oid": int,
    "float4": _float,
    "float8": _float,
    "numeric": _numeric,
    # As the engine writes it: nothing is rounded, and nothing in it is too much for a parser here.
    "json": orjson.Fragment,
    "jsonb": orjson.Fragment,
    "timestamp": _timestamp,
    "timestamptz": _timestamp,
}

_BY_OID: dict[int, Decoder] = {builtin[name].oid: decode for name, decode in _BY_NAME.items()}
