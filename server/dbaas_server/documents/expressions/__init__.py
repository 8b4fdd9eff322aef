"""Aggregation expressions.

1. An expression is checked whole and compiled once, to a closure over a :class:`Frame`; nothing is looked up by name
   while it runs.
2. What has no part that varies is worked out while compiling, errors included.
3. A value or ``MISSING``: a missing field is not null, and each operator says what it makes of either.
4. A family of operators is a module that enters them in :mod:`.registry`; the compiler knows none by name.
5. Numbers keep MongoDB's four types: int32 grows to int64, int64 to double, decimal128 outdoes all.
6. Nothing that an expression is given makes it run without an end: patterns have a deadline, results a size.
"""

from __future__ import annotations

from typing import Any

from ..scope import Scope
from . import (
    arithmetic,
    arrays,
    bits,
    comparison,
    conditions,
    conversion,
    dates,
    datestrings,
    durations,
    iteration,
    literals,
    objects,
    patterns,
    rounding,
    sets,
    strings,
    totals,
)
from .compiler import Compiler
from .frame import Cell, Expression, Frame
from .registry import OPERATORS, VARYING, Node

__all__ = ["FAMILIES", "OPERATORS", "VARYING", "Cell", "Compiler", "Expression", "Frame", "Node", "compile_expression"]

FAMILIES = (
    arithmetic,
    arrays,
    bits,
    comparison,
    conditions,
    conversion,
    dates,
    datestrings,
    durations,
    iteration,
    literals,
    objects,
    patterns,
    rounding,
    sets,
    strings,
    totals,
)
"""The modules whose operators there are."""


def compile_expression(spec: Any, scope: Scope) -> Expression:
    """Compile an expression.

    Args:
        spec: as a command gives it, decoded.

    Raises:
        DocumentError: it is not one (168 an unknown operator, 16020 a wrong number of arguments, …).
    """
    return Compiler(scope).compile(spec).evaluate
