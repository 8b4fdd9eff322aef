"""What a name in a statement is: its type, its keys, what it points at, how it is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .borders import around, paragraph
from .builtins import FUNCTIONS
from .describe import column_lines, function_signature, table_lines, table_name
from .groups import CURSOR, Group, Item, grouped, meaningful
from .lexer import Token, tokens, unquoted
from .names import is_name
from .nodes import Block, Output, Place, Scope, Source
from .outputs import resolve
from .reading import read_statement
from .schema import Schema

__all__ = ["Hovered", "hover"]

_MOST_LINES = 40


class Hovered(NamedTuple):
    """What is told of a name from ``start`` to ``end`` (code points)."""

    start: int
    end: int
    kind: str
    title: str
    detail: str
    lines: tuple[str, ...]


def hover(text: str, position: int, schema: Schema) -> Hovered | None:
    """What the name at a position is; None where there is none, or nobody knows it."""
    low, high = around(text, position)
    read = tokens(text, low, high, spaces=False)
    first, last = paragraph(text, read, position)
    kept = meaningful(read[first:last])
    touched = [token for token in kept if token.start <= position <= token.end and token.kind in ("word", "quoted")]
    if not touched:
        return None
    token = touched[-1] if touched[-1].start <= position else touched[0]
    marked = [Token(CURSOR, each.text, each.start) if each is token else each for each in kept]
    asked = read_statement(grouped(marked), schema)
    plain = read_statement(grouped(kept), schema)
    place = asked.place
    if place is None:
        return None
    scope = _same_scope(plain.blocks, asked.blocks, place) or place.scope
    before: list[str] = []
    index = place.index
    while index >= 2 and _text(place.items[index - 1]) == "." and is_name(place.items[index - 2], reserved=frozenset()):
        name = place.items[index - 2]
        assert isinstance(name, Token)
        before.insert(0, unquoted(name))
        index -= 2
    behind = place.items[place.index + 1] if place.index + 1 < len(place.items) else None
    return _explain(token, (*before, unquoted(token)), behind, place, scope, schema)


def _same_scope(plain: Sequence[Block], asked: Sequence[Block], place: Place) -> Scope | None:
    """The scope of the same clause, read with the name in its place."""
    at = next((number for number, block in enumerate(asked) if block is place.block), None)
    if at is None or len(plain) != len(asked):
        return None
    return next((each.scope for each in plain[at].clauses if each.name == place.clause.name), plain[at].scope)


def _text(item: Item) -> str:
    return item.text if isinstance(item, Token) else ""


def _explain(
    token: Token, parts: tuple[str, ...], behind: Item | None, place: Place, scope: Scope, schema: Schema
) -> Hovered | None:
    name = parts[-1]
    qualifier = parts[-2] if len(parts) > 1 else None
    called = isinstance(behind, Group) and behind.opening.text == "(" and place.role != "table"
    if place.clause.name == "insert" and not place.groups:
        called = False  # the bracket behind the target has its columns
    if place.role == "table" or (place.clause.name in ("insert", "update", "delete", "merge", "head") and not called):
        cte = place.block.ctes.get(name) if qualifier is None else None
        if cte is not None:
            return _source(token, cte)
        table = schema.table(name, qualifier)
        if table is not None:
            columns = [f"{column.name}  {column.type}" for column in table.columns.values()]
            lines = (*table_lines(table), *columns)
            return Hovered(token.start, token.end, "table", table_name(table), table.kind, _few(lines))
    if called:
        return _function(token, name, qualifier, schema)
    if _text(behind) == "." if behind is not None else False:
        source = scope.source(name)
        if source is not None:
            return _source(token, source)
    column = resolve(scope, parts)
    if column is not None:
        return _column(token, column, schema)
    source = scope.source(name)
    if source is not None:
        return _source(token, source)
    table = schema.table(name, qualifier)
    if table is not None:
        return Hovered(token.start, token.end, "table", table_name(table), table.kind, _few(table_lines(table)))
    return _function(token, name, qualifier, schema) if token.kind == "word" and called else None


def _column(token: Token, output: Output, schema: Schema) -> Hovered:
    lines = column_lines(output.column, output.table, schema) if output.column is not None else []
    owner = f"{table_name(output.table)}." if output.table is not None else ""
    return Hovered(token.start, token.end, "column", owner + output.name, output.type or "", _few(lines))


def _source(token: Token, source: Source) -> Hovered:
    if source.table is not None:
        title = table_name(source.table)
        return Hovered(token.start, token.end, "table", title, source.table.kind, _few(table_lines(source.table)))
    columns = [f"{each.name}  {each.type or ''}".strip() for each in source.columns or ()]
    return Hovered(token.start, token.end, source.kind, source.name, "", _few(columns))


def _function(token: Token, name: str, qualifier: str | None, schema: Schema) -> Hovered | None:
    overloads = schema.function(name, qualifier)
    if overloads:
        lines = [
            *(function_signature(each) for each in overloads[1:]),
            *(each.comment for each in overloads if each.comment),
        ]
        return Hovered(token.start, token.end, "function", name, function_signature(overloads[0]), _few(lines))
    known = FUNCTIONS.get(name) if qualifier in (None, "pg_catalog") else None
    if known is None:
        return None
    return Hovered(token.start, token.end, known.kind, name, known.signature, (known.comment,) if known.comment else ())


def _few(lines: Sequence[str]) -> tuple[str, ...]:
    if len(lines) <= _MOST_LINES:
        return tuple(lines)
    return (*lines[:_MOST_LINES], f"… and {len(lines) - _MOST_LINES} more")
