"""What an expression is in SQL: its text and its type, known before anything runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from dbaas_provisioning.errors import Invalid

from .....stages import Constant, ConstantKind
from ..names import literal
from ..scope import Context, lossy

__all__ = [
    "Const", "ListOf", "ListShape", "Record", "Shape", "Struct", "Typed", "Value", "array_of", "base", "category",
    "describe", "element", "from_json", "json_array", "jsonb", "refuse", "shape_of", "typed",
]  # fmt: skip

_MODIFIER = re.compile(r"\(\s*\d+\s*(?:,\s*-?\d+\s*)?\)")
_CATEGORIES = {
    "smallint": "integer", "integer": "integer", "bigint": "integer", "numeric": "decimal",
    "real": "float", "double precision": "float", "boolean": "boolean", "json": "json", "jsonb": "json",
    "text": "text", "character varying": "text", "character": "text", "bpchar": "text", "name": "text",
    '"char"': "text",
    "date": "date", "timestamp without time zone": "date", "timestamp with time zone": "date",
}  # fmt: skip
_WORDS = {"integer": "a number", "decimal": "a number", "float": "a number", "boolean": "true or false",
          "json": "JSON", "text": "text", "date": "a date", "array": "an array"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Typed:
    """An expression of one of the engine's types (its DDL name; ``jsonb`` is what is known only when it runs)."""

    sql: str
    kind: str
    nullable: bool = True
    weight: int = 1  # how often it may hold what the row holds


@dataclass(frozen=True, slots=True)
class Const:
    """A constant that takes its type from where it stands."""

    constant: Constant

    @property
    def kind(self) -> ConstantKind:
        """What it was in JSON."""
        return self.constant.kind


@dataclass(frozen=True, slots=True)
class Struct:
    """A document whose fields are known, each an expression of its own, so that none of it is JSON until the end.

    Attributes:
        exists: a boolean expression, false where the whole is null; None where it never is.
    """

    fields: Mapping[str, Value]
    exists: str | None = None


@dataclass(frozen=True, slots=True)
class ListOf:
    """An array as a ``json`` expression, with the shape of its elements."""

    sql: str
    shape: Shape
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Record:
    """The shape of documents in an array."""

    fields: Mapping[str, Shape]


@dataclass(frozen=True, slots=True)
class ListShape:
    """The shape of arrays in an array."""

    shape: Shape


Value: TypeAlias = Typed | Const | Struct | ListOf
Shape: TypeAlias = str | Record | ListShape
"""The shape of what is inside JSON: a type's name, of documents, of arrays."""


def refuse(message: str, *, hint: str | None = None) -> Invalid:
    """What is raised for a pipeline that has no meaning here; the place is added on the way out."""
    return Invalid("invalid_pipeline", message, hint=hint)


def base(kind: str) -> str:
    """A type without its modifier, so that a cast neither cuts nor rounds."""
    plain = _MODIFIER.sub("", kind)
    return {"character": "bpchar", "character varying": "text", "bit": "bit varying"}.get(plain, plain)


def category(kind: str) -> str:
    """integer decimal float boolean text date json array, or other."""
    if kind.endswith("[]"):
        return "array"
    return _CATEGORIES.get(_MODIFIER.sub("", kind), "other")


def describe(value: Value) -> str:
    """A value's type in words."""
    if isinstance(value, Struct):
        return "a document"
    if isinstance(value, ListOf):
        return "an array"
    if isinstance(value, Const):
        return {"null": "null", "boolean": "true or false", "text": "text", "json": "JSON"}.get(value.kind, "a number")
    return _WORDS.get(category(value.kind), f"of type {base(value.kind)}")


def typed(context: Context, value: Const) -> Typed:
    """A constant by itself."""
    if value.kind is ConstantKind.null:  # no argument that the statement would not mention
        return Typed("null::text", "text")
    sql = context.args.render(value.constant.arg)
    match value.kind:
        case ConstantKind.boolean:
            return Typed(f"{sql}::boolean", "boolean", False)
        case ConstantKind.integer:
            return Typed(f"{sql}::bigint", "bigint", False)
        case ConstantKind.number:
            return Typed(f"{sql}::double precision", "double precision", False)
        case ConstantKind.json:
            return Typed(f"{sql}::jsonb", "jsonb", False)
        case _:
            return Typed(f"{sql}::text", "text", False)


