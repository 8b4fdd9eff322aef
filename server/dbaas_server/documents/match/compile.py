"""Nodes to predicates: closures that look a field up, see its type and compare.

Most documents have no array where a filter looks; that way is a dict's lookup and a test. The other goes through
:func:`~..paths.candidates`.
"""

from __future__ import annotations

from typing import Any, Final

from ..codec import MISSING
from ..paths import Path, candidates
from ..scope import Scope
from ..steps import spend, watched
from .nodes import Always, And, Expr, Leaf, Never, Node, Nor, Not, Or, Predicate, Test

__all__ = ["compile_filter", "compile_value"]

_PRICE: Final = 8
"""Of compiling one node, in turns."""

_FEW: Final = 16


def compile_filter(node: Node, scope: Scope) -> Predicate:
    """The predicate of a filter.

    Args:
        node: from :func:`~.parse.parse_filter`.
        scope: the one that it was parsed under.
    """
    spend(_PRICE)
    match node:
        case Leaf():
            return _leaf(node)
        case And(children):
            return _all([compile_filter(child, scope) for child in children])
        case Or(children):
            return _any([compile_filter(child, scope) for child in children])
        case Nor(children):
            return _not(_any([compile_filter(child, scope) for child in children]))
        case Not(child):
            return _not(compile_filter(child, scope))
        case Expr():
            return node.predicate
        case Always():
            return lambda document: True
        case Never():
            return lambda document: False


def compile_value(node: Node) -> Test:
    """Whether one value matches, where every leaf's path is empty: an ``$elemMatch`` of values."""
    spend(_PRICE)
    match node:
        case Leaf():
            return node.test
        case And(children):
            return _all([compile_value(child) for child in children])
        case Or(children):
            return _any([compile_value(child) for child in children])
        case Nor(children):
            return _not(_any([compile_value(child) for child in children]))
        case Not(child):
            return _not(compile_value(child))
        case Expr():
            return node.predicate
        case Always():
            return lambda value: True
        case Never():
            return lambda value: False


def _leaf(leaf: Leaf) -> Predicate:
    if leaf.arrays:
        return _array_leaf(leaf)
    path, test = leaf.parts, leaf.test
    if len(path) == 1:
        return _field(path[0], test)
    return _path(path, test)


def _field(name: str, test: Test) -> Predicate:
    def predicate(document: dict[str, Any]) -> bool:
        value = document.get(name, MISSING)
        if type(value) is list:
            return True in map(test, watched(value)) or test(value)
        return test(value)

    return predicate


def _path(path: Path, test: Test) -> Predicate:
    def predicate(document: dict[str, Any]) -> bool:
        value: Any = document
        for name in path:
            kind = type(value)
            if kind is dict:
                value = value.get(name, MISSING)
            elif kind is list:
                return True in map(test, candidates(document, path))
            else:
                return test(MISSING)
        if type(value) is list:
            return True in map(test, watched(value)) or test(value)
        return test(value)

    return predicate


def _array_leaf(leaf: Leaf) -> Predicate:
    path, test = leaf.parts, leaf.test
    if len(path) == 1:
        name = path[0]
        return lambda document: test(document.get(name, MISSING))
    return lambda document: True in map(test, candidates(document, path, leaves=False))


def _all(parts: list[Test]) -> Test:
    if len(parts) == 2:
        one, other = parts
        return lambda value: one(value) and other(value)

    few = len(parts) < _FEW

    def every(value: Any) -> bool:
        for part in parts if few else watched(parts):  # noqa: SIM110 - a generator for each document costs too much
            if not part(value):
                return False
        return True

    return every


def _any(parts: list[Test]) -> Test:
    if len(parts) == 2:
        one, other = parts
        return lambda value: one(value) or other(value)

    few = len(parts) < _FEW

    def some(value: Any) -> bool:
        for part in parts if few else watched(parts):  # noqa: SIM110
            if part(value):
                return True
        return False

    return some


def _not(part: Test) -> Test:
    return lambda value: not part(value)
