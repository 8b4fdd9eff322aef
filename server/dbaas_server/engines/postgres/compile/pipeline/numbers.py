"""Arithmetic and conversions between numbers.

Integers are computed in 64 bits; past them PostgreSQL refuses, and nothing is rounded. What has decimals is computed in
``numeric`` where a ``numeric`` takes part and no float does, otherwise in ``double precision``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .....stages import ConstantKind
from ..scope import Context
from .frame import Frame
from .values import Const, Typed, Value, base, category, describe, jsonb, refuse

__all__ = ["NUMBERS", "OPERATORS", "number", "numeric_kind"]

NUMBERS = ("integer", "decimal", "float")
_KINDS = {"integer": "bigint", "decimal": "numeric", "float": "double precision"}


def numeric_kind(values: Sequence[Value], *, at_least: str = "integer") -> str:
    """The type in which numbers are computed together: ``bigint``, ``numeric`` or ``double precision``."""
    groups = {at_least} | {_group(value) for value in values}
    if "float" in groups:
        return "double precision"
    if "decimal" in groups:
        return "numeric"
    # A constant with decimals is exact beside exact numbers, and a double beside integers.
    return "double precision" if "open" in groups else "bigint"


def number(context: Context, value: Value, kind: str) -> str:
    """A value as a number of a type that :func:`numeric_kind` gave."""
    if isinstance(value, Const):
        return f"{context.args.render(value.constant.arg)}::{kind}"
    assert isinstance(value, Typed)
    if category(value.kind) == "json":
        return _json_number(value) if kind == "numeric" else f"{_json_number(value)}::{kind}"
    return value.sql if base(value.kind) == kind else f"({value.sql})::{kind}"


def _json_number(value: Typed) -> str:
    only = """jsonb_path_query_first({}, 'strict $ ? (@.type() == "number")')::numeric"""
    return only.format(jsonb(value))


def _group(value: Value) -> str:
    if isinstance(value, Const):
        if value.kind in (ConstantKind.null, ConstantKind.integer):
            return "integer"
        if value.kind is ConstantKind.number:
            return "open"
    elif isinstance(value, Typed):
        group = category(value.kind)
        if group in NUMBERS:
            return group
        if group == "json":
            return "decimal"
    raise refuse(f"Here stands a number, not {describe(value)}.", hint="Convert it, with $toDouble for example.")


def _combine(symbol: str) -> Callable[[Frame, Sequence[Value], str], Value]:
    def combine(frame: Frame, operands: Sequence[Value], word: str) -> Value:
        kind = numeric_kind(operands)
        return Typed("(" + f" {symbol} ".join(number(frame.context, value, kind) for value in operands) + ")", kind)

    return combine


def _is_date(value: Value) -> bool:
    return isinstance(value, Typed) and category(value.kind) == "date"


def _add(frame: Frame, operands: Sequence[Value], word: str) -> Value:
    dates = [value for value in operands if _is_date(value)]
    if len(dates) != 1:
        return _combine("+")(frame, operands, word)
    others = [value for value in operands if not _is_date(value)]
    return _shift(frame, dates[0], "+", others)


def _subtract(frame: Frame, operands: Sequence[Value], word: str) -> Value:
    left, right = operands
    if _is_date(left) and _is_date(right):
        assert isinstance(left, Typed)
        assert isinstance(right, Typed)
        zoned = "timestamp with time zone" in (base(left.kind), base(right.kind))
        kind = "timestamp with time zone" if zoned else "timestamp without time zone"
        difference = f"({left.sql})::{kind} - ({right.sql})::{kind}"
        return Typed(f"(extract(epoch from {difference}) * 1000)::bigint", "bigint")
    if _is_date(left):
        return _shift(frame, left, "-", [right])
    return _combine("-")(frame, operands, word)


def _shift(frame: Frame, date: Value, symbol: str, amounts: Sequence[Value]) -> Value:
    """A date moved by milliseconds."""
    assert isinstance(date, Typed)
    sql, kind = date.sql, date.kind
    if base(kind) == "date":
        kind = "timestamp without time zone"
        sql = f"({sql})::{kind}"
    for amount in amounts:
        numeric_kind([amount])
        sql += f" {symbol} {number(frame.context, amount, 'double precision')} * interval '1 millisecond'"
    return Typed(f"({sql})", kind)


def _divide(frame: Frame, operands: Sequence[Value], word: str) -> Value:
    kind = numeric_kind(operands)
    kind = "double precision" if kind == "bigint" else kind
    left, right = (number(frame.context, value, kind) for value in operands)
    return Typed(f"({left} / {right})", kind)


def _mod(frame: Frame, operands: Sequence[Value], word: str) -> Value:
    kind = numeric_kind(operands)
    if kind != "double precision":
        left, right = (number(frame.context, value, kind) for value in operands)
        return Typed(f"({left} % {right})", kind)
    left, right = (f"({number(frame.context, value, kind)})::numeric" for value in operands)
    return Typed(f"({left} % {right})::double precision", kind)


def _function(name: str, *, whole: str | None = None) -> Callable[[Frame, Sequence[Value], str], Value]:
    """A function of one number.

    Args:
        whole: the type of the result for integers; None where they stay what they are.
    """

    def call(frame: Frame, operands: Sequence[Value], word: str) -> Value:
        kind = numeric_kind(operands)
        if kind == "bigint" and whole is None:
            value = number(frame.context, operands[0], kind)
            return Typed(f"abs({value})" if name == "abs" else value, kind)
        kind = whole if kind == "bigint" and whole is not None else kind
        return Typed(f"{name}({number(frame.context, operands[0], kind)})", kind)

    return call


def _power(frame: Frame, operands: Sequence[Value], word: str) -> Value:
    kind = numeric_kind(operands)
    kind = "double precision" if kind == "bigint" else kind
    left, right = (number(frame.context, value, kind) for value in operands)
    return Typed(f"power({left}, {right})", kind)


def _round(name: str) -> Callable[[Frame, Sequence[Value], str], Value]:
    def call(frame: Frame, operands: Sequence[Value], word: str) -> Value:
        kind = numeric_kind(operands[:1])
        if len(operands) == 1:
            return _function(name)(frame, operands, word)
        numeric_kind(operands[1:])
        places = f"({number(frame.context, operands[1], 'bigint')})::integer"
        rounded = f"{name}(({number(frame.context, operands[0], kind)})::numeric, {places})"
        return Typed(rounded if kind == "numeric" else f"{rounded}::{kind}", kind)

    return call


def _convert(kind: str) -> Callable[[Frame, Sequence[Value], str], Value]:
    """``$toInt`` and the like: from numbers (cut, not rounded), booleans, texts and dates (milliseconds since 1970)."""
    whole = kind in ("integer", "bigint")

    def convert(frame: Frame, operands: Sequence[Value], word: str) -> Value:
        (value,) = operands
        if isinstance(value, Const):
            sql = frame.context.args.render(value.constant.arg)
            if value.kind is ConstantKind.boolean:
                return Typed(f"{sql}::boolean::integer::{kind}", kind)
            if value.kind is ConstantKind.number and whole:
                return Typed(f"trunc({sql}::numeric)::{kind}", kind)
            return Typed(f"{sql}::{kind}", kind)
        if not isinstance(value, Typed):
            raise refuse(f"{describe(value).capitalize()} cannot be made a number.")
        match category(value.kind):
            case "decimal" | "float":
                return Typed(f"trunc({value.sql})::{kind}" if whole else f"({value.sql})::{kind}", kind)
            case "boolean":
                return Typed(f"({value.sql})::integer::{kind}", kind)
            case "date":
                return Typed(f"trunc(extract(epoch from {value.sql}) * 1000)::{kind}", kind)
            case "json":
                text = f"({jsonb(value)} #>> '{{}}')::numeric"
                return Typed(f"trunc({text})::{kind}" if whole else f"{text}::{kind}", kind)
            case _:
                return Typed(f"({value.sql})::text::{kind}", kind)

    return convert


OPERATORS: dict[str, Callable[[Frame, Sequence[Value], str], Value]] = {
    "add": _add, "subtract": _subtract, "multiply": _combine("*"), "divide": _divide, "mod": _mod, "pow": _power,
    "abs": _function("abs"), "ceil": _function("ceil"), "floor": _function("floor"),
    "round": _round("round"), "trunc": _round("trunc"),
    "sqrt": _function("sqrt", whole="double precision"), "exp": _function("exp", whole="double precision"),
    "ln": _function("ln", whole="double precision"), "log10": _function("log", whole="double precision"),
    "toInt": _convert("integer"), "toLong": _convert("bigint"), "toDouble": _convert("double precision"),
    "toDecimal": _convert("numeric"),
}  # fmt: skip
