"""Keyset pages: the rows after a given one, whatever was inserted before it meanwhile."""

from __future__ import annotations

from dbaas_provisioning.errors import Invalid

from ....nouns import Order, Read
from .clauses import order_key
from .scope import Context, Scope

__all__ = ["after", "nullable"]


def after(context: Context, scope: Scope, read: Read) -> str | None:
    """The condition that a row comes after the position ``read.after`` in the read's order."""
    if not read.after:
        return None
    if len(read.after) != len(read.order):
        raise Invalid(
            "invalid_cursor", "The cursor does not fit the order of this request.", hint="Begin again without it."
        )
    keys = [order_key(context, scope, read, order) for order in read.order]
    values = [context.args.render(arg) for arg in read.after]
    plain = not any(nullable(scope, order) for order in read.order)
    if plain and len({order.descending for order in read.order}) == 1:
        sign = "<" if read.order[0].descending else ">"
        return f"({', '.join(keys)}) {sign} ({', '.join(values)})"
    # Lexicographic: later in the first key, or equal there and later in the second, and so on.
    branches = []
    for place, order in enumerate(read.order):
        equal = [_equal(keys[at], values[at], nullable(scope, read.order[at])) for at in range(place)]
        branches.append(" and ".join([*equal, _later(keys[place], values[place], order, nullable(scope, order))]))
    return " or ".join(f"({branch})" for branch in branches)


def nullable(scope: Scope, order: Order) -> bool:
    """Whether a sort key may be null."""
    column = scope.columns.get(order.path.column)
    return order.embed is not None or bool(order.path.steps) or column is None or column.nullable


def _equal(key: str, value: str, may_be_null: bool) -> str:
    return f"{key} is not distinct from {value}" if may_be_null else f"{key} = {value}"


def _later(key: str, value: str, order: Order, may_be_null: bool) -> str:
    beyond = f"{key} {'<' if order.descending else '>'} {value}"
    if not may_be_null:
        return beyond
    # PostgreSQL's default: nulls are larger than everything.
    nulls_first = order.nulls_first if order.nulls_first is not None else order.descending
    if nulls_first:
        return f"({beyond} or ({value} is null and {key} is not null))"
    return f"({beyond} or ({key} is null and {value} is not null))"
