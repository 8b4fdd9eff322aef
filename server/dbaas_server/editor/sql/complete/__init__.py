"""Completion: what may be written at the cursor, best first.

1. The place decides which rules speak: a source in FROM, a value in an expression, a name in a definition.
2. Columns come before functions, functions before words of the language.
3. What is typed narrows, by its beginning first, then by the beginnings of a name's words, then by its letters.
4. A name that would be ambiguous is offered with its alias; a name that needs quotes is offered with them.
"""

from __future__ import annotations

from typing import NamedTuple

from ..groups import Group, word
from ..lexer import Token
from ..names import if_needed
from ..nodes import Place, Scope
from ..parameters import names as parameter_names
from ..reading import read_statement
from ..schema import Schema
from ..typed import Typed, typed_at
from .candidates import Candidate, Offer
from .columns import offer_columns, offer_qualified, partner_of
from .context import Context
from .definitions import offer_definitions
from .functions import offer_functions, offer_types
from .grouping import offer_aliases, offer_group_columns
from .keywords import (
    offer_after_operand,
    offer_after_table,
    offer_merge_words,
    offer_operand_words,
    offer_statements,
    offer_words,
)
from .tables import offer_conditions, offer_joins, offer_shared, offer_tables
from .writing import (
    offer_insert_columns,
    offer_insert_shape,
    offer_set_columns,
    offer_values,
    starts_assignment,
    value_column,
)

__all__ = ["Candidate", "Completion", "complete"]


_FIELDS = ("year", "month", "day", "hour", "minute", "second", "epoch", "dow", "doy", "week", "quarter", "isodow",
           "isoyear", "century", "decade", "millisecond", "microsecond", "timezone")  # fmt: skip


class Completion(NamedTuple):
    """What may stand at ``start`` to ``end`` (code points), best first.

    Attributes:
        incomplete: there is more that fits, or that would if more were typed: ask again then.
    """

    start: int
    end: int
    items: tuple[Candidate, ...]
    incomplete: bool


def complete(text: str, position: int, schema: Schema, limit: int = 100) -> Completion:
    """What may be written at a position (in code points) of a text."""
    typed = typed_at(text, position)
    if typed is None:
        return Completion(position, position, (), False)
    offer = Offer(typed)
    _propose(offer, typed, schema)
    items, more = offer.best(limit)
    return Completion(typed.start, typed.end, tuple(items), more)


def _propose(offer: Offer, typed: Typed, schema: Schema) -> None:
    if typed.quote == ":":
        for name in parameter_names(typed.tokens):
            if name != typed.text:
                offer.parameter(name)
        return
    place = read_statement(typed.items, schema).place
    if place is None:
        return
    context = Context.of(schema, place)
    if typed.before is None:
        offer_statements(offer)
    elif word(typed.before) in ("with", "recursive") and not place.index:
        offer_words(offer, ("recursive",) if word(typed.before) == "with" else (), 0.0)
    elif not place.index and not place.groups and place.clause.name == "select":
        offer_words(offer, ("select", "insert into", "update", "delete from", "values", "merge into", "all"), 0.0)
    elif typed.quote == "'":
        offer_values(offer, value_column(context) or context.compared())
    elif _type_due(context):
        offer_types(offer, schema)
    elif place.role in ("table", "after table", "using"):
        _in_from(offer, context, place)
    elif place.clause.name == "head":
        offer_definitions(offer, context)
    elif context.qualifier:
        offer_qualified(offer, context)
    elif place.role == "on":
        _in_condition(offer, context)
    elif not _special(offer, context, place):
        _expression(offer, context)


def _type_due(context: Context) -> bool:
    last = context.last
    if isinstance(last, Token) and last.text == "::":
        return True
    return word(last) == "as" and context.group is not None and word(context.group.before) in ("cast", "try_cast")


def _in_from(offer: Offer, context: Context, place: Place) -> None:
    if place.role == "using":
        offer_shared(offer, context, context.before)
    elif place.role == "after table" and context.word() == "using":
        offer_shared(offer, context, (), bracket=True)
    elif place.role == "table":
        if not context.qualifier and context.word() == "join":
            offer_joins(offer, context)
        offer_tables(offer, context)
        if not context.qualifier:
            offer_words(offer, ("lateral", "select", "only") if place.groups else ("lateral", "only"), 1.5)
    else:
        joined = _joined_without_condition(context)
        if context.word() == "as":
            return  # a new name
        if joined:
            offer_conditions(offer, context, word_before="on ")
        offer_after_table(offer, context, joined=joined)


def _joined_without_condition(context: Context) -> bool:
    """Whether the last source came by a JOIN that still needs its condition."""
    for item in reversed(context.before):
        what = word(item)
        if what in ("on", "using", "from") or (isinstance(item, Token) and item.kind == "comma"):
            return False
        if what == "join":
            at = next(index for index, each in enumerate(context.before) if each is item)
            return word(context.before[at - 1]) not in ("cross", "natural") if at else True
    return False


