"""Expressions: fields, constants, documents, arrays, and the operators by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .....stages import Constant, ConstantKind, Document, Elements, Expression, FieldPath, Now, Operation, Root
from . import arrays, dates, numbers, texts
from .comparison import compare, three_way
from .frame import Frame
from .unify import choose
from .values import Const, ListOf, Struct, Typed, Value, category, element, json_array, jsonb, refuse, shape_of, typed

__all__ = ["expression", "truth"]

LONGEST = 50_000
"""Characters of one expression. Some operators mention an operand twice, and nesting them multiplies."""


def expression(frame: Frame, item: Expression) -> Value:
    """Compile an expression. Raises ``Invalid``."""
    if isinstance(item, Constant):
        return Const(item)
    if isinstance(item, FieldPath):
        return frame.find(item)
    if isinstance(item, Root):
        return frame.root()
    if isinstance(item, Now):
        return Typed("now()", "timestamp with time zone", False)
    if isinstance(item, Document):
        return Struct({name: expression(frame, inner) for name, inner in item.fields})
    if isinstance(item, Elements):
        return _elements(frame, item)
    value = _operation(frame, item)
    if isinstance(value, Typed | ListOf):
        frame.budget.spend(len(value.sql))
        if len(value.sql) > LONGEST:
            raise refuse(
                "This expression is too large.", hint="Compute parts of it in a stage before, with $addFields."
            )
    return value


def truth(frame: Frame, item: Expression, *, filtering: bool = False) -> str:
    """An expression as a boolean: 0, false and null are false, everything else is true.

    Args:
        filtering: null may stand for false.
    """
    if filtering and isinstance(item, Operation):
        if item.operator in _COMPARISONS:
            left, right = (expression(frame, operand) for operand in item.operands)
            return compare(frame.context, item.operator, left, right, filtering=True)
        if item.operator in ("and", "or") and item.operands:
            return _joined(item.operator, [truth(frame, operand, filtering=True) for operand in item.operands])
    return truth_of(frame, expression(frame, item))


def truth_of(frame: Frame, value: Value) -> str:
    """Whether a value counts as true."""
    if isinstance(value, Const):
        if value.kind is ConstantKind.null:
            return "false"
        value = typed(frame.context, value)
    if isinstance(value, Struct):
        return "true" if value.exists is None else f"coalesce({value.exists}, false)"
    if isinstance(value, ListOf):
        return f"({value.sql} is not null)"
    match category(value.kind):
        case "boolean":
            return f"coalesce({value.sql}, false)" if value.nullable else f"({value.sql})"
        case "integer" | "decimal" | "float":
            return f"coalesce({value.sql} <> 0, false)" if value.nullable else f"({value.sql} <> 0)"
        case "json":
            return f"coalesce({jsonb(value)} not in ('null', 'false', '0'), false)"
        case _:
            return f"({value.sql} is not null)"


def _elements(frame: Frame, item: Elements) -> ListOf:
    values = [expression(frame, inner) for inner in item.items]
    shapes = [shape_of(value) for value in values]
    same = shapes[0] if shapes and all(shape == shapes[0] for shape in shapes) else "jsonb"
    return ListOf(json_array([element(frame.context, value) for value in values]), same)


def _operation(frame: Frame, item: Operation) -> Value:
    operator = item.operator
    context = frame.context
    if operator in _COMPARISONS:
        left, right = (expression(frame, operand) for operand in item.operands)
        return Typed(compare(context, operator, left, right), "boolean", False)
    if operator in ("and", "or"):
        return Typed(_joined(operator, [truth(frame, operand) for operand in item.operands]), "boolean", False)
    if operator == "not":
        return Typed(f"not ({truth(frame, item.operands[0])})", "boolean", False)
    if operator in ("cond", "switch"):
        return _choice(frame, item.operands)
    operands = [expression(frame, operand) for operand in item.operands]
    if operator == "cmp":
        return Typed(three_way(context, *operands), "integer", False)
    if operator == "ifNull":
        values, wrap = choose(context, operands)
        return wrap(f"coalesce({', '.join(values)})")
    if operator == "toBool":
        return Typed(_to_bool(frame, operands[0]), "boolean")
    for module in (numbers, texts, dates, arrays):
        known: dict[str, Callable[[Frame, Sequence[Value], str], Value]] = module.OPERATORS
        if operator in known:
            return known[operator](frame, operands, item.word)
    raise refuse(f"This engine has no operator ${operator}.")


def _choice(frame: Frame, operands: Sequence[Expression]) -> Value:
    """``cond`` and ``switch``: conditions and results in turn, and the result otherwise."""
    *pairs, otherwise = operands
    conditions = [truth(frame, operand, filtering=True) for operand in pairs[::2]]
    values, wrap = choose(frame.context, [expression(frame, operand) for operand in (*pairs[1::2], otherwise)])
    cases = " ".join(f"when {condition} then {value}" for condition, value in zip(conditions, values[:-1], strict=True))
    return wrap(f"case {cases} else {values[-1]} end")


def _to_bool(frame: Frame, value: Value) -> str:
    if isinstance(value, Typed) and category(value.kind) in ("integer", "decimal", "float"):
        return f"({value.sql} <> 0)"
    if isinstance(value, Typed) and category(value.kind) == "boolean":
        return value.sql
    if isinstance(value, Typed) and category(value.kind) != "json":
        return f"case when {value.sql} is not null then true end"
    return truth_of(frame, value)


def _joined(operator: str, parts: Sequence[str]) -> str:
    if not parts:
        return "true" if operator == "and" else "false"
    return "(" + f" {operator} ".join(parts) + ")"


_COMPARISONS = frozenset({"eq", "ne", "gt", "gte", "lt", "lte"})
