"""A statement's items become blocks, each with its scope. Nothing is refused: what is not understood is passed over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from .clauses import split_clauses, split_operators
from .groups import CURSOR, Group, Item, is_query, word
from .lexer import Token, unquoted
from .names import chain_at, is_name
from .nodes import Block, Clause, Output, Place, Scope, Source, Statement
from .outputs import query_outputs, renamed, returning_outputs
from .schema import Schema
from .sources import SourceReader, table_source

__all__ = ["read_statement"]

Ctes = Mapping[str, Source]


def read_statement(items: list[Item], schema: Schema) -> Statement:
    """Read one statement; where an item is the cursor's, ``place`` says what is around it."""
    statement = Statement(schema, items)
    _Reader(statement).statement(items)
    return statement


class _Reader:
    """Reads one statement, and notes where the cursor is."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._schema = statement.schema

    def statement(self, items: list[Item]) -> None:
        """The statement itself: a query, or a head such as ``create view v as`` with a query behind it."""
        at = _query_start(items)
        if at != 0:
            head = items if at is None else items[:at]
            self._head(head)
        if at is not None:
            self.query(_without_options(items[at:]) if at else items, None, self._itself(items[:at]))

    def _head(self, items: list[Item]) -> None:
        block = Block("other", Scope(), {})
        self._statement.blocks.append(block)
        block.scope = self._head_scope(items)
        clause = self._clause(block, "head", items, block.scope)
        self.expressions(block, clause, items, ())

    def _head_scope(self, items: Sequence[Item]) -> Scope:
        """The table that a definition is about: its columns may be named in it."""
        for at, item in enumerate(items):
            if word(item) in ("on", "table", "view") and at + 1 < len(items):
                after = at + 1
                while after < len(items) and word(items[after]) in ("if", "not", "exists", "only"):
                    after += 1
                chain = chain_at(items, after) if after < len(items) else None
                if chain is not None and len(chain.parts) <= 2 and chain.parts[-1]:
                    return Scope([table_source(self._schema, chain.parts, chain.tokens)])
        return Scope()

    def _itself(self, head: Sequence[Item]) -> Ctes:
        """The view that a CREATE RECURSIVE VIEW makes: its query may read from it."""
        words = [word(item) for item in head[:6]]
        if "recursive" not in words or (at := words.index("recursive") + 2) >= len(head):
            return {}
        name, names = head[at], head[at + 1] if at + 1 < len(head) else None
        if not isinstance(name, Token) or not is_name(name) or not isinstance(names, Group):
            return {}
        source = Source(unquoted(name), "cte", renamed(lambda: None, names), start=name.start)
        return {source.name: source}

    # --- queries ------------------------------------------------------------------------------------------------

    def query(self, items: list[Item], outer: Scope | None, ctes: Ctes) -> list[Block]:
        """A query with its WITH and its set operators; the blocks of its branches, the first of them first."""
        while len(items) == 1 and isinstance(only := items[0], Group) and is_query(only):
            items = only.items
        if word(items[0] if items else None) == "with":
            items, ctes = self._with(items, outer, ctes)
        blocks: list[Block] = []
        for part in split_operators(items):
            first = part[0] if part else None
            if isinstance(first, Group) and is_query(first):
                inner = self.query(first.items, outer, ctes)
                block = Block("select", Scope([], outer), ctes)
                block.outputs = inner[0].outputs if inner else lambda: None
                self._statement.blocks.append(block)
                blocks.append(block)
                self._clauses(block, part[1:])
            else:
                blocks.append(self._block(part, outer, ctes))
        blocks[-1].combined = len(blocks) > 1
        return blocks

    def _with(self, items: list[Item], outer: Scope | None, ctes: Ctes) -> tuple[list[Item], Ctes]:
        known = dict(ctes)
        at = 1
        recursive = word(items[at] if at < len(items) else None) == "recursive"
        at += recursive
        while at < len(items) and is_name(items[at]):
            token = items[at]
            assert isinstance(token, Token)
            if len(known) >= _MOST_CTES:
                return [], known
            name, at = unquoted(token), at + 1
            names: Group | None = None
            if at < len(items) and isinstance(group := items[at], Group) and not is_query(group):
                names, at = group, at + 1
            while at < len(items) and word(items[at]) in ("as", "not", "materialized"):
                at += 1
            body = items[at] if at < len(items) else None
            if not isinstance(body, Group):
                known[name] = Source(name, "cte", lambda: None, start=token.start)
                break
            at += 1
            own: list[Block] = []
            source = Source(name, "cte", renamed(partial(_first_outputs, own), names), start=token.start)
            if recursive:
                known[name] = source
            own.extend(self.query(body.items, outer, dict(known)))
            known[name] = source
            _ = source.columns  # now, while little of it waits for others: a long chain of them would nest too deep
            behind = at
            while at < len(items) and not _ends_cte(items[at]):
                at += 1
            _add_columns(source, items[behind:at])
            if at >= len(items) or not _comma(items[at]):
                break
            at += 1
        if at < len(items) or word(items[-1]) in ("with", "recursive"):
            return items[at:], known
        # The cursor is in the WITH itself, before any query of it.
        return [], known

    def _block(self, items: list[Item], outer: Scope | None, ctes: Ctes) -> Block:
        kind = word(items[0] if items else None)
        scope = Scope([], outer)
        block = Block(kind if kind in _BLOCKS else "select", scope, ctes)
        self._statement.blocks.append(block)
        block.outputs = query_outputs(block, self._schema)
        if kind in ("insert", "update", "delete", "merge"):
            block.outputs = returning_outputs(block, self._schema)
        self._clauses(block, items)
        return block

    # --- clauses ------------------------------------------------------------------------------------------------

    def _clauses(self, block: Block, items: list[Item]) -> None:
        parts = split_clauses(items, block.kind)
        declared = [self._declare(block, place, name, part) for place, (name, part) in enumerate(parts)]
        for done, (name, part) in zip(declared, parts, strict=True):
            if not done:
                clause = self._clause(block, name, part, self._scope_of(block, name))
                self.expressions(block, clause, part, ())

    def _declare(self, block: Block, place: int, name: str, part: list[Item]) -> bool:
        """Read what brings sources, before the clauses that name their columns. False for any other clause."""
        if name == "insert query":
            self.query(part, block.scope.outer, block.ctes)
        elif name in ("from", "using"):
            clause = self._clause(block, name, part, block.scope)
            reader = SourceReader(self._schema, block, clause, self._statement, self.query, self.expressions)
            reader.read(part, 1)
        elif place == 0 and name in ("update", "delete", "merge", "insert"):
            self._target(block, self._clause(block, name, part, block.scope), part)
        else:
            return False
        return True

    def _target(self, block: Block, clause: Clause, part: list[Item]) -> None:
        at = 1
        while at < len(part) and word(part[at]) in ("into", "from", "only"):
            at += 1
        chain = chain_at(part, at) if at < len(part) else None
        if chain is not None and chain.parts[-1]:
            source = table_source(self._schema, chain.parts, chain.tokens)
            at = chain.end
            if at < len(part) and isinstance(star := part[at], Token) and star.text == "*":
                at += 1
            if at < len(part) and word(part[at]) == "as":
                at += 1
            if at < len(part) and is_name(part[at]) and word(part[at]) not in _NO_TARGET_ALIAS:
                alias = part[at]
                assert isinstance(alias, Token)
                source.name, source.aliased = unquoted(alias), True
                at += 1
            block.target = source
            block.scope.sources.append(source)
            if block.kind == "insert" and at < len(part) and isinstance(group := part[at], Group):
                block.target_columns = group
        self.expressions(block, clause, part, ())

    def _scope_of(self, block: Block, name: str) -> Scope:
        if block.kind == "insert":
            if name in ("on conflict", "set", "where") and block.target is not None:
                excluded = Source("excluded", "table", lambda: block.target.columns if block.target else None)
                return Scope([block.target, excluded], block.scope.outer)
            if name == "values":
                return Scope([], block.scope.outer)
        return block.scope

    def _clause(self, block: Block, name: str, part: list[Item], scope: Scope) -> Clause:
        last = part[-1] if part else None
        clause = Clause(name, part, part[0].start if part else 0, last.end if last else 0, scope)
        block.clauses.append(clause)
        return clause

    # --- what is within ------------------------------------------------------------------------------------------

    def expressions(
        self, block: Block, clause: Clause, items: Sequence[Item], groups: tuple[Group, ...],
        scope: Scope | None = None, role: str = "",
    ) -> None:  # fmt: skip
        """Find the subqueries in an expression, and the cursor."""
        scope = scope or clause.scope
        for index, item in enumerate(items):
            if isinstance(item, Group):
                if is_query(item):
                    for each in _statements(item.items):
                        self.query(each, scope, block.ctes)
                else:
                    self.expressions(block, clause, item.items, (*groups, item), scope, role)
            elif item.kind == CURSOR:
                self._statement.place = Place(block, clause, items, index, groups, role, scope)


_BLOCKS = frozenset({"select", "values", "insert", "update", "delete", "merge", "table"})
_QUERY_STARTS = frozenset({"select", "values", "insert", "update", "delete", "merge", "table", "with"})
_NO_TARGET_ALIAS = frozenset({"set", "values", "default", "overriding", "when"})
_MOST_CTES = 500
_OPTIONS = frozenset({"local", "cascaded", "check", "option", "no", "data"})
_HEADS = frozenset({"explain", "create", "prepare", "declare", "copy"})


def _statements(items: list[Item]) -> Iterator[list[Item]]:
    """What a bracket holds: a query, or the several statements of a rule."""
    at = 0
    for end, item in enumerate(items):
        if isinstance(item, Token) and item.kind == "semicolon":
            if end > at:
                yield items[at:end]
            at = end + 1
    if at < len(items):
        yield items[at:]


def _without_options(items: list[Item]) -> list[Item]:
    """A definition's query without the WITH CHECK OPTION or WITH DATA behind it."""
    at = len(items)
    while at and word(items[at - 1]) in _OPTIONS:
        at -= 1
    return items[: at - 1] if 1 < at < len(items) and word(items[at - 1]) == "with" else items


