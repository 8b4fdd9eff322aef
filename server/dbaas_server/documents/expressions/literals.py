"""``$literal``, ``$const``, ``$let``, ``$rand``, and ``$meta``, for which there is nothing here to tell."""

from __future__ import annotations

import random
from typing import Any

from ..errors import Code, DocumentError
from .compiler import Compiler
from .frame import Frame
from .limits import bounded
from .registry import Node, operator

__all__ = ["refuse_meta"]


@operator("$literal", "$const")
def _literal(operand: Any, compiler: Compiler) -> Node:
    return Node.constant(operand)


@operator("$let")
def _let(operand: Any, compiler: Compiler) -> Node:
    if type(operand) is not dict:
        raise DocumentError(16874, "$let only supports an object as its argument")
    for key in operand:
        if key not in ("vars", "in"):
            raise DocumentError(16875, f"Unrecognized parameter to $let: {key}")
    if "vars" not in operand:
        raise DocumentError(16876, "Missing 'vars' parameter to $let")
    if "in" not in operand:
        raise DocumentError(16877, "Missing 'in' parameter to $let")
    given = operand["vars"]
    if type(given) is not dict:
        raise DocumentError(Code.TypeMismatch, "invalid parameter: expected an object (vars)")
    values = [compiler.compile(part).evaluate for part in given.values()]
    inner, slots = compiler.with_variables(given)
    body = inner.compile(operand["in"])
    if body.is_constant:
        return body
    result = body.evaluate

    def run(frame: Frame) -> Any:
        variables = frame.variables
        for slot, value in zip(slots, values, strict=True):
            variables[slot] = bounded(value(frame))
        return result(frame)

    return Node(run)


@operator("$rand")
def _rand(operand: Any, compiler: Compiler) -> Node:
    if operand not in ({}, []):
        raise DocumentError(3040501, "$rand does not currently accept arguments")
    return Node(lambda frame: random.random())  # noqa: S311  # a sample, no secret


@operator("$meta")
def _meta(operand: Any, compiler: Compiler) -> Node:
    return refuse_meta(operand)


def refuse_meta(operand: Any) -> Node:
    """``{$meta: …}``: scores and their kin exist after ``$text`` or ``$search`` only, which are not offered.

    Raises:
        DocumentError: always, unless the query has an index key that is simply not there.
    """
    if type(operand) is not str:
        raise DocumentError(17307, "$meta only supports string arguments")
    if operand in ("textScore", "searchScore", "searchHighlights", "geoNearDistance", "geoNearPoint"):
        raise DocumentError(40218, f"query requires {operand} metadata, but it is not available")
    if operand in ("recordId", "indexKey", "sortKey", "randVal", "searchScoreDetails", "searchSequenceToken"):
        raise DocumentError(Code.NotImplemented, f"$meta: '{operand}' is not supported")
    raise DocumentError(17308, f"Unsupported argument to $meta: {operand}")
