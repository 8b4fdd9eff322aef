"""Operators on text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .....stages import ConstantKind
from ..scope import Context
from .frame import Frame
from .numbers import number, numeric_kind
from .values import Const, ListOf, Struct, Typed, Value, category, describe, element, jsonb, refuse

__all__ = ["OPERATORS", "text"]


def text(context: Context, value: Value) -> str:
    """A value that is text already, as ``text``. Raises ``Invalid`` for what would have to be converted."""
    if isinstance(value, Const) and value.kind in (ConstantKind.text, ConstantKind.null):
        return f"{context.args.render(value.constant.arg)}::text"
    if isinstance(value, Typed):
        group = category(value.kind)
        if value.kind == "text":
            return value.sql
        if group in ("text", "other"):
            return f"({value.sql})::text"
        if group == "json":
            only = """(jsonb_path_query_first({}, 'strict $ ? (@.type() == "string")') #>> '{{}}')"""
            return only.format(jsonb(value))
    raise refuse(f"Here stands text, not {describe(value)}.", hint="Convert it with $toString.")


def _concat(frame: Frame, operands: Sequence[Value], word: str) -> Value:
    return Typed("(" + " || ".join(text(frame.context, value) for value in operands) + ")", "text")


def _cased(function: str) -> Callable[[Frame, Sequence[Value], str], Value]:
    def call(frame: Frame, operands: Sequence[Value], word: str) -> Value:
        return Typed(f"coalesce({function}({text(frame.context, operands[0])}), '')", "text", False)

    return call


def _length(frame: Frame, operands: Sequence[Value], word: str) -> Value:
    return Typed(f"char_length({text(frame.context, operands[0])})", "integer")


def _substring(frame: Frame, operands: Sequence[Value], word: str) -> Value:
    numeric_kind(operands[1:])
    start, length = (f"({number(frame.context, value, 'bigint')})::integer" for value in operands[1:])
    return Typed(f"coalesce(substr({text(frame.context, operands[0])}, {start} + 1, {length}), '')", "text", False)


def _to_string(frame: Frame, operands: Sequence[Value], word: str) -> Value:
    (value,) = operands
    if isinstance(value, Const):
        return Typed(f"{frame.context.args.render(value.constant.arg)}::text", "text")
    if isinstance(value, Struct | ListOf):
        return Typed(f"({element(frame.context, value)})::text", "text")
    if category(value.kind) == "json":
        return Typed(f"({jsonb(value)} #>> '{{}}')", "text")
    return Typed(f"({value.sql})::text", "text", value.nullable)


OPERATORS: dict[str, Callable[[Frame, Sequence[Value], str], Value]] = {
    "concat": _concat, "toUpper": _cased("upper"), "toLower": _cased("lower"), "strLenCP": _length,
    "substrCP": _substring, "toString": _to_string,
}  # fmt: skip
