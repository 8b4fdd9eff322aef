"""What is said of a key that another document has already."""

from __future__ import annotations

from typing import Any

from bson import DatetimeMS, Decimal128, Int64, MaxKey, MinKey, ObjectId, Timestamp

from ..codec import MISSING, Document
from ..errors import Code, DocumentError
from ..values import encode_key
from .entries import cut_key, values_of
from .metadata import ID_INDEX, Collection, Index

__all__ = ["duplicate_key", "shown"]


def duplicate_key(collection: Collection, index: Index | None, document: Document, key: bytes) -> DocumentError:
    """The error of a document whose key in a unique index is taken.

    Args:
        index: None is that of ``_id``.
        key: the one that is taken.
    """
    if index is None:
        name, pattern, values = str(ID_INDEX["name"]), ID_INDEX["key"], {"_id": document["_id"]}
    else:
        name, pattern, values = index.name, index.spec["key"], _values(index, document, key)
    return DocumentError(
        Code.DuplicateKey,
        f"E11000 duplicate key error collection: {collection.namespace} index: {name} dup key: {shown(values)}",
        info={"keyPattern": dict(pattern), "keyValue": values},
    )


def _values(index: Index, document: Document, key: bytes) -> Document:
    """The values that make a key; a document has several where it has arrays."""
    several = values_of(index, document)
    for values in several:
        if cut_key(encode_key(tuple(values.values()), index.descending, index.collation)) == key:
            break
    return {field: None if value is MISSING else value for field, value in values.items()}


def shown(value: Any) -> str:
    """A value as MongoDB's messages show it."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"'
        case ObjectId():
            return f"ObjectId('{value}')"
        case DatetimeMS():
            return f"new Date({int(value)})"
        case Timestamp():
            return f"Timestamp({value.time}, {value.inc})"
        case Decimal128():
            return f"Decimal128('{value}')"
        case Int64() | int() | float():
            return str(int(value)) if isinstance(value, int) else repr(value)
        case MinKey():
            return "MinKey"
        case MaxKey():
            return "MaxKey"
        case dict():
            return "{ " + ", ".join(f"{name}: {shown(part)}" for name, part in value.items()) + " }" if value else "{}"
        case list():
            return "[ " + ", ".join(map(shown, value)) + " ]" if value else "[]"
        case bytes():
            return f"BinData({getattr(value, 'subtype', 0)}, {bytes(value).hex().upper()})"
        case _:
            return str(value)
