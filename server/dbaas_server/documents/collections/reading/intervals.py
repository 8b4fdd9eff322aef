"""Where values lie that a comparison holds for: as keys, and as people read it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bson import DatetimeMS, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from ...codec import MISSING
from ...values import (
    EVERYTHING,
    Collation,
    KeyRange,
    Rank,
    comparison_ranges,
    encode_value,
    is_number,
    point_range,
    rank_of,
    regex_flags,
    regex_ranges,
)
from ...values.numbers import is_nan

__all__ = ["ALL", "Interval", "compared", "intersect", "point", "starting", "united"]


@dataclass(frozen=True, slots=True)
class Interval:
    """Values next to each other.

    Attributes:
        range: their keys, ascending.
        low, high: the first and the last of them, or what bounds them.
        with_low, with_high: whether those are among them.
        key: where it is a single value, its key.
    """

    range: KeyRange
    low: Any
    high: Any
    with_low: bool = True
    with_high: bool = True
    key: bytes | None = None

    def __str__(self) -> str:
        opening, closing = "[" if self.with_low else "(", "]" if self.with_high else ")"
        return f"{opening}{_shown(self.low)}, {_shown(self.high)}{closing}"

    def downwards(self) -> str:
        """As it is read from its end."""
        opening, closing = "[" if self.with_high else "(", "]" if self.with_low else ")"
        return f"{opening}{_shown(self.high)}, {_shown(self.low)}{closing}"


ALL: Final = Interval(EVERYTHING, MinKey(), MaxKey())

_HIGHEST_ID: Final = ObjectId("f" * 24)
_LOWEST_ID: Final = ObjectId("0" * 24)

_OF_RANK: Final[dict[Rank, tuple[Any, Any, bool]]] = {
    Rank.NUMBER: (-math.inf, math.inf, True),
    Rank.STRING: ("", {}, False),
    Rank.OBJECT: ({}, [], False),
    Rank.OBJECT_ID: (_LOWEST_ID, _HIGHEST_ID, True),
    Rank.BOOL: (False, True, True),
    Rank.DATE: (DatetimeMS(-(2**63)), DatetimeMS(2**63 - 1), True),
    Rank.TIMESTAMP: (Timestamp(0, 0), Timestamp(2**32 - 1, 2**32 - 1), True),
}
"""The least and the greatest value of a type, or what follows it; whether the latter is of the type."""


def point(value: Any, collation: Collation) -> Interval:
    """One value."""
    return Interval(point_range(value, collation), value, value, key=encode_value(value, collation))


def compared(operator: str, value: Any, collation: Collation) -> list[Interval]:
    """The values on one side of another: ``$gt $gte $lt $lte``."""
    if value is None:
        return [] if operator in ("$gt", "$lt") else [point(MISSING, collation), point(None, collation)]
    if is_nan(value):
        return [] if operator in ("$gt", "$lt") else [point(value, collation)]
    least, greatest, closed = _OF_RANK.get(rank_of(value), (MinKey(), MaxKey(), True))
    with_value = operator in ("$gte", "$lte")
    upwards = operator in ("$gt", "$gte")
    ends = (value, greatest, with_value, closed) if upwards else (least, value, True, with_value)
    return [Interval(range, *ends) for range in comparison_ranges(operator, value, collation)]


def starting(prefix: str, pattern: Regex[Any]) -> list[Interval]:
    """What a pattern may hold for whose strings all start with something."""
    strings, itself = regex_ranges(prefix, pattern)
    following = prefix[:-1] + chr(min(ord(prefix[-1]) + 1, 0x10FFFF))
    same = Interval(itself, pattern, pattern, key=encode_value(pattern))
    return [Interval(strings, prefix, following, True, False), same]


def united(intervals: Iterable[Interval]) -> list[Interval]:
    """In order, each once. They do not overlap but where patterns are among them."""
    each = {(one.range.low, one.range.high): one for one in intervals}
    return [each[key] for key in sorted(each, key=lambda key: key[0] or b"")]


def intersect(some: Sequence[Interval], others: Sequence[Interval]) -> list[Interval]:
    """What is in both."""
    return united(met for one in some for other in others if (met := _meet(one, other)) is not None)


def _meet(one: Interval, other: Interval) -> Interval | None:
    below = one if (one.range.low or b"") >= (other.range.low or b"") else other
    above = one if _is_first(one.range.high, other.range.high) else other
    low, high = below.range.low, above.range.high
    if low is not None and high is not None and low >= high:
        return None
    return Interval(
        KeyRange(low, high), below.low, above.high, below.with_low, above.with_high, one.key or other.key
    )  # fmt: skip


def _is_first(high: bytes | None, other: bytes | None) -> bool:
    return other is None or (high is not None and high <= other)


def _shown(value: Any) -> str:
    """A value as MongoDB's shell has it, about."""
    if value is MISSING:
        return "undefined"
    if value is None or isinstance(value, str | bool):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, DatetimeMS):
        return f"new Date({int(value)})"
    if isinstance(value, Timestamp):
        return f"Timestamp({value.time}, {value.inc})"
    if isinstance(value, ObjectId):
        return f"ObjectId('{value}')"
    if isinstance(value, Decimal128):
        return f"Decimal128('{value}')"
    if isinstance(value, Int64) or is_number(value):
        return str(value)
    if isinstance(value, MinKey | MaxKey):
        return type(value).__name__
    if isinstance(value, Regex):
        return f"/{value.pattern}/{regex_flags(value)}"
    if isinstance(value, bytes):
        return f"BinData({getattr(value, 'subtype', 0)}, {value.hex().upper()})"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name}: {_shown(part)}" for name, part in value.items()) + " }" if value else "{}"
    if isinstance(value, list):
        return "[ " + ", ".join(map(_shown, value)) + " ]" if value else "[]"
    return str(value)
