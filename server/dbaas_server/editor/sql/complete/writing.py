"""INSERT and UPDATE: columns that are still missing, and the values that a column can have."""

from __future__ import annotations

from ..clauses import comma_parts
from ..groups import CURSOR, Group, Item, word
from ..lexer import Token, unquoted
from ..names import if_needed, is_name
from ..nodes import Output, Source
from .candidates import Offer
from .columns import offer_source_columns
from .context import Context

__all__ = [
    "assigned",
    "offer_insert_columns",
    "offer_insert_shape",
    "offer_set_columns",
    "offer_values",
    "starts_assignment",
    "value_column",
]


def offer_values(offer: Offer, column: Output | None) -> None:
    """What a column can have: the labels of an enumeration, true and false."""
    if column is None:
        return
    if column.column is not None:
        for place, label in enumerate(column.column.enum):
            offer.value(label, -0.5 + 0.001 * place, column.type or "")
    if column.type == "boolean":
        for place, label in enumerate(("true", "false")):
            offer.text(label, "value", -0.5 + 0.001 * place, "boolean")


def offer_insert_columns(offer: Offer, context: Context, group: Group) -> None:
    """The columns of the target that the bracket does not name yet."""
    target = context.block.target
    if target is None:
        return
    done = {unquoted(item) for item in group.items if isinstance(item, Token) and is_name(item)}
    missing = tuple(
        each for each in target.columns or () if each.name not in done and not (each.column and each.column.generated)
    )
    offer_source_columns(offer, context.schema, Source(target.name, "table", lambda: missing))
    if len(missing) > 1 and not offer.typed.text:
        names = ", ".join(if_needed(each.name) for each in missing)
        offer.text(names if len(names) < 80 else names[:77] + "…", "snippet", 0.5, "every column", insert=names)


def offer_insert_shape(offer: Offer, context: Context) -> None:
    """The bracket with the target's columns, where it is missing: first those that need a value."""
    target = context.block.target
    if target is None or context.block.target_columns is not None or target.columns is None:
        return
    plain = [each for each in target.columns if each.column and not each.column.generated]
    free = [each for each in plain if each.column and each.column.default is None]
    for columns, detail in ((free, "columns without a default"), (plain, "every column")):
        if columns:
            names = f"({', '.join(if_needed(each.name) for each in columns)})"
            offer.text(
                names if len(names) < 80 else names[:77] + "…)", "snippet", -0.2, detail, insert=f"{names} values ("
            )


def offer_set_columns(offer: Offer, context: Context) -> None:
    """The target's columns that are not assigned yet."""
    target = context.block.target
    if target is None:
        return
    done = assigned(context.place.clause.items)
    missing = tuple(
        each for each in target.columns or () if each.name not in done and not (each.column and each.column.generated)
    )
    offer_source_columns(offer, context.schema, Source(target.name, "table", lambda: missing))


def assigned(items: list[Item]) -> set[str]:
    """The columns that a SET assigns."""
    found = set()
    for part in comma_parts(items[1:]):
        first = part[0] if part else None
        if isinstance(first, Token) and is_name(first) and len(part) > 1:
            found.add(unquoted(first))
    return found


def value_column(context: Context) -> Output | None:
    """The column that a place in VALUES or in a SET is for."""
    block, clause = context.block, context.place.clause
    if clause.name == "values" and block.kind in ("insert", "merge") and len(context.place.groups) == 1:
        group = context.place.groups[0]
        place = next(
            (
                number
                for number, part in enumerate(comma_parts(group.items))
                if any(isinstance(item, Token) and item.kind == CURSOR for item in part)
            ),
            None,
        )
        if place is None or block.target is None:
            return None
        last = context.last
        if last is not None and not (isinstance(last, Token) and last.kind == "comma"):
            return None
        if block.target_columns is not None:
            names = [unquoted(item) for item in block.target_columns.items if isinstance(item, Token) and is_name(item)]
            return block.target.column(names[place]) if place < len(names) else None
        columns = block.target.columns or ()
        return columns[place] if place < len(columns) else None
    return None


def starts_assignment(context: Context) -> bool:
    """Whether a SET expects the name of a column."""
    last = context.last
    return word(last) == "set" or (isinstance(last, Token) and last.kind == "comma")
