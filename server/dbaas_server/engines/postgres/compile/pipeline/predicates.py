"""``$match``: what holds or does not hold. A predicate's text may be null only where null then counts as false."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from .....stages import Combined, ConstantKind, FieldTest, Holds, Not, Predicate
from ..names import literal
from .comparison import adapt, as_jsonb, compare, is_null
from .expressions import truth
from .frame import Frame, unknown_field
from .numbers import NUMBERS
from .texts import text
from .values import (
    Const,
    ListOf,
    Struct,
    Typed,
    Value,
    array_of,
    category,
    describe,
    from_json,
    json_array,
    jsonb,
    refuse,
)

__all__ = ["predicate"]

_OPPOSITES = {"ne": "eq", "nin": "in"}
_PATH_SYMBOLS = {"eq": "==", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def predicate(frame: Frame, item: Predicate) -> str:
    """Compile a predicate. Raises ``Invalid``."""
    if isinstance(item, Holds):
        return truth(frame, item.expression, filtering=True)
    if isinstance(item, Not):
        return f"({predicate(frame, item.item)}) is not true"
    if isinstance(item, Combined):
        parts = [f"({predicate(frame, part)})" for part in item.items]
        if item.operator == "nor":
            return f"({' or '.join(parts)}) is not true"
        return f" {item.operator} ".join(parts) or "true"
    opposite = _OPPOSITES.get(item.operator)
    if opposite is not None:
        return f"({_test(frame, FieldTest(item.path, opposite, item.operands, item.word))}) is not true"
    return _test(frame, item)


def _test(frame: Frame, test: FieldTest) -> str:
    name, *rest = test.path.names
    value = frame.fields.get(name)
    if value is None:
        raise unknown_field(name, frame.fields)
    return _along(frame, value, rest, test)


def _along(frame: Frame, value: Value, names: Sequence[str], test: FieldTest) -> str:
    """The test of what is found on a way into a value; of an array, whether an element passes."""
    if isinstance(value, Typed) and category(value.kind) == "json":
        return _json(frame, value, names, test)
    if not names:
        return _leaf(frame, value, test)
    if isinstance(value, Struct):
        inner = value.fields.get(names[0])
        if inner is None:
            raise unknown_field(names[0], value.fields)
        return _along(frame, inner, names[1:], test)
    if isinstance(value, ListOf):
        return _any(frame, value, names, test)
    if isinstance(value, Const) and value.kind is ConstantKind.null:
        return _leaf(frame, value, test)
    raise refuse(f"“{names[0]}” cannot be a field of {describe(value)}.")


def _any(frame: Frame, value: ListOf, names: Sequence[str], test: FieldTest) -> str:
    alias = frame.context.alias("e")
    inner = _along(frame, from_json(value.shape, f"{alias}.v"), names, test)
    return f"exists (select from json_array_elements({value.sql}) as {alias}(v) where {inner})"


def _leaf(frame: Frame, value: Value, test: FieldTest) -> str:
    if test.operator == "exists":
        return "true"
    if isinstance(value, ListOf) or (isinstance(value, Typed) and value.kind.endswith("[]")):
        return _array(frame, value, test)
    match test.operator:
        case "in":
            return _in(frame, value, [Const(operand) for operand in test.operands])
        case "all":
            parts = [compare(frame.context, "eq", value, Const(operand), filtering=True) for operand in test.operands]
            return " and ".join(parts) or "false"
        case "size":
            return "false"
        case "regex":
            return _regex(frame, text(frame.context, value), test)
        case "mod":
            if isinstance(value, Typed) and category(value.kind) not in NUMBERS:
                return "false"
            divisor, remainder = (frame.context.args.render(operand.arg) for operand in test.operands)
            number = value.sql if isinstance(value, Typed) else "null"
            return f"trunc(({number})::numeric) % {divisor}::numeric = {remainder}::numeric"
        case _:
            return _compare(frame, value, test.operator, Const(test.operands[0]))


def _compare(frame: Frame, value: Value, operator: str, operand: Const) -> str:
    """A comparison with a constant: only null compares with null."""
    if operand.kind is ConstantKind.null:
        return (is_null(value) or "false") if operator in ("eq", "gte", "lte") else "false"
    if isinstance(value, Typed):
        return f"{value.sql} {_PATH_SYMBOLS[operator].replace('==', '=')} {adapt(frame.context, operand, value.kind)}"
    absent = is_null(value)
    compared = compare(frame.context, operator, value, operand, filtering=True)
    return compared if absent is None else f"not ({absent}) and {compared}"


def _in(frame: Frame, value: Value, operands: Sequence[Const]) -> str:
    given = [operand for operand in operands if operand.kind is not ConstantKind.null]
    parts = []
    if given and isinstance(value, Typed):
        parts.append(f"{value.sql} in ({', '.join(adapt(frame.context, operand, value.kind) for operand in given)})")
    elif given:
        parts += [_compare(frame, value, "eq", operand) for operand in given]
    if len(given) < len(operands):
        parts.append(is_null(value) or "false")
    return "(" + " or ".join(parts) + ")" if parts else "false"


def _array(frame: Frame, value: ListOf | Typed, test: FieldTest) -> str:
    """A test of an array: of its elements, or of the whole where it is compared with an array."""
    operands = test.operands
    found = array_of(frame.context, value)
    if test.operator == "size":
        count = frame.context.args.render(operands[0].arg)
        return f"json_array_length({found.sql}) = {count}::bigint"
    if test.operator == "all":
        parts = [_array(frame, value, FieldTest(test.path, "eq", (operand,))) for operand in operands]
        return " and ".join(f"({part})" for part in parts) or "false"
    whole: list[str] = []
    if test.operator in ("eq", "in"):
        for operand in operands:
            if operand.kind is ConstantKind.json:
                whole.append(f"{as_jsonb(frame.context, value)} = {as_jsonb(frame.context, Const(operand))}")
            elif operand.kind is ConstantKind.null:
                whole.append(f"{value.sql} is null")
        operands = tuple(operand for operand in operands if operand.kind is not ConstantKind.json)
        if not operands:
            return "(" + " or ".join(whole) + ")" if whole else "false"
    if isinstance(value, Typed) and test.operator == "eq" and operands[0].kind is not ConstantKind.null:
        return f"{adapt(frame.context, Const(operands[0]), value.kind[:-2])} = any({value.sql})"
    elements = _any(frame, found, (), FieldTest(test.path, test.operator, operands, test.word))
    return "(" + " or ".join([*whole, elements]) + ")"


def _regex(frame: Frame, subject: str, test: FieldTest) -> str:
    pattern = f"{frame.context.args.render(test.operands[0].arg)}::text"
    if test.word in ("", "i"):
        return f"{subject} ~{'*' if test.word else ''} {pattern}"
    # PostgreSQL's letters: a multi-line pattern is newline-sensitive ('n'); its dot matches newlines anyway.
    flags = test.word.replace("m", "n").replace("s", "")
    return f"regexp_match({subject}, {pattern}, {literal(flags)}) is not null"


def _json(frame: Frame, value: Typed, names: Sequence[str], test: FieldTest) -> str:
    """A test inside JSON. Paths go through arrays, and values of other types than the operand's do not match."""
    document, operator = jsonb(value), test.operator
    path = "$" + "".join("." + orjson.dumps(name).decode() for name in names)
    keys = f"array[{', '.join(literal(name) for name in names)}]"
    there = f"{document} #> {keys}" if names else document
    operands = [Const(operand) for operand in test.operands]
    match operator:
        case "exists":
            return f"({there}) is not null"
        case "size":
            count = frame.context.args.render(test.operands[0].arg)
            return f"case jsonb_typeof({there}) when 'array' then jsonb_array_length({there}) = {count}::bigint end"
        case "all":
            parts = [_json(frame, value, names, FieldTest(test.path, "eq", (operand,))) for operand in test.operands]
            return " and ".join(f"({part})" for part in parts) or "false"
        case "in":
            odd = (ConstantKind.null, ConstantKind.json)
            plain = [operand for operand in operands if operand.kind not in odd]
            parts = [
                _json(frame, value, names, FieldTest(test.path, "eq", (operand.constant,)))
                for operand in operands
                if operand.kind in odd
            ]
            if plain:
                known = json_array([as_jsonb(frame.context, operand) for operand in plain])
                found = literal(f"lax {path} ? (@ == $v[*])")
                parts.append(f"jsonb_path_exists({document}, {found}, jsonb_build_object('v', {known}))")
            return " or ".join(f"({part})" for part in parts) or "false"
        case "regex" | "mod":
            alias = frame.context.alias("e")
            wanted = "string" if operator == "regex" else "number"
            inner = Typed(f"({alias}.v #>> '{{}}')" + ("" if operator == "regex" else "::numeric"),
                          "text" if operator == "regex" else "numeric")  # fmt: skip
            source = f"jsonb_path_query({document}, {literal(f'lax {path}[*]')}) as {alias}(v)"
            passes = _leaf(frame, inner, test)
            return (
                f"exists (select from {source} "
                f"where case when jsonb_typeof({alias}.v) = '{wanted}' then {passes} else false end)"
            )
    (operand,) = operands
    if operand.kind is ConstantKind.null:
        if operator in ("gt", "lt"):
            return "false"
        return f"({there}) is null or jsonb_path_exists({document}, {literal(f'lax {path} ? (@ == null)')})"
    if operand.kind is ConstantKind.json:
        if operator != "eq":
            raise refuse("Inside JSON, only $eq and $ne compare with an object or an array.")
        return f"{there} = {as_jsonb(frame.context, operand)}"
    filtering = literal(f"lax {path} ? (@ {_PATH_SYMBOLS[operator]} $v)")
    return f"jsonb_path_exists({document}, {filtering}, jsonb_build_object('v', {as_jsonb(frame.context, operand)}))"
