"""Filters: one comparison, and trees of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dbaas_provisioning.errors import Invalid

from ....engine import Limits
from ....nouns import Arg, Compare, EmbedExists, Filter, Logic, TableRef
from ..catalog import Snapshot
from .names import ident, literal
from .scope import Context, Parameters, Scope, path_sql

__all__ = ["condition", "plan_condition"]

_OPERATORS = {
    "eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=",
    "like": "like", "ilike": "ilike", "match": "~", "imatch": "~*",
    "cs": "@>", "cd": "<@", "ov": "&&", "sl": "<<", "sr": ">>", "nxr": "&<", "nxl": "&>", "adj": "-|-",
    "has": "?", "has_any": "?|", "has_all": "?&",
}  # fmt: skip

_FULL_TEXT = {
    "fts": "to_tsquery", "plfts": "plainto_tsquery", "phfts": "phraseto_tsquery", "wfts": "websearch_to_tsquery",
}  # fmt: skip

_IS = {
    "null": "is null", "not_null": "is not null", "true": "is true", "false": "is false", "unknown": "is unknown",
}  # fmt: skip

Exists = Callable[[EmbedExists], str]


def condition(context: Context, scope: Scope, item: Filter, exists: Exists) -> str:
    """A filter as a boolean expression.

    Args:
        exists: renders a condition on an embed of the same read.

    Raises:
        Invalid: an unknown column or operator, or an operand that the operator does not take.
    """
    if isinstance(item, Compare):
        sql = _compare(context, scope, item)
    elif isinstance(item, EmbedExists):
        return exists(item)
    else:
        assert isinstance(item, Logic)
        if item.operator not in ("and", "or"):
            raise Invalid("unknown_operator", f"“{item.operator}” does not join filters.", hint="Use and, or.")
        parts = [condition(context, scope, part, exists) for part in item.items]
        sql = "(" + f" {item.operator} ".join(parts) + ")" if parts else ("true" if item.operator == "and" else "false")
    return f"not ({sql})" if item.negated else sql


def plan_condition(
    snapshot: Snapshot, limits: Limits, role: str, table: TableRef, where: Sequence[Filter]
) -> tuple[str, tuple[int, ...]]:
    """Filters joined by "and" over a row that carries its table's name, and the arguments in the order of their use.

    Raises:
        NotFound: ``unknown_table``.
        Invalid: as :func:`condition`; filters on related rows.
    """

    def no_embeds(item: EmbedExists) -> str:
        raise Invalid("unknown_column", f"“{item.embed}” is not a column.")

    parameters = Parameters()
    context = Context(snapshot, limits, role, parameters)
    found = context.table(table)
    scope = Scope(ident(found.ref.name), found.columns, found.ref.name)
    parts = [f"({condition(context, scope, item, no_embeds)})" for item in where]
    return " and ".join(parts) or "true", tuple(parameters.order)


def _compare(context: Context, scope: Scope, item: Compare) -> str:
    left, kind = path_sql(context, scope, item.path)
    operator, operand = item.operator, item.operand
    if operator == "is":
        if not isinstance(operand, str) or operand not in _IS:
            raise Invalid(
                "invalid_operand",
                f"“is” does not take {operand!r}.",
                hint="Use null, not_null, true, false or unknown.",
            )
        return f"{left} {_IS[operand]}"
    if isinstance(operand, str):
        raise Invalid("invalid_operand", f"“{operator}” takes a value.")
    if operator == "in":
        values = operand if isinstance(operand, tuple) else (operand,)
        return f"{left} in ({', '.join(context.args.render(arg) for arg in values)})" if values else "false"
    if item.quantifier is not None:
        return _quantified(context, left, item, operand)
    if isinstance(operand, tuple):
        raise Invalid("invalid_operand", f"“{operator}” takes one value.", hint="Use (any) or (all) for several.")
    value = context.args.render(operand)
    if operator == "isdistinct":
        return f"{left} is distinct from {value}"
    if operator in _FULL_TEXT:
        return _full_text(left, kind, _FULL_TEXT[operator], item.language, value)
    return f"{left} {_operator(operator)} {value}"


def _quantified(context: Context, left: str, item: Compare, operand: Arg | tuple[Arg, ...]) -> str:
    if item.quantifier not in ("any", "all"):
        raise Invalid("unknown_operator", f"“{item.quantifier}” is no quantifier.", hint="Use any or all.")
    operator = _operator(item.operator)
    if isinstance(operand, Arg):  # an array literal
        return f"{left} {operator} {item.quantifier} ({context.args.render(operand)})"
    # An ARRAY[…] of untyped parameters would be text[]; comparisons one by one take the column's type.
    parts = [f"{left} {operator} {context.args.render(arg)}" for arg in operand]
    if not parts:
        return "false" if item.quantifier == "any" else "true"
    return "(" + (" or " if item.quantifier == "any" else " and ").join(parts) + ")"


def _full_text(left: str, kind: str, function: str, language: str | None, value: str) -> str:
    configuration = f"{literal(language)}::regconfig, " if language else ""
    if kind != "tsvector":
        if kind not in ("json", "jsonb", "text"):
            left = f"{left}::text"
        left = f"to_tsvector({configuration}{left})"
    return f"{left} @@ {function}({configuration}{value})"


def _operator(word: str) -> str:
    try:
        return _OPERATORS[word]
    except KeyError:
        raise Invalid(
            "unknown_operator", f"“{word}” is no operator.", hint=f"Use one of {', '.join(sorted(_OPERATORS))}."
        ) from None
