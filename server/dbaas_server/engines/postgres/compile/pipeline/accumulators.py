"""What ``$group`` computes of the rows of a group."""

from __future__ import annotations

from .....stages import Accumulator, ConstantKind
from .expressions import expression
from .frame import Frame, leaves, order_text
from .numbers import number, numeric_kind
from .values import (
    Const,
    ListOf,
    Typed,
    Value,
    base,
    category,
    element,
    from_json,
    jsonb,
    shape_of,
    typed,
)

__all__ = ["accumulate"]

_COMPARABLE = ("integer", "decimal", "float", "text", "date")


def accumulate(frame: Frame, item: Accumulator) -> Value:
    """An accumulator as expressions for the select list of a grouped query. Raises ``Invalid``."""
    if item.operand is None:
        return Typed("count(*)", "bigint", False)
    value = expression(frame, item.operand)
    match item.operator:
        case "sum":
            return _sum(frame, value)
        case "avg":
            kind = numeric_kind([value])
            result = "double precision" if kind == "bigint" else kind
            average = f"avg({number(frame.context, value, kind)})"
            return Typed(average if result == kind else f"{average}::{result}", result)
        case "min" | "max":
            return _extreme(frame, value, item.operator)
        case "stdDevPop" | "stdDevSamp":
            numeric_kind([value])
            name = "stddev_pop" if item.operator == "stdDevPop" else "stddev_samp"
            return Typed(f"{name}({number(frame.context, value, 'double precision')})", "double precision")
        case "first" | "last":
            return _picked(frame, value, last=item.operator == "last")
        case "addToSet":
            return _set(frame, value)
        case _:
            return _pushed(frame, value)


def _sum(frame: Frame, value: Value) -> Value:
    if isinstance(value, Const) and value.kind is ConstantKind.integer:  # how rows are counted
        return Typed(f"(count(*) * {typed(frame.context, value).sql})", "bigint", False)
    kind = numeric_kind([value])
    sql, result = number(frame.context, value, kind), kind
    if kind == "bigint":
        small = isinstance(value, Typed) and base(value.kind) in ("smallint", "integer")
        sql = value.sql if small and isinstance(value, Typed) else sql
        result = "bigint" if small else "numeric"
    return Typed(f"coalesce(sum({sql}), 0)", result, False)


def _extreme(frame: Frame, value: Value, name: str) -> Value:
    if isinstance(value, Const):
        value = typed(frame.context, value)
    if isinstance(value, Typed):
        group = category(value.kind)
        if group in _COMPARABLE:
            kind = base(value.kind)
            sql = f"({value.sql})::text" if group == "text" and kind != "text" else value.sql
            return Typed(f"{name}({sql})", "text" if group == "text" else kind)
        if group == "boolean":
            return Typed(f"{'bool_and' if name == 'min' else 'bool_or'}({value.sql})", "boolean")
        kind, sql = ("jsonb", jsonb(value)) if group == "json" else (value.kind, value.sql)
    else:
        kind, sql = "jsonb", f"({element(frame.context, value)})::jsonb"
    order = "" if name == "min" else " desc"
    if kind.endswith("[]"):  # arrays of arrays need equal lengths
        return Typed(f"{name}({sql})", kind)
    return Typed(f"(array_agg({sql} order by {sql}{order}) filter (where {sql} is not null))[1]", kind)


def _picked(frame: Frame, value: Value, *, last: bool) -> Value:
    """The value in the first or the last row, in the rows' order."""
    order = order_text(frame.order, reverse=last)
    if not frame.order and last:
        # Without an order the last row is the one read last.
        return _unordered_last(frame, value)

    def pick(sql: str) -> str:
        return f"(array_agg({sql}{order}))[1]"

    if isinstance(value, Typed) and value.kind.endswith("[]"):
        return from_json(shape_of(value), f"(json_agg({element(frame.context, value)}{order}) -> 0)")
    return leaves(value, pick)


def _unordered_last(frame: Frame, value: Value) -> Value:
    if isinstance(value, Typed) and value.kind.endswith("[]"):
        return from_json(shape_of(value), f"(json_agg({element(frame.context, value)}) -> -1)")
    return leaves(value, lambda sql: f"(array_agg({sql}))[count(*)::integer]")


def _pushed(frame: Frame, value: Value) -> Value:
    order = order_text(frame.order)
    if isinstance(value, Const):
        value = typed(frame.context, value)
    if isinstance(value, Typed) and not value.kind.endswith("[]") and category(value.kind) not in ("json", "other"):
        return Typed(f"array_agg({value.sql}{order})", value.kind + "[]", False)
    return ListOf(f"json_agg({element(frame.context, value)}{order})", shape_of(value))


def _set(frame: Frame, value: Value) -> Value:
    if isinstance(value, Const):
        value = typed(frame.context, value)
    if isinstance(value, Typed) and not value.kind.endswith("[]") and category(value.kind) not in ("json", "other"):
        return Typed(f"array_agg(distinct {value.sql})", value.kind + "[]", False)
    if isinstance(value, Typed) and category(value.kind) != "json":
        return ListOf(f"to_json(array_agg(distinct to_jsonb({value.sql})))", shape_of(value))
    sql = jsonb(value) if isinstance(value, Typed) else f"({element(frame.context, value)})::jsonb"
    return ListOf(f"to_json(array_agg(distinct {sql}))", shape_of(value))
