"""What a query gives: the names and, where they are plain, the types of its columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from .builtins import FUNCTIONS
from .clauses import comma_parts
from .groups import Group, Item, is_query, word
from .lexer import Token, unquoted
from .names import chain_at, is_name
from .nodes import Block, Output, Scope, Source
from .schema import Schema

__all__ = ["Outputs", "query_outputs", "renamed", "resolve", "returning_outputs", "type_of"]

Outputs: TypeAlias = Callable[[], tuple[Output, ...] | None]

_MOST_COLUMNS = 1664
"""That PostgreSQL lets a query have."""
_NOT_AN_OPERAND = frozenset(
    "and or not is in like ilike between similar then else when case distinct on by as over filter all any".split()  # noqa: SIM905
)


def query_outputs(block: Block, schema: Schema) -> Outputs:
    """The columns that a SELECT, VALUES or TABLE gives."""

    def outputs() -> tuple[Output, ...] | None:
        values = block.clause("values")
        if values is not None and block.kind == "values":
            rows = [item for item in values.items if isinstance(item, Group)]
            first = comma_parts(rows[0].items) if rows else []
            return tuple(Output(f"column{n}", type_of(part, block.scope, schema)) for n, part in enumerate(first, 1))
        table = block.clause("table")
        if table is not None:
            chain = chain_at(table.items, 1) if len(table.items) > 1 else None
            found = schema.table(chain.parts[-1], chain.parts[-2] if len(chain.parts) > 1 else None) if chain else None
            return None if found is None else tuple(Output(c.name, c.type, c, found) for c in found.columns.values())
        select = block.clause("select")
        return _list(select.items[1:] if select else [], block.scope, schema)

    return outputs


def returning_outputs(block: Block, schema: Schema) -> Outputs:
    """The columns that RETURNING gives."""

    def outputs() -> tuple[Output, ...] | None:
        returning = block.clause("returning")
        return _list(returning.items[1:], block.scope, schema) if returning else ()

    return outputs


def renamed(inner: Outputs, names: Group | None) -> Outputs:
    """The same columns under the names that an alias gives the first of them, in order."""
    if names is None:
        return inner
    given = [part for part in comma_parts(names.items) if part]

    def outputs() -> tuple[Output, ...] | None:
        known = inner() or ()
        new = []
        for place, part in enumerate(given):
            if not isinstance(part[0], Token) or not is_name(part[0], reserved=frozenset()):
                continue
            old = known[place] if place < len(known) else None
            kind = " ".join(item.text for item in part[1:] if isinstance(item, Token)) or (old.type if old else None)
            new.append(Output(unquoted(part[0]), kind, old.column if old else None, old.table if old else None))
        return (*new, *known[len(given) :])

    return outputs


def _list(items: Sequence[Item], scope: Scope, schema: Schema) -> tuple[Output, ...] | None:
    """The columns of a select list; None where a star stands for what nobody knows."""
    at = 0
    if word(items[0] if items else None) in ("distinct", "all"):
        at = 1
        if len(items) > 2 and word(items[1]) == "on" and isinstance(items[2], Group):
            at = 3
    found: list[Output] = []
    for part in comma_parts(items[at:]):
        if not part:
            continue
        last = part[-1]
        if isinstance(last, Token) and last.text == "*" and (len(part) == 1 or _is_dot(part[-2])):
            star = _star(part, scope)
            if star is None:
                return None
            found.extend(star)
            if len(found) > _MOST_COLUMNS:
                return None
        else:
            found.append(_column(part, scope, schema))
    return tuple(found)


def _is_dot(item: Item) -> bool:
    return isinstance(item, Token) and item.kind == "dot"


def _star(part: Sequence[Item], scope: Scope) -> list[Output] | None:
    sources: Sequence[Source] = scope.sources
    qualified = len(part) > 1
    if qualified:
        chain = chain_at(part, 0)
        source = scope.source(chain.parts[-2]) if chain is not None and len(chain.parts) > 1 else None
        sources = [source] if source is not None else []
    if not sources or any(source.columns is None for source in sources):
        return None
    return [
        column
        for source in sources
        for column in source.columns or ()
        if qualified or source.kind == "merged" or column.name not in source.hidden
    ]


def _column(part: list[Item], scope: Scope, schema: Schema) -> Output:
    """One item of a select list, named as the engine names it."""
    last = part[-1]
    if isinstance(last, Token) and len(part) > 1:
        before = part[-2]
        if word(before) == "as":
            return Output(unquoted(last), type_of(part[:-2], scope, schema))
        if is_name(last) and _is_operand(before) and last.text.lower() != "end":
            return Output(unquoted(last), type_of(part[:-1], scope, schema))
    kind = type_of(part, scope, schema)
    chain = chain_at(part, 0)
    if chain is not None and chain.end == len(part):
        found = resolve(scope, chain.parts)
        return Output(chain.parts[-1], kind, found.column if found else None, found.table if found else None)
    for at, item in enumerate(part):  # `a::int` keeps the name of what is cast
        if isinstance(item, Token) and item.text == "::" and at:
            return Output(_column(part[:at], scope, schema).name, kind)
    if chain is not None and isinstance(part[chain.end], Group):
        return Output(chain.parts[-1], kind)
    first = word(part[0])
    return Output(first if first in ("case", "exists", "array", "cast") else "?column?", kind)


def _is_operand(item: Item) -> bool:
    if isinstance(item, Group):
        return True
    if item.kind == "word":
        return item.text.lower() not in _NOT_AN_OPERAND
    return item.kind in ("quoted", "string", "number", "param", "position", "close")


def resolve(scope: Scope, parts: Sequence[str]) -> Output | None:
    """The column that a name means; None where it is unknown."""
    if len(parts) > 1:
        source = scope.source(parts[-2])
        return source.column(parts[-1]) if source is not None else None
    for level in scope.levels():
        for source in level.sources:
            if source.kind == "merged" or parts[0] not in source.hidden:
                found = source.column(parts[0])
                if found is not None:
                    return found
    return None


def type_of(items: Sequence[Item], scope: Scope, schema: Schema) -> str | None:
    """The type of an expression, where it can be told at a glance."""
    for at in range(len(items) - 1, 0, -1):
        item = items[at]
        if isinstance(item, Token) and item.text == "::":
            words = items[at + 1 :]
            if words and all(isinstance(each, Token) and each.kind in ("word", "quoted") for each in words):
                return " ".join(each.text.lower() for each in words if isinstance(each, Token))
            return None
    if len(items) == 1 and isinstance(only := items[0], Token):
        if only.kind == "number":
            return "integer" if only.text.isdigit() else "numeric"
        if only.kind == "string":
            return "text"
        if word(only) in ("true", "false"):
            return "boolean"
    chain = chain_at(items, 0) if items else None
    if chain is not None and chain.end == len(items):
        found = resolve(scope, chain.parts)
        return found.type if found else None
    if chain is not None and chain.end == len(items) - 1 and isinstance(items[-1], Group):
        overloads = schema.function(chain.parts[-1], chain.parts[-2] if len(chain.parts) > 1 else None)
        if overloads:
            return overloads[0].returns
        known = FUNCTIONS.get(chain.parts[-1])
        return known.returns if known is not None and not known.returns.startswith("any") else None
    if len(items) == 1 and isinstance(group := items[0], Group) and not is_query(group):
        return type_of(group.items, scope, schema)
    return None
