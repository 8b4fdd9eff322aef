"""How many times over a value may hold what the table's row holds.

A stage that doubles a text or an array is harmless, thirty of them are a gigabyte. Numbers and dates do not grow.
"""

from __future__ import annotations

from dataclasses import replace

from .....stages import Constant, Document, Elements, Expression, FieldPath, Operation, Root
from .frame import Frame
from .values import Const, ListOf, Struct, Typed, Value, category, refuse

__all__ = ["heavy", "of_value", "weighed"]

HEAVIEST = 2_000
_CONSTANT_SIZE = ("integer", "decimal", "float", "boolean", "date")


def weighed(frame: Frame, item: Expression, value: Value) -> Value:
    """A value that an expression gave, with its weight. Raises ``Invalid`` where it is too much."""
    if isinstance(value, Struct):
        if isinstance(item, Document):
            fields = {name: weighed(frame, inner, value.fields[name]) for name, inner in item.fields}
            return Struct(fields, value.exists)
        if isinstance(item, FieldPath | Root):
            return value  # its fields know
    return heavy(value, _of_expression(frame, item))


def _of_expression(frame: Frame, item: Expression) -> int:
    if isinstance(item, FieldPath):
        field = frame.fields.get(item.names[0])
        return 1 if field is None else of_value(field)
    if isinstance(item, Root):
        return sum(of_value(value) for value in frame.fields.values())
    if isinstance(item, Operation):
        return sum(_of_expression(frame, operand) for operand in item.operands)
    if isinstance(item, Document):
        return sum(_of_expression(frame, inner) for _, inner in item.fields)
    if isinstance(item, Elements):
        return sum(_of_expression(frame, inner) for inner in item.items)
    return 1 if isinstance(item, Constant) else 0


def of_value(value: Value) -> int:
    """The weight of a value, all its fields together."""
    if isinstance(value, Typed | ListOf):
        return value.weight
    return sum(map(of_value, value.fields.values())) if isinstance(value, Struct) else 1


def heavy(value: Value, weight: int) -> Value:
    """A value with a weight. Raises ``Invalid`` where it is too much."""
    if isinstance(value, Const):
        return value
    if isinstance(value, Struct):
        return Struct({name: heavy(inner, weight) for name, inner in value.fields.items()}, value.exists)
    if isinstance(value, Typed) and category(value.kind) in _CONSTANT_SIZE:
        return value
    if weight > HEAVIEST:
        raise refuse("This pipeline copies its own text or arrays over and over.", hint="Build them in one stage.")
    return replace(value, weight=max(weight, 1))
