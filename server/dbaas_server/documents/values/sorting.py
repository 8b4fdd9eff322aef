"""By which of its elements an array sorts.

MongoDB's manual, "Sort": ascending by the smallest element, descending by the largest; an empty array sorts below null,
a field that is not there as null.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..codec import MISSING
from .collation import SIMPLE, Collation
from .order import sorter

__all__ = ["sort_element"]


def sort_element(value: Any, *, descending: bool, collation: Collation = SIMPLE) -> Any:
    """The value that stands for a field's value in a sort.

    Returns:
        The value itself where it is no array, null for a missing one, ``MISSING`` for an empty array.
    """
    if value is MISSING:
        return None
    if not isinstance(value, list):
        return value
    return extreme(value, descending=descending, collation=collation)


def extreme(values: Iterable[Any], *, descending: bool, collation: Collation = SIMPLE) -> Any:
    """The largest or smallest of values; ``MISSING`` of none."""
    pick = max if descending else min
    return pick(values, key=sorter(collation), default=MISSING)
