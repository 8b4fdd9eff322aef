"""Which keys of an index the documents have that fulfil conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

from ...expressions.ordering import SortOrder
from ...values import Collation, KeyRange, merge_ranges, prefix_range
from ...values.keys import complement
from ..entries import cut_key, cut_range
from ..metadata import Index
from .conditions import Condition, Conditions
from .intervals import Interval, intersect

__all__ = ["Bounds", "bounds_of"]

_MOST_RANGES: Final = 4_000
"""A compound's further fields are not looked at where that would make more ranges than these."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What conditions come to in one index.

    Attributes:
        index: whose.
        fields: the intervals of its first fields; those of the others are everything.
        ranges: ascending and apart.
        points: where every field has single values: their keys, ascending.
        exact: the ranges hold just those entries whose documents match.
    """

    index: Index
    fields: Sequence[Sequence[Interval]]
    ranges: Sequence[KeyRange]
    points: Sequence[bytes] | None
    exact: bool

    @property
    def singles(self) -> frozenset[str]:
        """Fields that have one and the same value in all of them."""
        return frozenset(
            name
            for name, intervals in zip(self.index.fields, self.fields, strict=False)
            if len(intervals) == 1 and intervals[0].key is not None and name not in self.index.multikey
        )

    @property
    def weight(self) -> tuple[int, int, int]:
        """How much they narrow the index down: fields with one value, with several single values, ends of ranges."""
        ones = several = ends = 0
        for intervals in self.fields:
            if all(one.key is not None for one in intervals):
                ones += len(intervals) == 1
                several += len(intervals) != 1
            else:
                ends += _ends(intervals)
        return ones, several, ends

    def direction(self, order: SortOrder) -> bool | None:
        """Whether the entries, read so, are in an order: False as they are, True from the last on, None: in neither.

        A field with one value only is in any order; one that goes through arrays, or keys that were cut, in none.
        """
        index, singles = self.index, self.singles
        if index.cut:
            return None
        left = [(".".join(path), down) for path, down in zip(order.paths, order.down, strict=True)]
        left = [(name, down) for name, down in left if name not in singles]
        reverse: bool | None = None
        for name, descends in zip(index.fields, index.descending, strict=True):
            if not left:
                break
            if name in singles:
                continue
            wanted, down = left.pop(0)
            if name != wanted or name in index.multikey or reverse not in (None, down != descends):
                return None
            reverse = down != descends
            if name == "_id":
                left = []  # no two documents have the same
        return None if left else bool(reverse)


def bounds_of(index: Index, conditions: Conditions, collation: Collation) -> Bounds:
    """The narrowest bounds of an index; without any condition on its first field, the whole of it.

    Args:
        collation: of the conditions; where the index has another, those that differ with it do not count.
    """
    usable = conditions.each
    if index.collation != collation:
        usable = [one for one in usable if not one.has_text]
    fields: list[Sequence[Interval]] = []
    used = 0
    prefixes = [b""]
    ranges: list[KeyRange] | None = None
    element = 0
    for name, descends in zip(index.fields, index.descending, strict=True):
        here = [one for one in usable if one.path == name]
        if name in index.multikey and here:
            # Another path through the same array is bounded already: only what is about the same element counts.
            here = list(_of_one_value([one for one in here if not element or one.element == element]))
            element = here[0].element or -1 if here else element
        if not here:
            break
        intervals = _common(here)
        if fields and len(prefixes) * len(intervals) > _MOST_RANGES:
            break
        fields.append(intervals)
        used += len(here)
        keys = [one.key for one in intervals if one.key is not None]
        if len(keys) < len(intervals):
            spans = [one.range.descending() if descends else one.range for one in intervals]
            ranges = [span.under(prefix) for prefix in prefixes for span in spans]
            break
        parts = sorted(map(complement, keys)) if descends else keys
        prefixes = [prefix + part for prefix in prefixes for part in parts]
    is_complete = ranges is None and len(fields) == len(index.fields)
    if ranges is None:
        ranges = [prefix_range(prefix) if prefix else KeyRange() for prefix in prefixes]
    cut = [cut_range(one) for one in ranges]
    return Bounds(
        index=index,
        fields=fields,
        ranges=merge_ranges(cut),
        points=[cut_key(prefix) for prefix in prefixes] if is_complete else None,
        exact=(
            conditions.whole
            and used == len(conditions.each)
            and not index.multikey
            and cut == ranges
            and all(one.exact for one in conditions.each)
        ),
    )


def _of_one_value(conditions: Sequence[Condition]) -> Sequence[Condition]:
    """Conditions that have to hold for one value together: of a path with arrays, just one, or those of one element."""
    groups: list[list[Condition]] = []
    for one in conditions:
        same = [group for group in groups if one.is_value and group[0].is_value and group[0].element == one.element]
        if same:
            same[0].append(one)
        else:
            groups.append([one])
    return max(groups, key=lambda group: _weight(_common(group)), default=[])


def _common(conditions: Sequence[Condition]) -> Sequence[Interval]:
    first, *others = (one.intervals for one in conditions)
    return reduce(intersect, others, first)


def _weight(intervals: Sequence[Interval]) -> tuple[int, int]:
    if all(one.key is not None for one in intervals):
        return 3, -len(intervals)
    return _ends(intervals), -len(intervals)


def _ends(intervals: Sequence[Interval]) -> int:
    """How many ends of ranges are values, rather than those of their type, whose keys are of one byte."""
    given = [sum(end is not None and len(end) > 1 for end in (one.range.low, one.range.high)) for one in intervals]
    return max([1, *given])
