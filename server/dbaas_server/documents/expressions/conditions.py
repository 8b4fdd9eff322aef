"""``$and $or $not $cond $ifNull $switch``: parts that are not reached are not evaluated."""

from __future__ import annotations

from typing import Any

from bson import Decimal128

from ..codec import MISSING
from ..errors import DocumentError
from .compiler import Compiler
from .frame import Frame
from .numeric import decimal
from .registry import Node, function, operator

__all__ = ["truth"]


def truth(value: Any) -> bool:
    """Whether a value counts as true: anything but false, null, missing and zero."""
    kind = type(value)
    if kind is bool:
        return bool(value)
    if value is None or value is MISSING:
        return False
    if kind is Decimal128:
        plain = decimal(value)
        return bool(plain) or plain.is_nan()
    if isinstance(value, (int, float)):
        return value != 0
    return True


def _settle(node: Node, nodes: list[Node]) -> Node:
    """The node, or its value when no part of it varies."""
    return Node.constant(node.evaluate(Frame({}))) if all(part.is_constant for part in nodes) else node


@operator("$and")
def _and(operand: Any, compiler: Compiler) -> Node:
    nodes = compiler.operands("$and", operand, 0, -1)
    parts = [node.evaluate for node in nodes]

    def run(frame: Frame) -> bool:
        return all(truth(part(frame)) for part in parts)

    return _settle(Node(run), nodes)


@operator("$or")
def _or(operand: Any, compiler: Compiler) -> Node:
    nodes = compiler.operands("$or", operand, 0, -1)
    parts = [node.evaluate for node in nodes]

    def run(frame: Frame) -> bool:
        return any(truth(part(frame)) for part in parts)

    return _settle(Node(run), nodes)


@function("$not", 1)
def _not(value: Any) -> bool:
    return not truth(value)


@operator("$cond")
def _cond(operand: Any, compiler: Compiler) -> Node:
    if type(operand) is dict:
        for key in operand:
            if key not in ("if", "then", "else"):
                raise DocumentError(17083, f"Unrecognized parameter to $cond: {key}")
        for number, key in ((17080, "if"), (17081, "then"), (17082, "else")):
            if key not in operand:
                raise DocumentError(number, f"Missing '{key}' parameter to $cond")
        nodes = [compiler.compile(operand[key]) for key in ("if", "then", "else")]
    else:
        nodes = compiler.operands("$cond", operand, 3, 3)
    if nodes[0].is_constant:
        return nodes[1] if truth(nodes[0].value) else nodes[2]
    test, then, other = (node.evaluate for node in nodes)
    return Node(lambda frame: then(frame) if truth(test(frame)) else other(frame))


@operator("$ifNull")
def _if_null(operand: Any, compiler: Compiler) -> Node:
    parts = operand if type(operand) is list else [operand]
    if len(parts) < 2:
        raise DocumentError(1257300, f"$ifNull needs at least two arguments, had: {len(parts)}")
    nodes = [compiler.compile(part) for part in parts]
    *tried, last = (node.evaluate for node in nodes)

    def run(frame: Frame) -> Any:
        for part in tried:
            value = part(frame)
            if value is not None and value is not MISSING:
                return value
        return last(frame)

    return _settle(Node(run), nodes)


@operator("$switch")
def _switch(operand: Any, compiler: Compiler) -> Node:
    if type(operand) is not dict:
        raise DocumentError(40060, "$switch requires an object as an argument")
    for key in operand:
        if key not in ("branches", "default"):
            raise DocumentError(40067, f"$switch found an unknown argument: {key}")
    listed = operand.get("branches", [])
    if type(listed) is not list:
        raise DocumentError(40061, "$switch expected an array for 'branches'")
    branches = [_branch(part, compiler) for part in listed]
    default = compiler.compile(operand["default"]) if "default" in operand else None
    if not branches:
        raise DocumentError(40068, "$switch requires at least one branch")
    parts = [(test.evaluate, then.evaluate) for test, then in branches]

    def run(frame: Frame) -> Any:
        for test, then in parts:
            if truth(test(frame)):
                return then(frame)
        if default is None:
            raise DocumentError(
                40066, "$switch could not find a matching branch for an input, and no default was specified."
            )
        return default.evaluate(frame)

    return Node(run)


def _branch(spec: Any, compiler: Compiler) -> tuple[Node, Node]:
    if type(spec) is not dict:
        raise DocumentError(40062, "$switch expected each branch to be an object")
    for key in spec:
        if key not in ("case", "then"):
            raise DocumentError(40063, f"$switch found an unknown argument to a branch: {key}")
    if "case" not in spec:
        raise DocumentError(40064, "$switch requires each branch have a 'case' expression")
    if "then" not in spec:
        raise DocumentError(40065, "$switch requires each branch have a 'then' expression.")
    return compiler.compile(spec["case"]), compiler.compile(spec["then"])