def _first_outputs(blocks: Sequence[Block]) -> tuple[Output, ...] | None:
    return blocks[0].outputs() if blocks else None


def _ends_cte(item: Item) -> bool:
    return _comma(item) or word(item) in _QUERY_STARTS or (isinstance(item, Token) and item.kind == CURSOR)


def _add_columns(source: Source, items: Sequence[Item]) -> None:
    """The columns that SEARCH and CYCLE add to a query that reads itself: ``set name``, ``using name``."""
    added = tuple(
        Output(unquoted(item))
        for at, item in enumerate(items)
        if at and isinstance(item, Token) and is_name(item) and word(items[at - 1]) in ("set", "using")
    )
    if added and source.columns is not None:
        source.extend(added)


def _comma(item: Item) -> bool:
    return isinstance(item, Token) and item.kind == "comma"


def _query_start(items: Sequence[Item]) -> int | None:
    """Where a statement's query begins; None where it has none."""
    first = word(items[0] if items else None)
    if first in _QUERY_STARTS or (items and isinstance(items[0], Group)):
        return 0
    if first not in _HEADS:
        return None
    if first == "create" and not any(word(item) in ("view", "table") for item in items[1:6]):
        return None
    for at, item in enumerate(items[1:], 1):
        if word(item) in _QUERY_STARTS and (
            (first == "explain" and word(item) != "table") or word(items[at - 1]) in ("as", "for")
        ):
            return at
    return None
