"""Several values of which one will be the result: the type that all of them have."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .....stages import ConstantKind
from ..scope import Context
from .comparison import as_jsonb
from .numbers import NUMBERS, numeric_kind
from .values import Const, ListOf, Struct, Typed, Value, array_of, base, category, typed

__all__ = ["choose"]

Wrap = Callable[[str], Value]


def choose(context: Context, values: Sequence[Value]) -> tuple[list[str], Wrap]:
    """The values' expressions in one type, and what makes a value of the result.

    Numbers meet in the wider type, texts (and enums) in text, arrays in an array; whatever else differs becomes JSON.
    """
    known = [value for value in values if not (isinstance(value, Const) and value.kind is ConstantKind.null)]
    if not known:
        return ["null::text" for _ in values], lambda sql: Typed(sql, "text")
    if all(_is_array(value) for value in known):
        lists = [array_of(context, value) for value in known]
        shapes = [value.shape for value in lists if value.sql != "json_build_array()"]
        shape = shapes[0] if shapes and all(item == shapes[0] for item in shapes) else "jsonb"
        return [_array(context, value) for value in values], lambda sql: ListOf(sql, shape)
    kind = _common(context, known)

    def convert(value: Value) -> str:
        if isinstance(value, Const) and value.kind is ConstantKind.null:
            return f"null::{kind}"
        if kind == "jsonb":
            return as_jsonb(context, value)
        if isinstance(value, Const):
            return f"{context.args.render(value.constant.arg)}::{kind}"
        assert isinstance(value, Typed)
        return value.sql if value.kind == kind else f"({value.sql})::{kind}"

    return [convert(value) for value in values], lambda sql: Typed(sql, kind)


def _array(context: Context, value: Value) -> str:
    return "null" if isinstance(value, Const) else array_of(context, value).sql


def _is_array(value: Value) -> bool:
    return isinstance(value, ListOf) or (isinstance(value, Typed) and value.kind.endswith("[]"))


def _common(context: Context, values: Sequence[Value]) -> str:
    if any(isinstance(value, Struct | ListOf) for value in values):
        return "jsonb"
    if all(
        category(value.kind) in NUMBERS
        if isinstance(value, Typed)
        else isinstance(value, Const) and value.kind in (ConstantKind.integer, ConstantKind.number)
        for value in values
    ):
        return numeric_kind(values)
    plain = [typed(context, value) if isinstance(value, Const) else value for value in values]
    kinds = {base(value.kind) for value in plain if isinstance(value, Typed)}
    if len(kinds) == 1:
        return kinds.pop()
    groups = {category(kind) for kind in kinds}
    if "text" in groups and groups <= {"text", "other"}:
        return "text"
    return "jsonb"
