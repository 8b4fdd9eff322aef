"""``$eq $ne $lt $lte $gt $gte $cmp``: the order of all BSON values; a missing field comes before null."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..values import Collation, compare
from .compiler import Compiler
from .registry import Node, apply, operator

__all__ = ["comparer", "ordered"]


def comparer(collation: Collation) -> Callable[[Any, Any], int]:
    """How two values compare under a collation: negative, 0 or positive. Missing is less than anything."""

    def between(left: Any, right: Any) -> int:
        return compare(left, right, collation)

    return between


def ordered(name: str, holds: Callable[[int], Any]) -> None:
    """Enter a comparison, given what it makes of the sign."""

    def build(operand: Any, compiler: Compiler) -> Node:
        between = comparer(compiler.scope.collation)
        return apply(lambda left, right: holds(between(left, right)), compiler.operands(name, operand, 2, 2))

    operator(name)(build)


ordered("$eq", lambda sign: sign == 0)
ordered("$ne", lambda sign: sign != 0)
ordered("$lt", lambda sign: sign < 0)
ordered("$lte", lambda sign: sign <= 0)
ordered("$gt", lambda sign: sign > 0)
ordered("$gte", lambda sign: sign >= 0)
ordered("$cmp", lambda sign: (sign > 0) - (sign < 0))
