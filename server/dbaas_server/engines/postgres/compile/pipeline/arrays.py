"""Operators on arrays, and on several values at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .....stages import ConstantKind
from .comparison import compare
from .frame import Frame
from .numbers import number, numeric_kind
from .unify import choose
from .values import Const, ListOf, Typed, Value, array_of, category, from_json

__all__ = ["OPERATORS", "is_array"]


def is_array(value: Value) -> bool:
    """Whether a value is known to be an array, or JSON that may be one."""
    if isinstance(value, ListOf) or (isinstance(value, Const) and value.kind is ConstantKind.json):
        return True
    return isinstance(value, Typed) and (value.kind.endswith("[]") or category(value.kind) == "json")


def _size(frame: Frame, operands: Sequence[Value], word: str) -> Value:
    (value,) = operands
    if isinstance(value, Typed) and value.kind.endswith("[]"):
        return Typed(f"cardinality({value.sql})", "integer", value.nullable)
    return Typed(f"json_array_length({array_of(frame.context, value).sql})", "integer")


def _element_at(frame: Frame, operands: Sequence[Value], word: str) -> Value:
    found = array_of(frame.context, operands[0])
    numeric_kind(operands[1:])
    place = f"({number(frame.context, operands[1], 'bigint')})::integer"
    return from_json(found.shape, f"({found.sql} -> {place})")


def _in(frame: Frame, operands: Sequence[Value], word: str) -> Value:
    item, values = operands
    found = array_of(frame.context, values)
    alias = frame.context.alias("e")
    equal = compare(frame.context, "eq", item, from_json(found.shape, f"{alias}.v"), filtering=True)
    source = f"json_array_elements({found.sql}) as {alias}(v)"
    return Typed(f"exists (select from {source} where {equal})", "boolean", False)


def _over(operator: str) -> Callable[[Frame, Sequence[Value], str], Value]:
    """``sum``, ``avg``, ``min`` and ``max``: of an array, or of the operands."""

    def call(frame: Frame, operands: Sequence[Value], word: str) -> Value:
        if len(operands) == 1 and is_array(operands[0]):
            return _over_elements(frame, operator, operands[0])
        if operator in ("min", "max"):
            values, wrap = choose(frame.context, operands)
            return wrap(f"{'least' if operator == 'min' else 'greatest'}({', '.join(values)})")
        kind = numeric_kind(operands)
        items = [number(frame.context, value, kind) for value in operands]
        total = "(" + " + ".join(f"coalesce({item}, 0)" for item in items) + ")"
        if operator == "sum":
            return Typed(total, kind, False)
        kind = "double precision" if kind == "bigint" else kind
        return Typed(f"({total}::{kind} / nullif(num_nonnulls({', '.join(items)}), 0))", kind)

    return call


def _over_elements(frame: Frame, operator: str, value: Value) -> Value:
    found = array_of(frame.context, value)
    alias = frame.context.alias("e")
    item = from_json(found.shape, f"{alias}.v")
    source = f"json_array_elements({found.sql}) as {alias}(v)"
    if operator in ("min", "max"):
        if isinstance(item, Typed) and category(item.kind) in ("json", "boolean", "other"):
            order = "" if operator == "min" else " desc"
            picked = f"select {item.sql} from {source} where {item.sql} is not null order by 1{order} limit 1"
            return Typed(f"({picked})", item.kind)
        values, wrap = choose(frame.context, [item])
        return wrap(f"(select {operator}({values[0]}) from {source})")
    kind = numeric_kind([item])
    amount = number(frame.context, item, kind)
    if operator == "sum":
        kind = "numeric" if kind == "bigint" else kind
        return Typed(f"(select coalesce(sum({amount}), 0) from {source})", kind, False)
    kind = "double precision" if kind == "bigint" else kind
    return Typed(f"(select avg({amount})::{kind} from {source})", kind)


OPERATORS: dict[str, Callable[[Frame, Sequence[Value], str], Value]] = {
    "size": _size, "arrayElemAt": _element_at, "in": _in,
    "sum": _over("sum"), "avg": _over("avg"), "min": _over("min"), "max": _over("max"),
}  # fmt: skip