def element(context: Context, value: Value) -> str:
    """An expression for a function that builds JSON; numbers that clients would round are text where that is asked."""
    if isinstance(value, Const):
        if value.kind is ConstantKind.null:
            return "null"
        value = typed(context, value)
    if isinstance(value, ListOf):
        return value.sql
    if isinstance(value, Struct):
        return _document(context, value)
    if context.text_numbers and lossy(value.kind.removesuffix("[]")):
        return f"({value.sql})::text{'[]' if value.kind.endswith('[]') else ''}"
    return value.sql


def _document(context: Context, value: Struct) -> str:
    parts = [(name, element(context, item)) for name, item in value.fields.items()]
    if len(parts) <= 50:  # a function takes at most 100 arguments
        sql = "json_build_object(" + ", ".join(f"{literal(name)}, {item}" for name, item in parts) + ")"
    else:
        pairs = ", ".join(f"({literal(name)}::text, to_json({item}))" for name, item in parts)
        sql = f"(select json_object_agg(k, v) from (values {pairs}) p(k, v))"
    return sql if value.exists is None else f"case when {value.exists} then {sql} end"


def json_array(items: list[str]) -> str:
    """A ``json`` array of expressions."""
    if len(items) <= 100:
        return f"json_build_array({', '.join(items)})"
    chunks = [items[start : start + 100] for start in range(0, len(items), 100)]
    return "to_json(" + " || ".join(f"jsonb_build_array({', '.join(chunk)})" for chunk in chunks) + ")"


def shape_of(value: Value) -> Shape:
    """What a value is once it is inside JSON."""
    if isinstance(value, Const):
        return {"boolean": "boolean", "integer": "bigint", "number": "double precision", "text": "text"}.get(
            value.kind, "jsonb"
        )
    if isinstance(value, ListOf):
        return ListShape(value.shape)
    if isinstance(value, Struct):
        return Record({name: shape_of(item) for name, item in value.fields.items()})
    if value.kind.endswith("[]"):
        return ListShape(value.kind[:-2])
    return "jsonb" if category(value.kind) == "json" else value.kind


def from_json(shape: Shape, sql: str) -> Value:
    """A value taken out of a ``json`` expression."""
    if isinstance(shape, Record):
        fields = {name: from_json(item, f"({sql} -> {literal(name)})") for name, item in shape.fields.items()}
        return Struct(fields, f"(json_typeof({sql}) = 'object')")
    if isinstance(shape, ListShape):
        return ListOf(f"(case json_typeof({sql}) when 'array' then {sql} end)", shape.shape)
    if shape == "jsonb":
        return Typed(f"nullif(({sql})::jsonb, 'null')", "jsonb")
    return Typed(f"({sql} #>> '{{}}')::{base(shape)}", base(shape))


def array_of(context: Context, value: Value) -> ListOf:
    """An array of any kind as :class:`ListOf`; JSON that is no array is null. Raises ``Invalid`` for what is none."""
    if isinstance(value, ListOf):
        return value
    if isinstance(value, Const) and value.kind is ConstantKind.json:
        value = typed(context, value)
    if isinstance(value, Typed):
        if value.kind.endswith("[]"):
            return ListOf(f"to_json({element(context, value)})", value.kind[:-2])
        if category(value.kind) == "json":
            # One mention of the operand, so that nesting does not multiply the text.
            only = """jsonb_path_query_first({}, 'strict $ ? (@.type() == "array")')"""
            return ListOf(f"to_json({only.format(jsonb(value))})", "jsonb")
    raise refuse(f"Here stands an array, not {describe(value)}.")


def jsonb(value: Typed) -> str:
    """A JSON value as ``jsonb``."""
    return value.sql if value.kind == "jsonb" else f"({value.sql})::jsonb"
