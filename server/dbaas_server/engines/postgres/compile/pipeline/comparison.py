"""Comparing: which type two sides meet in, and what null is there.

Values compare in MongoDB's order as far as one type goes: null equals null and is smaller than everything else.
"""

from __future__ import annotations

from .....stages import ConstantKind
from ..scope import Context
from .values import Const, ListOf, Struct, Typed, Value, base, category, describe, element, jsonb, refuse, typed

__all__ = ["adapt", "as_jsonb", "compare", "is_null", "pair", "three_way"]

_SYMBOLS = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_NUMBERS = ("integer", "decimal", "float")


def adapt(context: Context, const: Const, kind: str) -> str:
    """A constant that is not null, as the type that it is compared with. Raises ``Invalid`` where it cannot be."""
    sql = context.args.render(const.constant.arg)
    group, given = category(kind), const.kind
    if group == "json":
        return jsonb(typed(context, const)) if given is ConstantKind.json else f"to_jsonb({_plain(context, const)})"
    if given is ConstantKind.text:
        return f"{sql}::{base(kind)}"
    if given in (ConstantKind.integer, ConstantKind.number):
        if group == "integer":
            return f"{sql}::{'bigint' if given is ConstantKind.integer else 'numeric'}"
        if group in ("decimal", "float", "other"):
            return f"{sql}::{base(kind)}"
    if given is ConstantKind.boolean and group in ("boolean", "other"):
        return f"{sql}::{base(kind)}"
    if given is ConstantKind.json and group == "array":
        return f"array(select jsonb_array_elements_text({sql}::jsonb))::{base(kind)}"
    raise refuse(f"{describe(Typed('', kind)).capitalize()} cannot be compared with {describe(const)}.")


def as_jsonb(context: Context, value: Value) -> str:
    """Any value as ``jsonb``."""
    if isinstance(value, Const) and value.kind is not ConstantKind.json:
        return "null::jsonb" if value.kind is ConstantKind.null else f"to_jsonb({_plain(context, value)})"
    if isinstance(value, Const):
        value = typed(context, value)
    if isinstance(value, Typed):
        return jsonb(value) if category(value.kind) == "json" else f"to_jsonb({element(context, value)})"
    return f"({element(context, value)})::jsonb"


def pair(context: Context, left: Value, right: Value) -> tuple[str, str]:
    """Two values that are no null constants, in types that compare. Raises ``Invalid`` where there are none."""
    if isinstance(left, Const) and isinstance(right, Const):
        if {left.kind, right.kind} <= {ConstantKind.integer, ConstantKind.number}:
            return adapt(context, left, "numeric"), adapt(context, right, "numeric")
        if left.kind is right.kind:
            return typed(context, left).sql, typed(context, right).sql
        return as_jsonb(context, left), as_jsonb(context, right)
    if isinstance(left, Typed) and isinstance(right, Const):
        return left.sql if category(left.kind) != "json" else jsonb(left), adapt(context, right, left.kind)
    if isinstance(left, Const) and isinstance(right, Typed):
        second, first = pair(context, right, left)
        return first, second
    if isinstance(left, Typed) and isinstance(right, Typed):
        groups = category(left.kind), category(right.kind)
        if "json" not in groups:
            if groups[0] == groups[1] or "other" in groups or all(group in _NUMBERS for group in groups):
                return _same(left, right)
            raise refuse(f"{describe(left).capitalize()} cannot be compared with {describe(right)}.")
    return as_jsonb(context, left), as_jsonb(context, right)


def is_null(value: Value) -> str | None:
    """A condition that a value is null; None where it never is."""
    if isinstance(value, Const):
        return "true" if value.kind is ConstantKind.null else None
    if isinstance(value, Struct):
        return None if value.exists is None else f"({value.exists}) is not true"
    if isinstance(value, ListOf):
        return f"{value.sql} is null"
    return f"{value.sql} is null" if value.nullable else None


def compare(context: Context, operator: str, left: Value, right: Value, *, filtering: bool = False) -> str:
    """``left operator right`` as a boolean that is never null.

    Args:
        operator: eq ne gt gte lt lte.
        filtering: null counts as false, so that the plain comparison, which indexes know, will do.
    """
    left_null, right_null = is_null(left), is_null(right)
    if operator == "ne":
        return f"not ({compare(context, 'eq', left, right, filtering=False)})"
    if left_null == "true" or right_null == "true":
        return _with_null(operator, left_null or "false", right_null or "false")
    first, second = pair(context, left, right)
    plain = f"{first} {_SYMBOLS[operator]} {second}"
    if left_null is None and right_null is None:
        return f"({plain})"
    if operator == "eq":
        if filtering and (left_null is None or right_null is None):
            return f"({plain})"
        return f"({first} is not distinct from {second})"
    less = operator in ("lt", "lte")
    if right_null is None:
        return f"({plain})" if filtering and not less else f"coalesce({plain}, {'true' if less else 'false'})"
    if left_null is None:
        return f"({plain})" if filtering and less else f"coalesce({plain}, {'false' if less else 'true'})"
    # Both may be null: what decides when one is, and equality when both are.
    orders = (left_null, right_null) if operator in ("gt", "lte") else (right_null, left_null)
    when = {"gt": ("false", "true"), "lte": ("true", "false"), "gte": ("true", "false"), "lt": ("false", "true")}
    return f"case when {orders[0]} then {when[operator][0]} when {orders[1]} then {when[operator][1]} else {plain} end"


def three_way(context: Context, left: Value, right: Value) -> str:
    """``$cmp``: -1, 0 or 1."""
    less = compare(context, "lt", left, right)
    equal = compare(context, "eq", left, right)
    return f"case when {less} then -1 when {equal} then 0 else 1 end"


def _with_null(operator: str, left_null: str, right_null: str) -> str:
    """A comparison of which one side is the constant null; conditions say when either side is null."""
    if operator == "eq":
        return f"({left_null} and {right_null})"
    if operator == "gt":
        return f"(not {_whole(left_null)} and {right_null})"
    if operator == "lt":
        return f"({left_null} and not {_whole(right_null)})"
    if operator == "gte":
        return f"(not {_whole(left_null)} or {right_null})" if right_null != "true" else "true"
    return f"({left_null} or not {_whole(right_null)})" if left_null != "true" else "true"


def _whole(condition: str) -> str:
    return f"({condition})"


def _same(left: Typed, right: Typed) -> tuple[str, str]:
    groups = {category(left.kind), category(right.kind)}
    if groups == {"text", "other"} and "citext" not in (left.kind, right.kind):  # an enum, a uuid
        return f"({left.sql})::text", f"({right.sql})::text"
    return left.sql, right.sql


def _plain(context: Context, const: Const) -> str:
    """A constant with the type that it has in JSON."""
    sql = context.args.render(const.constant.arg)
    kind = {"boolean": "boolean", "integer": "numeric", "number": "numeric"}.get(const.kind, "text")
    return f"{sql}::{kind}"
