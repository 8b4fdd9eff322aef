"""Which fields documents have: paths, types, how often. Pure, and bounded whatever the documents are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from bson import Binary, Code, DatetimeMS, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

__all__ = ["FieldShape", "shape", "type_of"]

_MOST_PATHS = 1_000
_DEEPEST = 8
_MOST_OF_A_LIST = 20
_MOST_VALUES = 12
_LONGEST_VALUE = 40

_TYPES: Final[Sequence[tuple[type, str]]] = (
    (Code, "javascript"),
    (bool, "bool"), (Int64, "long"), (int, "int"), (float, "double"), (str, "string"), (ObjectId, "objectId"),
    (datetime, "date"), (DatetimeMS, "date"), (Decimal128, "decimal"), (Decimal, "decimal"),
    (Binary, "binData"), (bytes, "binData"), (Regex, "regex"), (Timestamp, "timestamp"), (DBRef, "object"),
    (Mapping, "object"), (list, "array"), (MinKey, "minKey"), (MaxKey, "maxKey"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FieldShape:
    """A field of some documents.

    Attributes:
        path: names with dots between; those of an array's elements follow the array's own.
        types: of its values, the most frequent first.
        share: of the documents that have it (or of which an element of the array around has it).
        values: all its texts, where there are few short ones that come again; else empty.
    """

    path: str
    types: tuple[str, ...]
    share: float
    values: tuple[str, ...] = ()


class _Seen:
    """What was seen of one path."""

    __slots__ = ("documents", "last", "texts", "types")

    def __init__(self) -> None:
        self.documents = 0
        self.last = -1
        self.types: dict[str, int] = {}
        self.texts: dict[str, int] | None = {}


def type_of(value: Any) -> str:
    """BSON's name for a value's type, as ``$type`` knows it."""
    if value is None:
        return "null"
    return next((name for kind, name in _TYPES if isinstance(value, kind)), "string")


def shape(documents: Iterable[Mapping[str, Any]]) -> list[FieldShape]:
    """The fields of documents in order of appearance, what is nested behind what it is nested in."""
    seen: dict[str, _Seen] = {}
    count = 0
    for count, document in enumerate(documents, 1):
        _walk(document, "", count, seen, 0)
    found = [_field(path, one, count) for path, one in seen.items()]
    order = {one.path: place for place, one in enumerate(found)}
    return sorted(found, key=lambda one: _lineage(one.path, order))


def _walk(document: Mapping[str, Any], before: str, number: int, seen: dict[str, _Seen], depth: int) -> None:
    for name, value in document.items():
        path = f"{before}{name}"
        one = seen.get(path)
        if one is None:
            if len(seen) >= _MOST_PATHS:
                continue
            one = seen[path] = _Seen()
        _note(one, value, number)
        if depth >= _DEEPEST:
            continue
        if isinstance(value, Mapping):
            _walk(value, f"{path}.", number, seen, depth + 1)
        elif isinstance(value, list):
            for each in value[:_MOST_OF_A_LIST]:
                if isinstance(each, Mapping):
                    _walk(each, f"{path}.", number, seen, depth + 1)
                elif isinstance(each, str):
                    _note_text(one, each)


def _note(one: _Seen, value: Any, number: int) -> None:
    if one.last != number:
        one.last = number
        one.documents += 1
    name = type_of(value)
    one.types[name] = one.types.get(name, 0) + 1
    if isinstance(value, str):
        _note_text(one, value)


def _note_text(one: _Seen, text: str) -> None:
    if one.texts is None:
        return
    if len(text) > _LONGEST_VALUE or (text not in one.texts and len(one.texts) >= _MOST_VALUES):
        one.texts = None
    else:
        one.texts[text] = one.texts.get(text, 0) + 1


def _field(path: str, one: _Seen, count: int) -> FieldShape:
    texts = one.texts or {}
    if sum(texts.values()) < 2 * len(texts):
        texts = {}  # they hardly come again: no words of an enumeration
    return FieldShape(
        path,
        tuple(sorted(one.types, key=lambda name: -one.types[name])),
        round(one.documents / count, 3),
        tuple(sorted(texts, key=lambda text: (-texts[text], text))),
    )


def _lineage(path: str, order: Mapping[str, int]) -> tuple[int, ...]:
    """Where a path stands: behind its ancestors."""
    parts = path.split(".")
    return tuple(order.get(".".join(parts[:length]), len(order)) for length in range(1, len(parts) + 1))
