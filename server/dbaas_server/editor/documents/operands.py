"""What a text in a grid's condition may stand for among BSON's values. Pure."""

from __future__ import annotations

import math
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from bson import Binary, Decimal128, Int64, ObjectId, json_util
from bson.errors import BSONError

from dbaas_provisioning.errors import Invalid

__all__ = ["comparable", "equal"]

_NUMBERS = frozenset({"int", "long", "double", "decimal", "number"})


def equal(text: str) -> list[Any]:
    """All values that are shown as this text: documents of one collection need not agree on a type."""
    found: list[Any] = [text, *_number(text), *_moment(text), *_word(text)]
    if ObjectId.is_valid(text):
        found.append(ObjectId(text))
    if len(text) == 36:
        with suppress(ValueError):
            found.append(Binary.from_uuid(UUID(text)))
    if text[:1] in ("{", "["):
        with suppress(TypeError, ValueError, KeyError, BSONError):
            found.append(json_util.loads(text))
    return found


def comparable(text: str, kind: str) -> list[Any]:
    """What to compare the values of a column with, each with those of its own type.

    Args:
        kind: the column's type.

    Raises:
        Invalid: ``invalid_value``: the text is no value of that type.
    """
    if kind in _NUMBERS:
        found = _number(text)
    elif kind == "date":
        found = _moment(text)
    elif kind == "objectId":
        found = [ObjectId(text)] if ObjectId.is_valid(text) else []
    elif kind == "bool":
        found = _word(text)
    elif kind == "string":
        found = [text]
    else:
        found = equal(text)
    if not found:
        raise Invalid("invalid_value", f"{text[:100]!r} is no {kind} to compare with.")
    return found


def _number(text: str) -> list[Any]:
    """As exactly as it is written."""
    try:
        number = int(text)
    except ValueError:
        pass
    else:
        if -(2**63) <= number < 2**63:
            return [Int64(number)]
    try:
        double = float(text)
    except ValueError:
        return []
    if math.isfinite(double) and text.isascii() and "_" not in text:
        return [double, Decimal128(text.strip())] if len(text) <= 34 else [double]
    return [double]


def _moment(text: str) -> list[datetime]:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return []
    return [moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)]


def _word(text: str) -> list[bool]:
    return {"true": [True], "false": [False]}.get(text.lower(), [])