def _in_condition(offer: Offer, context: Context) -> None:
    if not context.wants_operand:
        offer_after_operand(offer, context)
        return
    if context.word() in ("on", "and") and not context.place.groups:
        offer_conditions(offer, context)
    _partner(offer, context)
    offer_values(offer, context.compared())
    offer_columns(offer, context)
    offer_functions(offer, context)
    offer_operand_words(offer, context)


def _partner(offer: Offer, context: Context) -> None:
    """The column at the other end of a foreign key, behind ``c.id = |``."""
    compared = context.compared()
    for source in context.scope.sources:
        name = partner_of(context, source)
        if name is not None and source.column(name) is not compared:
            offer.text(f"{if_needed(source.name)}.{if_needed(name)}", "column", -0.4, "along a foreign key", match=name)


def _special(offer: Offer, context: Context, place: Place) -> bool:
    """Clauses in which something else than a value may stand. False where a value is due."""
    block, name, last = context.block, place.clause.name, context.last
    if word(last) == "as" and name in ("select", "returning", "insert", "update", "delete"):
        return True  # a new name
    if name == "insert":
        if place.groups and place.groups[0] is block.target_columns:
            offer_insert_columns(offer, context, place.groups[0])
        elif context.word() == "into":
            offer_tables(offer, context, rows=False)
        elif context.word() == "insert":
            offer_words(offer, ("into",), 0.0)
        else:
            offer_insert_shape(offer, context)
            offer_after_operand(offer, context)
        return True
    if name in ("update", "delete", "merge"):
        if context.word() in ("update", "from", "into", "only"):
            offer_tables(offer, context, rows=False)
        elif context.word() in ("delete", "merge"):
            offer_words(offer, ("from",) if name == "delete" else ("into",), 0.0)
        else:
            offer_after_operand(offer, context)
        return True
    if name == "set" and not place.groups and starts_assignment(context):
        offer_set_columns(offer, context)
        return True
    if name == "on conflict":
        _conflict(offer, context)
        return True
    if name in ("group", "order") and context.word() == name:
        offer_words(offer, ("by",), 0.0)
        return True
    if name in ("for", "fetch", "into", "table", "when") and not place.groups:
        if name in ("into", "table") or context.word() == "of":
            offer_tables(offer, context, rows=False)
        elif name == "when" and context.wants_operand and context.word() not in ("when", "then"):
            return False
        elif name == "when":
            offer_merge_words(offer, context)
        else:
            offer_after_operand(offer, context)
        return True
    return name == "values" and not place.groups and word(last) == "values"


def _conflict(offer: Offer, context: Context) -> None:
    if context.place.groups:
        if context.block.target is not None:
            offer_columns(offer, context, Scope([context.block.target]))
    elif context.word() == "conflict":
        target = context.block.target
        keys = target.table.keys if target is not None and target.table is not None else ()
        for key in sorted(keys, key=lambda key: not key.primary):
            columns = f"({', '.join(if_needed(each) for each in key.columns)})"
            offer.text(columns, "snippet", -0.1, "primary key" if key.primary else f"unique {key.name}")
        offer_words(offer, ("do nothing", "on constraint"), 0.0)
    elif context.word() == "do":
        offer_words(offer, ("nothing", "update set"), 0.0)
    elif context.word() == "update":
        offer_words(offer, ("set",), 0.0)
    elif context.word() == "constraint":
        target = context.block.target
        for key in target.table.keys if target is not None and target.table is not None else ():
            offer.name(key.name, "keyword", 0.0, ", ".join(key.columns))
    else:
        offer_words(offer, ("do update set", "do nothing", "where"), 0.0)


def _expression(offer: Offer, context: Context) -> None:
    """A value, or what follows one."""
    name = context.place.clause.name
    if not context.wants_operand:
        offer_after_operand(offer, context)
        return
    before = word(context.group.before) if context.group is not None else ""
    if before == "extract" and context.last is None:
        offer_words(offer, _FIELDS, 0.0)
        return
    if before == "over" and context.last is None:
        offer_words(offer, ("partition by", "order by"), 0.0)
        return
    if name == "limit" or name == "offset":
        offer_operand_words(offer, context)
        return
    if context.word() == "is" or (context.word() == "not" and context.word(2) == "is"):
        offer_operand_words(offer, context)
        return
    offer_values(offer, value_column(context) or context.compared())
    _partner(offer, context)
    if name == "group":
        offer_group_columns(offer, context)
    if name in ("order", "group") and not context.place.groups:
        offer_aliases(offer, context)
    first = context.last
    if name == "select" and not context.place.groups and word(first) in ("select", "distinct", "all"):
        offer.text("*", "keyword", 0.55, "every column")
    if isinstance(first, Group) or name not in ("values",) or context.block.kind != "insert":
        offer_columns(offer, context)
    offer_functions(offer, context)
    offer_operand_words(offer, context)
