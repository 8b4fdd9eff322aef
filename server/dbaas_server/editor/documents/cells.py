"""Documents as rows of cells: which columns, of which types, and how each value is written. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import bson
from bson import Binary, Code, Decimal128, ObjectId, Timestamp, json_util

from ...mongo_clients.shapes import type_of
from ...nouns import Cell, LongText, QueryColumn

__all__ = ["MOST_COLUMNS", "Rows", "cell", "columns_of", "extended_json", "text_of"]

MOST_COLUMNS: Final = 1_000

_LONG = 10_000  # characters; from there on a cell shows only its beginning
_SHOWN = 1_000
_TIGHTER = ((16 * 1024 * 1024, 100), (4 * 1024 * 1024, 1_000))  # bytes of a page: characters of a cell from there on
_EXACT = 2**53
_NUMBERS = frozenset({"int", "long", "double", "decimal"})
_JSON: Final = json_util.JSONOptions(json_mode=json_util.JSONMode.RELAXED)


def columns_of(documents: Iterable[Mapping[str, Any]], names: Sequence[str] = ()) -> list[QueryColumn]:
    """The union of the outermost fields in order of appearance, at most ``MOST_COLUMNS``; or those of these names.

    A type is BSON's name for it, ``number`` for several kinds of numbers, ``mixed`` for anything else that differs.
    """
    types: dict[str, set[str]] = {name: set() for name in names[:MOST_COLUMNS]}
    for document in documents:
        for name, value in document.items():
            if name in types or (not names and len(types) < MOST_COLUMNS):
                types.setdefault(name, set()).add(type_of(value))
    return [QueryColumn(name, _one_of(found)) for name, found in types.items()]


def _one_of(types: set[str]) -> str:
    found = types - {"null"} or types
    if len(found) == 1:
        return next(iter(found))
    return "number" if found and found <= _NUMBERS else "mixed"


class Rows:
    """Makes the rows of one page: what is shown of a text gets shorter where the page has got large."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._size = 0
        self._longest = _LONG

    def rows(self, documents: Iterable[Mapping[str, Any]]) -> list[tuple[Cell, ...]]:
        """Those of some documents, in their order."""
        return [self.row(document) for document in documents]

    def row(self, document: Mapping[str, Any]) -> tuple[Cell, ...]:
        """A document's cells; a field that it does not have is null."""
        found = tuple(cell(document.get(name), self._longest) for name in self._names)
        self._size += sum(len(one.text) if isinstance(one, LongText) else len(str(one)) for one in found)
        self._longest = next((longest for size, longest in _TIGHTER if self._size > size), _LONG)
        return found


def cell(value: Any, longest: int = _LONG) -> Cell:
    """A value as a grid takes it: see :data:`~dbaas_server.nouns.Cell`.

    What is nested is not made whole to show its beginning: its length is that of its BSON then.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and -_EXACT <= value <= _EXACT:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, Mapping | list):
        text, is_whole = _beginning(value, longest)
        if not is_whole:
            return LongText(text[: min(_SHOWN, longest)], max(len(bson.encode({"": value})), len(text)))
    else:
        text = text_of(value)
    return text if len(text) <= longest else LongText(text[: min(_SHOWN, longest)], len(text))


def text_of(value: Any) -> str:
    """A value as text: what is nested as Extended JSON, everything else as people write it."""
    if isinstance(value, str) and not isinstance(value, Code):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if isinstance(value, int | ObjectId | Decimal128):
        return str(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
    if isinstance(value, Timestamp):
        return f"Timestamp({value.time}, {value.inc})"
    if isinstance(value, Binary) and value.subtype == 4 and len(value) == 16:
        return str(value.as_uuid())
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return extended_json(value)


def _beginning(value: Any, longest: int) -> tuple[str, bool]:
    """Extended JSON of at least so many characters and some more, and whether it is all."""
    parts: list[str] = []
    size = 0
    for part in _parts(value):
        parts.append(part)
        size += len(part)
        if size > longest:
            return "".join(parts), False
    return "".join(parts), True


def _parts(value: Any) -> Iterator[str]:
    """What :func:`extended_json` makes, little by little."""
    before = ""
    if isinstance(value, Mapping):
        yield "{"
        for name, each in value.items():
            yield f"{before}{json.dumps(name, ensure_ascii=False)}: "
            yield from _parts(each)
            before = ", "
        yield "}"
    elif isinstance(value, list):
        yield "["
        for each in value:
            yield before
            yield from _parts(each)
            before = ", "
        yield "]"
    else:
        yield extended_json(value)


def extended_json(value: Any) -> str:
    """Relaxed Extended JSON. Source: MongoDB's "Extended JSON (v2)"."""
    return json_util.dumps(value, json_options=_JSON, ensure_ascii=False)
