"""Whether an index that lacks some documents has all that a filter asks for.

The answer is no where it is not plainly yes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from bson import MaxKey, MinKey, Regex

from ...match import Always, And, Leaf, Node, Or
from ...values import NUMBERS, Collation, KeyRange, Kind, comparison_ranges, is_number, kind_of
from ..metadata import Index
from .conditions import conjuncts

__all__ = ["is_complete_for"]

_COMPARISONS: Final = frozenset({"$eq", "$gt", "$gte", "$lt", "$lte"})
_OF_VALUES: Final = frozenset({"$eq", "$gt", "$gte", "$lt", "$lte", "$in"})


def is_complete_for(index: Index, node: Node, collation: Collation) -> bool:
    """Whether every document that matches is in an index, sparse or partial as it may be.

    Args:
        collation: the one that the filter was parsed under.
    """
    leaves = [part for part in conjuncts(node) if isinstance(part, Leaf)]
    if index.is_sparse and not any(leaf.path in index.fields and _asks_to_exist(leaf) for leaf in leaves):
        return False
    if index.partial is None:
        return True
    return index.collation == collation and _implied(index.partial, leaves, collation)


def _implied(wanted: Node, leaves: Sequence[Leaf], collation: Collation) -> bool:
    match wanted:
        case Always():
            return True
        case And(children):
            return all(_implied(child, leaves, collation) for child in children)
        case Or(children):
            return any(_implied(child, leaves, collation) for child in children)
        case Leaf():
            return any(leaf.path == wanted.path and _implies(leaf, wanted, collation) for leaf in leaves)
        case _:
            return False


def _implies(leaf: Leaf, wanted: Leaf, collation: Collation) -> bool:
    """Whether a value for which one holds is one for which the other does."""
    if wanted.operator == "$exists":
        return _asks_to_exist(leaf)
    if wanted.operator == "$type":
        kinds = _kinds(leaf)
        return kinds is not None and kinds <= set(wanted.operand)
    if wanted.operator in _OF_VALUES and leaf.operator in _OF_VALUES:
        inner, outer = _ranges(leaf, collation), _ranges(wanted, collation)
        if inner is None or outer is None:
            return False
        return all(any(_within(one, other) for other in outer) for one in inner)
    return False


def _asks_to_exist(leaf: Leaf) -> bool:
    if leaf.operator in _OF_VALUES:
        return all(not _may_be_missing(value) for value in _operands(leaf))
    return leaf.operator in {"$exists", "$regex", "$type", "$mod", "$size", "$elemMatch"}


def _may_be_missing(value: Any) -> bool:
    return value is None or isinstance(value, MinKey | MaxKey)


def _operands(leaf: Leaf) -> Sequence[Any]:
    return leaf.operand if leaf.operator == "$in" else (leaf.operand,)


def _ranges(leaf: Leaf, collation: Collation) -> list[KeyRange] | None:
    """Where the values lie; None where that does not tell it all."""
    operands = _operands(leaf)
    if any(value is None or isinstance(value, list | Regex) for value in operands):
        return None
    operator = leaf.operator if leaf.operator in _COMPARISONS else "$eq"
    return [one for value in operands for one in comparison_ranges(operator, value, collation)]


def _within(inner: KeyRange, outer: KeyRange) -> bool:
    starts = outer.low is None or (inner.low is not None and inner.low >= outer.low)
    return starts and (outer.high is None or (inner.high is not None and inner.high <= outer.high))


def _kinds(leaf: Leaf) -> set[Kind] | None:
    if leaf.operator not in _OF_VALUES:
        return None
    kinds: set[Kind] = set()
    for value in _operands(leaf):
        if value is None or isinstance(value, MinKey | MaxKey | list | Regex):
            return None
        kinds |= NUMBERS if is_number(value) else {kind_of(value)}
    return kinds
