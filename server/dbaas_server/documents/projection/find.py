"""The projection of ``find`` and ``findAndModify``: ``$slice``, ``$elemMatch`` and the positional ``$`` besides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..codec import Document
from ..errors import Code, DocumentError
from ..expressions import Compiler
from ..expressions.literals import refuse_meta
from ..expressions.numeric import integral, rank
from ..match import Node, compile_filter, first_match_position, parse_filter
from ..scope import Scope
from .shapes import Projection
from .stages import mark, shape
from .tree import KEEP, Computed, Cut, Leaf, leaves

__all__ = ["compile_projection"]


def compile_projection(spec: Mapping[str, Any], scope: Scope, filter_node: Node | None = None) -> Projection:
    """A find's projection.

    Args:
        spec: as the command gives it; empty: whole documents.
        filter_node: the query's filter, which says which element ``"a.$"`` is.

    Raises:
        DocumentError: it is not one.
    """
    if not spec:
        return Projection(lambda document: document, None)
    compiler = Compiler(scope)
    entries: list[tuple[str, Leaf]] = []
    matches: list[tuple[str, Callable[[Document], bool]]] = []
    positional: str | None = None
    for path, value in leaves(dict(spec)):
        operator = next(iter(value), "") if type(value) is dict else ""
        if path.endswith(".$") or path == "$":
            if positional is not None:
                raise DocumentError(31276, "Cannot specify more than one positional projection per query.")
            if mark(value) is not KEEP:
                raise DocumentError(31395, "positional projection cannot be used with exclusion")
            if filter_node is None:
                raise DocumentError(51246, "positional operator '.$' requires corresponding field in query specifier")
            positional = path[:-2]
            entries.append((positional, KEEP))
        elif ".$." in path:
            raise DocumentError(
                31394, "As of 4.4, it's illegal to specify positional operator in the middle of a path."
            )
        elif operator == "$elemMatch":
            if "." in path:
                raise DocumentError(31255, f"Cannot use $elemMatch projection on a nested field: {path}")
            if type(value["$elemMatch"]) is not dict:
                raise DocumentError(Code.BadValue, "elemMatch: Invalid argument, object required")
            holds = compile_filter(parse_filter({"e": {"$elemMatch": value["$elemMatch"]}}, scope), scope)
            matches.append((path, holds))
            entries.append((path, KEEP))
        elif operator == "$slice" and (cut := _cut(value["$slice"])) is not None:
            entries.append((path, cut))
        elif operator == "$meta":
            refuse_meta(value["$meta"])
        else:
            entries.append((path, mark(value) or Computed(compiler.compile(value).evaluate)))
    if positional is not None and matches:
        raise DocumentError(31256, "Cannot specify both positional operator and $elemMatch.")
    projection = shape(entries, compiler)
    needs = projection.needs if projection.includes else None
    if positional is not None:
        assert filter_node is not None
        # the filter looks at fields that the projection does not name
        return Projection(_at_position(projection.run, filter_node, positional), None)
    if matches:
        return Projection(_matching(projection.run, matches), needs)
    return Projection(projection.run, needs, includes=projection.includes)


def _cut(operand: Any) -> Cut | None:
    """The slice that find has; None: it is the expression of the same name."""
    if type(operand) is not list:
        if not rank(operand):
            raise DocumentError(28667, "Invalid $slice syntax: a number or [skip, limit] is expected")
        count = integral(operand, 28726, "$slice takes a whole number: {}") if operand == operand else 0
        return Cut(0, count) if count >= 0 else Cut(count, None)
    if len(operand) not in (2, 3):
        raise DocumentError(28667, "Invalid $slice syntax: expected [skip, limit]")
    if len(operand) != 2 or not rank(operand[0]):
        return None
    if not rank(operand[1]):
        raise DocumentError(28724, "First argument to $slice must be an array, but is of type: int")
    skip = integral(operand[0], 28726, "$slice takes whole numbers: {}")
    limit = integral(operand[1], 28728, "$slice takes whole numbers: {}")
    if limit <= 0:
        raise DocumentError(28729, f"$slice limit must be positive: {limit}")
    return Cut(skip, limit)


def _matching(
    run: Callable[[Document], Document], matches: list[tuple[str, Callable[[Document], bool]]]
) -> Callable[[Document], Document]:
    """The first element that matches; such fields come after those that are merely kept."""

    def project(document: Document) -> Document:
        result = run(document)
        for name, holds in matches:
            array = document.get(name)
            result.pop(name, None)
            if type(array) is list:
                for item in array:
                    if holds({"e": [item]}):
                        result[name] = [item]
                        break
        return result

    return project


def _at_position(run: Callable[[Document], Document], node: Node, path: str) -> Callable[[Document], Document]:
    names = path.split(".")

    def project(document: Document) -> Document:
        position = first_match_position(node, document)
        return run(_narrowed(document, names, position))

    return project


def _narrowed(document: Document, names: list[str], position: int | None) -> Document:
    """The document with the first array on the path cut to one element."""
    value = document.get(names[0])
    if type(value) is list:
        if position is None:
            raise DocumentError(
                51246,
                "Executor error during find command :: caused by :: positional operator '.$' couldn't find a matching "
                "element in the array",
            )
        if position >= len(value):
            raise DocumentError(
                51247, "Executor error during find command :: caused by :: positional operator '.$' element mismatch"
            )
        return {**document, names[0]: [value[position]]}
    if type(value) is dict and len(names) > 1:
        return {**document, names[0]: _narrowed(value, names[1:], position)}
    return document
