"""Which keys a comparison's values have.

A comparison sees values of its operand's own type only (MongoDB's "type bracketing"), but for MinKey and MaxKey, which
compare with everything, and for null, which a missing field is like.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from bson import MaxKey, MinKey, Regex

from .collation import SIMPLE, Collation
from .keys import TAGS, complement, encode_value, key_string
from .numbers import is_nan

__all__ = [
    "EVERYTHING",
    "KeyRange",
    "comparison_ranges",
    "in_ranges",
    "merge_ranges",
    "point_range",
    "prefix_range",
    "regex_ranges",
]


@dataclass(frozen=True, slots=True)
class KeyRange:
    """Keys from ``low`` (included) to ``high`` (excluded); None is without a bound.

    Attributes:
        low: the first key.
        high: the first key beyond.
    """

    low: bytes | None = None
    high: bytes | None = None

    def under(self, prefix: bytes) -> KeyRange:
        """The range of a compound's next part, behind the key of the parts before it."""
        high = prefix_range(prefix).high if self.high is None else prefix + self.high
        return KeyRange(prefix + (self.low or b""), high)

    def descending(self) -> KeyRange:
        """The range where the part descends.

        What is complemented is the start of keys, so a bound that excludes ``high`` and all that starts with it has to
        turn into one that starts after them, and the other way round.
        """
        low = None if self.high is None else _after(complement(self.high))
        high = None if self.low is None else _after(complement(self.low))
        return KeyRange(low, high)

    def holds(self, key: bytes) -> bool:
        """Whether a key is within."""
        return (self.low is None or key >= self.low) and (self.high is None or key < self.high)


EVERYTHING: Final = KeyRange()


def point_range(value: Any, collation: Collation = SIMPLE) -> KeyRange:
    """The keys of one value, and of compounds that go on from it."""
    return prefix_range(encode_value(value, collation))


def prefix_range(prefix: bytes) -> KeyRange:
    """Every key that starts with these bytes."""
    return KeyRange(prefix, _after(prefix))


def comparison_ranges(operator: str, value: Any, collation: Collation = SIMPLE) -> tuple[KeyRange, ...]:
    """Where the values lie that a comparison holds for; in order, and apart from each other.

    Args:
        operator: ``$eq``, ``$gt``, ``$gte``, ``$lt`` or ``$lte``.
        value: its operand.
    """
    if isinstance(value, MinKey | MaxKey):
        return _of_extreme(operator, value)
    if value is None:
        # A missing field has null's key in an index; an empty array has the missing one's, and no null is in it.
        return () if operator in {"$gt", "$lt"} else (KeyRange(bytes([TAGS["missing"]]), bytes([TAGS["null"] + 1])),)
    if operator == "$eq" or is_nan(value):
        return () if operator in {"$gt", "$lt"} else (point_range(value, collation),)
    key = encode_value(value, collation)
    first = key[0] & 0xF8
    start, end = bytes([first + 1 if first == TAGS["number"] else first]), bytes([first + 8])  # NaN is below none
    if operator in {"$gt", "$gte"}:
        return (KeyRange(_after(key) if operator == "$gt" else key, end),)
    return (KeyRange(start, _after(key) if operator == "$lte" else key),)


def in_ranges(values: Iterable[Any], collation: Collation = SIMPLE) -> tuple[KeyRange, ...]:
    """Where the values of an ``$in`` lie; regular expressions among them are :func:`regex_ranges`' business."""
    return merge_ranges(
        part for value in values if not isinstance(value, Regex) for part in comparison_ranges("$eq", value, collation)
    )


def regex_ranges(prefix: str, regex: Regex[Any]) -> tuple[KeyRange, ...]:
    """Where what a pattern holds for lies: strings that start so, and the same regular expression.

    Args:
        prefix: what every string that matches starts with; empty for a pattern that tells nothing of it.
    """
    strings = prefix_range(bytes([TAGS["string"]]) + key_string(prefix))
    return (strings, point_range(regex))


def merge_ranges(ranges: Iterable[KeyRange]) -> tuple[KeyRange, ...]:
    """The same keys in as few ranges as it takes, in order."""
    merged: list[KeyRange] = []
    for part in sorted(ranges, key=lambda part: part.low or b""):
        last = merged[-1] if merged else None
        if last is not None and (last.high is None or (part.low or b"") <= last.high):
            if last.high is not None and (part.high is None or part.high > last.high):
                merged[-1] = KeyRange(last.low, part.high)
        else:
            merged.append(part)
    return tuple(merged)


def _of_extreme(operator: str, value: MinKey | MaxKey) -> tuple[KeyRange, ...]:
    least = isinstance(value, MinKey)
    if (least and operator == "$gte") or (not least and operator == "$lte"):
        return (EVERYTHING,)
    own = point_range(value)
    if operator in {"$eq", "$gte", "$lte"}:
        return (own,)
    if least:
        return (KeyRange(own.high, None),) if operator == "$gt" else ()
    return (KeyRange(None, own.low),) if operator == "$lt" else ()


def _after(prefix: bytes) -> bytes | None:
    """The first bytes beyond all that start with these; None where there are none."""
    stripped = prefix.rstrip(b"\xff")
    return stripped[:-1] + bytes([stripped[-1] + 1]) if stripped else None
