"""What a filter asks of single paths: what an index can answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from bson import Regex

from ...codec import MISSING
from ...match import Always, And, Leaf, Node
from ...regex import literal_prefix
from ...steps import watched
from ...values import Collation
from .intervals import Interval, compared, point, starting, united

__all__ = ["Condition", "Conditions", "conditions_of", "conjuncts"]

_MOST_POINTS: Final = 10_000
"""A list of more values is no help in an index: finding out where they lie would hold others up."""

_COMPARISONS: Final = frozenset({"$gt", "$gte", "$lt", "$lte"})


@dataclass(frozen=True, slots=True)
class Condition:
    """One path has a value in one of some intervals.

    Attributes:
        intervals: in order. They may hold more than the filter does, never less.
        exact: where no array is on the path, they hold just what the filter does.
        has_text: they differ with the collation.
        element: conditions of one number are about one and the same element of an array; 0: each about any.
        is_value: that element itself has the value, not a field of it.
    """

    path: str
    intervals: tuple[Interval, ...]
    exact: bool
    has_text: bool
    element: int = 0
    is_value: bool = False

    @property
    def is_points(self) -> bool:
        """Whether it names single values."""
        return all(one.key is not None for one in self.intervals)


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conditions which all have to hold.

    Attributes:
        whole: they are all that the filter asks.
    """

    each: Sequence[Condition]
    whole: bool


def conjuncts(node: Node) -> Iterator[Node]:
    """The parts of a filter which all have to hold."""
    if isinstance(node, And):
        for child in node.children:
            yield from conjuncts(child)
    elif not isinstance(node, Always):
        yield node


def conditions_of(node: Node, collation: Collation) -> Conditions:
    """What a filter asks for of single paths, whatever else it asks.

    Args:
        collation: the one that it was parsed under.
    """
    numbers = count(1)
    found: list[Condition] = []
    whole = True
    for part in conjuncts(node):
        condition = _of_leaf(part, part.path, collation) if isinstance(part, Leaf) else None
        if condition is not None:
            found.append(condition)
            continue
        whole = False
        if isinstance(part, Leaf) and part.operator == "$elemMatch":
            found += _of_element(part, collation, next(numbers))
    return Conditions(found, whole)


def _of_element(outer: Leaf, collation: Collation, number: int) -> Iterator[Condition]:
    for leaf in conjuncts(outer.operand):
        if not isinstance(leaf, Leaf):
            continue
        if outer.of_values:
            found = _of_leaf(leaf, outer.path, collation, number, is_value=True)
        elif _names_places(leaf.path):
            continue  # the elements may be arrays, whose places these name
        else:
            found = _of_leaf(leaf, f"{outer.path}.{leaf.path}", collation, number)
        if found is not None:
            yield found


def _of_leaf(
    leaf: Leaf, path: str, collation: Collation, element: int = 0, *, is_value: bool = False
) -> Condition | None:
    operator, operand = leaf.operator, leaf.operand
    if operator == "$eq" or operator == "$in":
        operands = (operand,) if operator == "$eq" else operand
        if len(operands) > _MOST_POINTS:
            return None
        intervals: Sequence[Interval | None] = [
            one for value in watched(operands) for one in _equal(value, operator, collation)
        ]
        exact = not any(value is None or isinstance(value, list | Regex) for value in operands)
    elif operator in _COMPARISONS and not isinstance(operand, list):
        operands = (operand,)
        intervals = compared(operator, operand, collation)
        exact = operand is not None
    elif operator == "$regex":
        operands = (operand,)
        intervals = _of_pattern(operand, collation)
        exact = False
    else:
        return None
    if any(one is None for one in intervals):
        return None
    if any(value is None for value in operands) and _names_places(path):
        return None  # a document in the array lacks the field, whatever the array has at that place
    has_text = any(isinstance(value, str | dict | list | Regex) for value in operands)
    whole = tuple(united(one for one in intervals if one is not None))
    return Condition(path, whole, exact, has_text, element, is_value)


def _names_places(path: str) -> bool:
    return any(name.isdigit() for name in path.split("."))


def _equal(value: Any, operator: str, collation: Collation) -> Sequence[Interval | None]:
    if value is None:
        # An index has null for a missing field, "missing" for an empty array.
        return [point(MISSING, collation), point(None, collation)]
    if isinstance(value, list):
        # An array is there by its elements; it may also be an element itself.
        return [point(value, collation), point(value[0] if value else MISSING, collation)]
    if isinstance(value, Regex) and operator == "$in":
        return _of_pattern(value, collation)
    return [point(value, collation)]


def _of_pattern(pattern: Regex[Any], collation: Collation) -> Sequence[Interval | None]:
    prefix = literal_prefix(pattern) if collation.is_simple else ""
    return starting(prefix, pattern) if prefix else [None]
