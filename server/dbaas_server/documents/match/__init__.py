"""Filters: which documents match.

1. Read, then run: a filter is checked whole and turned to nodes (:mod:`.nodes`) that the planner reads; nodes turn to
   closures (:mod:`.compile`) that look up a field, see its type and compare.
2. A leaf is a path and a test of one value. What arrays mean is the path's business (:mod:`~..paths`), never a test's.
3. ``$ne``, ``$nin`` and ``$exists: false`` are negations of what they negate, arrays included.
4. Everything here comes to an end: filters have a depth, patterns a time.
"""

from __future__ import annotations

from .compile import compile_filter
from .failure import explain_failure
from .literals import required_literals
from .nodes import Always, And, Expr, Leaf, Never, Node, Nor, Not, Or, Predicate
from .parse import parse_filter
from .positions import first_match_position

__all__ = [
    "Always",
    "And",
    "Expr",
    "Leaf",
    "Never",
    "Node",
    "Nor",
    "Not",
    "Or",
    "Predicate",
    "compile_filter",
    "explain_failure",
    "first_match_position",
    "parse_filter",
    "required_literals",
]
