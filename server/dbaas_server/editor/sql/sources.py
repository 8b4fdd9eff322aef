"""FROM, USING and their joins: what a query takes rows from, and what each part of them can see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ...nouns import Table
from .builtins import SET_COLUMNS
from .groups import CURSOR, Group, Item, is_query, word
from .lexer import Token, unquoted
from .names import Chain, chain_at, is_name
from .nodes import Block, Clause, Output, Place, Scope, Source, Statement
from .outputs import Outputs, renamed
from .schema import Schema

__all__ = ["SourceReader", "table_outputs", "table_source"]

_JOIN_WORDS = frozenset({"join", "inner", "left", "right", "full", "outer", "cross", "natural"})
_MOST_SOURCES = 200
"""Of one FROM; those behind them are not known."""
_NO_ALIAS = frozenset({"set", "tablesample", "ordinality", "conflict", "overriding"})


def table_outputs(table: Table) -> tuple[Output, ...]:
    """A table's columns."""
    return tuple(Output(column.name, column.type, column, table) for column in table.columns.values())


def table_source(schema: Schema, parts: Sequence[str], tokens: Sequence[Token]) -> Source:
    """A source that a chain of names calls a table."""
    qualifier = parts[-2] if len(parts) > 1 else None
    table = schema.table(parts[-1], qualifier)
    known: Outputs = (lambda: None) if table is None else (lambda: table_outputs(table))
    return Source(parts[-1], "table", known, table, qualifier, tokens[-1], start=tokens[0].start)


