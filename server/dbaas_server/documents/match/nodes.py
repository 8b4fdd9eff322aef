"""What a filter is once it is read: the planner looks at it, :mod:`.compile` makes a predicate of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ..paths import Path, split

__all__ = ["Always", "And", "Expr", "Leaf", "Never", "Node", "Nor", "Not", "Or", "Predicate", "Test"]

Predicate: TypeAlias = Callable[[dict[str, Any]], bool]
"""Whether a document matches."""

Test: TypeAlias = Callable[[Any], bool]
"""Whether one value does."""


@dataclass(frozen=True, slots=True)
class And:
    """Every one of them; two at least."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of them at least; there are two or more."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Nor:
    """None of them."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Not this; ``$ne`` is a Not of ``$eq``, ``$nin`` of ``$in``, ``$exists: false`` of ``$exists: true``."""

    child: Node


@dataclass(frozen=True, slots=True)
class Leaf:
    """What has to hold for a value that a path leads to.

    Attributes:
        path: as it was written; empty and without a meaning within an ``$elemMatch`` of values.
        operator: ``$eq $gt $gte $lt $lte $in $regex $exists $type $mod $size $elemMatch`` or one of ``$bits…``.
        operand: a value; a tuple of values (``$in``, where patterns are ``Regex``); a ``Regex``; a tuple of types; the
            node that an element has to match (``$elemMatch``).
        test: whether it holds for one value.
        arrays: it looks at arrays as they are, never at their elements one by one.
        element: of an ``$elemMatch``, whether one element does.
        of_values: of an ``$elemMatch``, that its elements are looked at as values, not as documents.
    """

    path: str
    operator: str
    operand: Any
    test: Test = field(compare=False, repr=False)
    arrays: bool = False
    element: Test | None = field(default=None, compare=False, repr=False)
    of_values: bool = False

    @property
    def parts(self) -> Path:
        """The path's components."""
        return split(self.path)


@dataclass(frozen=True, slots=True)
class Expr:
    """What has to hold for the document as a whole.

    Attributes:
        operator: ``$expr``, ``$jsonSchema`` or ``$sampleRate``.
        operand: as it was written.
        predicate: whether it holds.
    """

    operator: str
    operand: Any
    predicate: Predicate = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Always:
    """Every document."""


@dataclass(frozen=True, slots=True)
class Never:
    """No document."""


Node: TypeAlias = And | Or | Nor | Not | Leaf | Expr | Always | Never
