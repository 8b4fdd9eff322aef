"""A filter document to nodes, fully checked.

MongoDB's manual, "Query and Projection Operators"; where a message is one that drivers or people match on it is
MongoDB's own.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final

from bson import DatetimeMS, Int64, ObjectId, Regex

from ..codec import MISSING
from ..errors import Code, DocumentError
from ..regex import pattern_of, searcher
from ..scope import Scope
from ..steps import spend, watched
from ..values import equal, is_number
from .comparison import ORDERINGS, comparison_test, equality_test, membership_test
from .compile import compile_filter, compile_value
from .element import BITWISE, bits_test, exists_test, mod_test, size_test, truth, type_kinds, type_test, whole_number
from .nodes import Always, And, Expr, Leaf, Never, Node, Nor, Not, Or, Test

__all__ = ["MOST_DEPTH", "parse_filter"]

MOST_DEPTH: Final = 100
"""How deep filters may be in filters, as in a mongod."""

_PRICE: Final = 8
"""Of reading one condition, in turns."""

_SIMPLE: Final = frozenset({int, Int64, float, str, ObjectId, DatetimeMS, bool, type(None)})
"""Types of values that no operators are in."""

_REFERENCE: Final = frozenset({"$ref", "$id", "$db"})
_PATHLESS: Final = frozenset({"$and", "$or", "$nor", "$expr", "$where", "$comment"})
_GEO: Final = frozenset({"$geoWithin", "$geoIntersects", "$within", "$uniqueDocs"})
_NEAR: Final = frozenset({"$near", "$nearSphere", "$geoNear", "$maxDistance", "$minDistance"})


def parse_filter(spec: Any, scope: Scope) -> Node:
    """The nodes of a filter.

    Args:
        spec: as a command gives it, decoded.
        scope: collation, variables and deadline that it runs under.

    Raises:
        DocumentError: it is no filter; mostly ``BadValue``.
    """
    if not isinstance(spec, dict):
        raise DocumentError(Code.TypeMismatch, "Expected the filter to be an object")
    return _Parser(scope).document(spec, 0)


def _bad(message: str) -> DocumentError:
    return DocumentError(Code.BadValue, message)


class _Parser:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._in_elements = 0

    def document(self, spec: dict[str, Any], depth: int) -> Node:
        """A whole filter: every one of its fields has to hold."""
        if depth > MOST_DEPTH:
            raise _bad(f"exceeded maximum query tree depth of {MOST_DEPTH}")
        nodes: list[Node] = []
        for name, value in watched(spec.items()):
            spend(_PRICE)
            if name.startswith("$"):
                node = self._top(name, value, depth)
                if node is not None:
                    nodes.append(node)
            else:
                nodes.append(self._field(name, value, depth))
        return _and(nodes)

    # --- $and, $expr and the like -------------------------------------------------------------------------------

    def _top(self, name: str, value: Any, depth: int) -> Node | None:
        if name in {"$and", "$or", "$nor"}:
            return self._tree(name, value, depth)
        method = _TOP.get(name)
        if method is None:
            raise _bad(
                f"unknown top level operator: {name}. If you have a field name that starts with a '$' symbol, consider "
                f"using $getField or $setField."
            )
        return method(self, value)

    def _tree(self, name: str, value: Any, depth: int) -> Node:
        if not isinstance(value, list):
            raise _bad(f"{name} must be an array")
        if not value:
            raise _bad("$and/$or/$nor must be a nonempty array")
        children: list[Node] = []
        for part in watched(value):
            spend(_PRICE)
            if not isinstance(part, dict):
                raise _bad("$or/$and/$nor entries need to be full objects")
            children.append(self.document(part, depth + 1))
        if name == "$and":
            return _and(children)
        if name == "$nor":
            return Nor(tuple(children))
        return children[0] if len(children) == 1 else Or(tuple(children))

    def _expr(self, value: Any) -> Node:
        from ..expressions import Frame, compile_expression  # expressions know filters too

        if self._in_elements:
            raise _bad("$expr can only be applied to the top-level document")
        evaluate = compile_expression(value, self._scope)
        return Expr("$expr", value, lambda document: truth(evaluate(Frame(document))))

    def _json_schema(self, value: Any) -> Node:
        from .jsonschema import compile_schema  # it has filters' tests in it

        return Expr("$jsonSchema", value, compile_schema(value, self._scope).holds)

    def _sample_rate(self, value: Any) -> Node:
        if not is_number(value) or not 0 <= float(str(value)) <= 1:
            raise _bad("numeric argument to $sampleRate must be in [0, 1]")
        rate = float(str(value))
        return Expr("$sampleRate", value, lambda document: random.random() < rate)  # noqa: S311 - a sample, no secret

    def _comment(self, value: Any) -> None:
        return None

    def _constant(self, name: str, value: Any, node: Node) -> Node:
        if whole_number(value) != 1:
            raise DocumentError(Code.FailedToParse, f"{name} must be an integer value of 1")
        return node

    def _where(self, value: Any) -> Node:
        raise _bad("no globalScriptEngine in $where parsing")

    def _text(self, value: Any) -> Node:
        raise DocumentError(Code.IndexNotFound, "text index required for $text query")

    # --- a field ------------------------------------------------------------------------------------------------

    def _field(self, path: str, value: Any, depth: int) -> Node:
        if isinstance(value, Regex):
            return self._pattern(path, pattern_of(value))
        if _is_operators(value):
            return self.operators(path, value, depth)
        return self._equal(path, value)

    def operators(self, path: str, spec: dict[str, Any], depth: int) -> Node:
        """``{$gt: 5, $lt: 9}``: everything that is said of one path."""
        if depth > MOST_DEPTH:
            raise _bad(f"exceeded maximum query tree depth of {MOST_DEPTH}")
        nodes: list[Node] = []
        for name, value in watched(spec.items()):
            spend(_PRICE)
            if name == "$comment" or (name == "$options" and "$regex" in spec):
                continue
            if name == "$regex":
                nodes.append(self._regex(path, value, spec.get("$options", MISSING)))
                continue
            method = _OPERATORS.get(name)
            if method is None:
                raise _unknown(name)
            nodes.append(method(self, path, value, depth))
        return _and(nodes)

    def _equal(self, path: str, value: Any) -> Node:
        return Leaf(path, "$eq", value, equality_test(value, self._scope.collation))

    def _eq(self, path: str, value: Any, depth: int) -> Node:
        return self._equal(path, value)

    def _ne(self, path: str, value: Any, depth: int) -> Node:
        if isinstance(value, Regex):
            raise _bad("Can't have regex as arg to $ne.")
        return Not(self._equal(path, value))

    def _ordered(self, name: str, path: str, value: Any) -> Node:
        if isinstance(value, Regex):
            raise _bad(f"Can't have RegEx as arg to predicate over field '{path}'.")
        return Leaf(path, name, value, comparison_test(name, value, self._scope.collation))

    def _in(self, path: str, value: Any, depth: int) -> Node:
        return self._membership("$in", path, value)

    def _nin(self, path: str, value: Any, depth: int) -> Node:
        return Not(self._membership("$nin", path, value))

    def _membership(self, name: str, path: str, value: Any) -> Node:
        if not isinstance(value, list):
            raise _bad(f"{name} needs an array")
        if _SIMPLE.issuperset(map(type, value)):
            return (
                Leaf(path, "$in", tuple(value), membership_test(value, (), self._scope.collation)) if value else Never()
            )
        operands: list[Any] = []
        patterns: list[Test] = []
        for one in watched(value):
            if _is_operators(one):
                raise _bad(f"cannot nest $ under {name}")
            if isinstance(one, Regex):
                pattern = pattern_of(one)
                patterns.append(self._pattern_test(pattern))
                operands.append(pattern)
            else:
                operands.append(one)
        plain = [one for one in operands if not isinstance(one, Regex)]
        if not operands:
            return Never()
        return Leaf(path, "$in", tuple(operands), membership_test(plain, patterns, self._scope.collation))

    def _exists(self, path: str, value: Any, depth: int) -> Node:
        leaf = Leaf(path, "$exists", True, exists_test)
        return leaf if truth(value) else Not(leaf)

    def _type(self, path: str, value: Any, depth: int) -> Node:
        kinds = type_kinds(value, path)
        return Leaf(path, "$type", kinds, type_test(kinds))

    def _size(self, path: str, value: Any, depth: int) -> Node:
        size, test = size_test(value)
        return Leaf(path, "$size", size, test, arrays=True)

    def _mod(self, path: str, value: Any, depth: int) -> Node:
        operand, test = mod_test(value)
        return Leaf(path, "$mod", operand, test)

    def _bits(self, name: str, path: str, value: Any) -> Node:
        mask, test = bits_test(name, value, path)
        return Leaf(path, name, mask, test)

    # --- patterns -----------------------------------------------------------------------------------------------

    def _regex(self, path: str, value: Any, options: Any) -> Node:
        if not isinstance(value, str | Regex):
            raise _bad("$regex has to be a string")
        if options is not MISSING and not isinstance(options, str):
            raise _bad("$options has to be a string")
        return self._pattern(path, pattern_of(value, None if options is MISSING else options))

    def _options(self, path: str, value: Any, depth: int) -> Node:
        raise _bad("$options needs a $regex")

    def _pattern(self, path: str, pattern: Regex[str]) -> Node:
        return Leaf(path, "$regex", pattern, self._pattern_test(pattern))

    def _pattern_test(self, pattern: Regex[str]) -> Test:
        search = searcher(pattern, self._scope)

        def test(value: Any) -> bool:
            if type(value) is str:
                return search(value)
            return type(value) is Regex and equal(value, pattern)

        return test

    # --- $not, $all, $elemMatch ---------------------------------------------------------------------------------

    def _not(self, path: str, value: Any, depth: int) -> Node:
        if isinstance(value, Regex):
            return Not(self._pattern(path, pattern_of(value)))
        if not isinstance(value, dict):
            raise _bad("$not needs a regex or a document")
        if not value:
            raise _bad("$not cannot be empty")
        return Not(self.operators(path, value, depth + 1))

    def _all(self, path: str, value: Any, depth: int) -> Node:
        if not isinstance(value, list):
            raise _bad("$all needs an array")
        if not value:
            return Never()
        if _is_elem_match(value[0]):
            if not all(map(_is_elem_match, value)):
                raise _bad("$all/$elemMatch has to be consistent")
            return _and([self.operators(path, one, depth + 1) for one in watched(value)])
        if any(map(_is_operators, value)):
            raise _bad("no $ expressions in $all")
        return _and([self._field(path, one, depth) for one in watched(value)])

    def _elem_match(self, path: str, value: Any, depth: int) -> Node:
        if not isinstance(value, dict):
            raise _bad("$elemMatch needs an Object")
        node: Node
        of_values = _is_operators(value) and not _PATHLESS.intersection(value)
        if of_values:
            node = self.operators("", value, depth + 1)
            element = compile_value(node)
        else:
            self._in_elements += 1
            node = self.document(value, depth + 1)
            self._in_elements -= 1
            element = _of_document(compile_filter(node, self._scope))

        def test(candidate: Any) -> bool:
            return type(candidate) is list and True in map(element, watched(candidate))

        return Leaf(path, "$elemMatch", node, test, arrays=True, element=element, of_values=of_values)

    # --- what is not here ---------------------------------------------------------------------------------------

    def _near(self, path: str, value: Any, depth: int) -> Node:
        raise DocumentError(
            Code.NoQueryExecutionPlans,
            "error processing query: planner returned error :: caused by :: unable to find index for $geoNear query",
        )

    def _geo(self, path: str, value: Any, depth: int) -> Node:
        raise DocumentError(Code.NotImplemented, "Geospatial queries are not supported.")


def _ordering(name: str) -> Callable[[_Parser, str, Any, int], Node]:
    return lambda parser, path, value, depth: parser._ordered(name, path, value)


def _bitwise(name: str) -> Callable[[_Parser, str, Any, int], Node]:
    return lambda parser, path, value, depth: parser._bits(name, path, value)


_TOP: Final[dict[str, Callable[[_Parser, Any], Node | None]]] = {
    "$expr": _Parser._expr,
    "$jsonSchema": _Parser._json_schema,
    "$sampleRate": _Parser._sample_rate,
    "$comment": _Parser._comment,
    "$where": _Parser._where,
    "$text": _Parser._text,
    "$alwaysTrue": lambda parser, value: parser._constant("$alwaysTrue", value, Always()),
    "$alwaysFalse": lambda parser, value: parser._constant("$alwaysFalse", value, Never()),
}

_OPERATORS: Final[dict[str, Callable[[_Parser, str, Any, int], Node]]] = (
    {
        "$eq": _Parser._eq,
        "$ne": _Parser._ne,
        "$in": _Parser._in,
        "$nin": _Parser._nin,
        "$not": _Parser._not,
        "$exists": _Parser._exists,
        "$type": _Parser._type,
        "$mod": _Parser._mod,
        "$size": _Parser._size,
        "$all": _Parser._all,
        "$elemMatch": _Parser._elem_match,
        "$options": _Parser._options,
    }
    | {name: _ordering(name) for name in ORDERINGS}
    | {name: _bitwise(name) for name in BITWISE}
    | dict.fromkeys(_NEAR, _Parser._near)
    | dict.fromkeys(_GEO, _Parser._geo)
)


def _and(nodes: list[Node]) -> Node:
    if not nodes:
        return Always()
    if len(nodes) == 1:
        return nodes[0]
    flat: list[Node] = []
    for node in nodes:
        flat += node.children if isinstance(node, And) else (node,)
    return And(tuple(flat))


def _is_operators(value: Any) -> bool:
    """Whether a value says what has to hold, rather than what to be equal to."""
    if not isinstance(value, dict) or not value:
        return False
    if not next(iter(value)).startswith("$"):
        return False
    return not ("$ref" in value and "$id" in value and _REFERENCE.intersection(value))


def _is_elem_match(value: Any) -> bool:
    return isinstance(value, dict) and next(iter(value), None) == "$elemMatch"


def _of_document(predicate: Callable[[dict[str, Any]], bool]) -> Test:
    def test(element: Any) -> bool:
        if type(element) is dict:
            return predicate(element)
        if type(element) is list:  # a document whose names are places
            return predicate({str(place): part for place, part in enumerate(element)})
        return False

    return test


def _unknown(name: str) -> DocumentError:
    return _bad(f"unknown operator: {name}")