class SourceReader:
    """Reads one FROM into its block's scope."""

    def __init__(
        self,
        schema: Schema,
        block: Block,
        clause: Clause,
        statement: Statement,
        query: Callable[..., list[Block]],
        expressions: Callable[..., None],
    ) -> None:
        self._schema = schema
        self._block = block
        self._clause = clause
        self._statement = statement
        self._query = query
        self._expressions = expressions

    def read(self, items: Sequence[Item], at: int, groups: tuple[Group, ...] = ()) -> None:
        """Read the items from an index on, of the clause itself or of a bracket with joins in it."""
        expecting, lateral, natural = True, False, False
        while at < len(items):
            if len(self._block.scope.sources) >= _MOST_SOURCES:
                self._expressions(self._block, self._clause, items[at:], groups, self._so_far())
                return
            item = items[at]
            what = word(item)
            if isinstance(item, Token) and item.kind == "comma":
                expecting, lateral, natural = True, False, False
                at += 1
            elif isinstance(item, Token) and item.kind == CURSOR:
                self._note(items, at, groups, "table" if expecting else "after table")
                at += 1
                if expecting and at < len(items) and is_name(items[at]):
                    at = self._add(items, at, Source("", "table", lambda: None, start=item.start), named=False)
                expecting = False
            elif what in _JOIN_WORDS and not _is_call(items, at):
                natural = natural or what == "natural"
                expecting, lateral = what == "join", False
                at += 1
            elif expecting and what in ("only", "lateral", "rows", "from"):
                lateral = lateral or what == "lateral"
                at += 1
            elif what == "on":
                expecting = False
                at = self._on(items, at + 1, groups)
            elif what == "using":
                expecting = False
                at = self._using(items, at + 1, groups)
            elif what in ("tablesample", "repeatable"):
                at += 2 + (what == "tablesample")
            elif expecting:
                before = list(self._block.scope.sources)
                at = self._item(items, at, groups, lateral)
                if natural:
                    self._merge(before, None)
                expecting = natural = lateral = False
            else:
                if at:
                    self._block.strays.append((items[at - 1], item))
                if isinstance(item, Group):
                    self._expressions(self._block, self._clause, item.items, (*groups, item), self._so_far())
                at += 1

    def _so_far(self) -> Scope:
        return Scope(list(self._block.scope.sources), self._block.scope.outer)

    def _note(self, items: Sequence[Item], at: int, groups: tuple[Group, ...], role: str) -> None:
        self._statement.place = Place(self._block, self._clause, items, at, groups, role, self._so_far())

    def _item(self, items: Sequence[Item], at: int, groups: tuple[Group, ...], lateral: bool) -> int:
        item = items[at]
        if isinstance(item, Group):
            if not is_query(item):
                return self._bracket(item, items, at + 1, groups)
            outer = self._so_far() if lateral else self._block.scope.outer
            blocks = self._query(item.items, outer, self._block.ctes)
            source = Source("", "query", lambda: blocks[0].outputs() if blocks else None, start=item.start)
            return self._add(items, at + 1, source)
        chain = chain_at(items, at)
        if chain is None:
            return at + 1
        if chain.parts[-1] == "" and chain.tokens[-1].kind == CURSOR:  # `from shop.|`
            self._note(items, chain.end - 1, groups, "table")
            return self._add(items, chain.end, Source("", "table", lambda: None, start=item.start))
        call = items[chain.end] if chain.end < len(items) else None
        if isinstance(call, Group) and call.opening.text == "(":
            self._block.conditions.append((call.items, self._so_far()))
            self._expressions(self._block, self._clause, call.items, (*groups, call), self._so_far())
            return self._add(items, chain.end + 1, self._function(chain))
        name = chain.parts[-1]
        if len(chain.parts) == 1 and name in self._block.ctes:
            cte = self._block.ctes[name]
            source = Source(name, "cte", lambda: cte.columns, token=chain.tokens[-1], start=item.start)
        else:
            source = table_source(self._schema, chain.parts, chain.tokens)
        at = chain.end
        if at < len(items) and isinstance(star := items[at], Token) and star.text == "*":
            at += 1
        return self._add(items, at, source)

    def _function(self, chain: Chain) -> Source:
        name = chain.parts[-1]
        overloads = self._schema.function(name, chain.parts[-2] if len(chain.parts) > 1 else None)
        source = Source(name, "function", lambda: None, start=chain.tokens[0].start)

        def outputs() -> tuple[Output, ...] | None:
            for function in overloads:
                if function.columns:
                    return tuple(Output(each.name, each.type, each) for each in function.columns.values())
                if function.returns != "record":
                    return (Output(source.name, function.returns.removeprefix("SETOF ")),)
            columns = SET_COLUMNS.get(name)
            if columns is None:
                return None
            return tuple(Output(column or source.name, kind) for column, kind in columns)

        source.outputs = outputs
        return source

    # --- aliases ------------------------------------------------------------------------------------------------

    def _add(self, items: Sequence[Item], at: int, source: Source, *, named: bool = True) -> int:
        """Give a source its alias, with the columns that it renames, and put it into the scope."""
        ordinality = False
        if at + 1 < len(items) and word(items[at]) == "with" and word(items[at + 1]) == "ordinality":
            ordinality = True
            at += 2
        explicit = at < len(items) and word(items[at]) == "as"
        at += explicit
        inner = source.outputs
        if at < len(items) and is_name(items[at]) and (explicit or word(items[at]) not in _NO_ALIAS):
            alias = items[at]
            assert isinstance(alias, Token)
            source.name, source.aliased = unquoted(alias), True
            at += 1
        if at < len(items) and isinstance(names := items[at], Group) and (source.aliased or explicit):
            source.outputs = renamed(inner, names)
            at += 1
        elif ordinality:
            source.outputs = lambda: None if (known := inner()) is None else (*known, Output("ordinality", "bigint"))
        if source.name or named:
            self._block.scope.sources.append(source)
        return at

    def _bracket(self, group: Group, items: Sequence[Item], at: int, groups: tuple[Group, ...]) -> int:
        """Joins in a bracket, or the functions of ROWS FROM. An alias behind it hides what they are called."""
        sources = self._block.scope.sources
        before = list(sources)
        self.read(group.items, 0, (*groups, group))
        item = items[at] if at < len(items) else None
        if word(item) not in ("as", "with") and (not is_name(item) or word(item) in _NO_ALIAS):
            return at
        within = [source for source in sources if source not in before]
        sources[:] = before

        def outputs() -> tuple[Output, ...] | None:
            if any(source.kind == "merged" or source.columns is None for source in within):
                return None
            return tuple(column for source in within for column in source.columns or ())

        both = Source("", "query", outputs, start=group.start)
        at = self._add(items, at, both)
        given = both.outputs
        both.outputs = lambda: None if outputs() is None else given()
        return at

    # --- conditions ---------------------------------------------------------------------------------------------

    def _on(self, items: Sequence[Item], at: int, groups: tuple[Group, ...]) -> int:
        end = at
        while end < len(items):
            item = items[end]
            if isinstance(item, Token) and (
                item.kind == "comma" or (word(item) in _JOIN_WORDS and not _is_call(items, end))
            ):
                break
            end += 1
        scope = self._so_far()
        self._block.conditions.append((items[at:end], scope))
        for index in range(at, end):
            item = items[index]
            if isinstance(item, Group):
                self._expressions(self._block, self._clause, [item], groups, scope, "on")
            elif item.kind == CURSOR:
                self._statement.place = Place(self._block, self._clause, items, index, groups, "on", scope)
        return end

    def _using(self, items: Sequence[Item], at: int, groups: tuple[Group, ...]) -> int:
        group = items[at] if at < len(items) else None
        if not isinstance(group, Group):
            return at
        for index, item in enumerate(group.items):
            if isinstance(item, Token) and item.kind == CURSOR:
                self._note(group.items, index, (*groups, group), "using")
        names = [unquoted(item) for item in group.items if isinstance(item, Token) and is_name(item)]
        self._merge(self._block.scope.sources[:-1], names)
        at += 1
        if (
            at + 1 < len(items)
            and word(items[at]) == "as"
            and isinstance(alias := items[at + 1], Token)
            and is_name(alias)
        ):
            merged = self._block.scope.sources[0]
            both = Source(unquoted(alias), "using", lambda: merged.columns, hidden=set(names), start=alias.start)
            self._block.scope.sources.append(both)
            at += 2
        return at

    def _merge(self, left: Iterable[Source], names: Sequence[str] | None) -> None:
        """Columns of the last source and of those before it become one; without names, all that they share."""
        if not self._block.scope.sources:
            return
        right = self._block.scope.sources[-1]
        others = [source for source in left if source is not right]
        if names is None:
            shared = {column.name for source in others for column in source.columns or () if not _hides(source, column)}
            names = [column.name for column in right.columns or () if column.name in shared]
        merged: list[Output] = []
        for name in names:
            shown = [column for source in (*others, right) if (column := source.column(name)) is not None]
            for source in (*others, right):
                source.hidden.add(name)
            merged.append(shown[0] if shown else Output(name))
        if merged:
            given = tuple(merged)
            self._block.scope.sources.insert(0, Source("", "merged", lambda: given))


def _hides(source: Source, column: Output) -> bool:
    return column.name in source.hidden


def _is_call(items: Sequence[Item], at: int) -> bool:
    """Whether ``left`` or ``right`` is the function."""
    after = items[at + 1] if at + 1 < len(items) else None
    return word(items[at]) in ("left", "right") and isinstance(after, Group) and not is_query(after)
