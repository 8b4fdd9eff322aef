"""What a statement is made of, as far as names are concerned: sources, scopes, clauses, blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...nouns import Column, Table
from .groups import Group, Item
from .lexer import Token

if TYPE_CHECKING:
    from .schema import Schema

__all__ = ["Block", "Clause", "Output", "Place", "Scope", "Source", "Statement"]


@dataclass(frozen=True, slots=True)
class Output:
    """A column that a source has or a query gives.

    Attributes:
        type: as the engine names it; None when it is not known.
        column: the table's column that it shows, if it is one.
    """

    name: str
    type: str | None = None
    column: Column | None = None
    table: Table | None = None


@dataclass(slots=True)
class Source:
    """Something that a query takes rows from.

    Attributes:
        name: what its columns are qualified with; empty for a subquery without an alias.
        kind: ``table``, ``cte``, ``query``, ``function``, ``values`` or ``merged`` (the columns of a USING).
        outputs: its columns; None when nobody can know them.
        table: the catalog's table; None also where the name is unknown.
        qualifier: the schema as it was written.
        token: the name as it was written, where it names a table.
        aliased: its name is not the table's.
        hidden: columns that only a qualified name reaches, since a USING or NATURAL merged them.
        start: where it begins in the text.
    """

    name: str
    kind: str
    outputs: Callable[[], tuple[Output, ...] | None]
    table: Table | None = None
    qualifier: str | None = None
    token: Token | None = None
    aliased: bool = False
    hidden: set[str] = field(default_factory=set)
    start: int = 0
    _known: tuple[Output, ...] | None = None
    _asked: bool = False

    @property
    def columns(self) -> tuple[Output, ...] | None:
        """Its columns, found once; None when nobody can know them."""
        if not self._asked:
            self._asked = True  # a query that reads itself finds nothing known of itself
            self._known = self.outputs()
        return self._known

    def extend(self, more: tuple[Output, ...]) -> None:
        """Give it columns beside those that are known."""
        self._known = (*(self.columns or ()), *more)

    def column(self, name: str) -> Output | None:
        """A column by its name."""
        return next((each for each in self.columns or () if each.name == name), None)


@dataclass(slots=True)
class Scope:
    """Whose columns an expression may name: its own sources', then those of the queries around it."""

    sources: list[Source] = field(default_factory=list)
    outer: Scope | None = None

    def levels(self) -> Iterator[Scope]:
        """The scope itself, then the ones around it."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer

    def source(self, name: str) -> Source | None:
        """The nearest source of a name."""
        for scope in self.levels():
            for source in scope.sources:
                if source.name == name and source.kind != "merged":
                    return source
        return None


@dataclass(slots=True)
class Clause:
    """A part of a query: ``name`` is its first word (``select``, ``from``, ``on conflict`` …)."""

    name: str
    items: list[Item]
    start: int
    end: int
    scope: Scope


@dataclass(slots=True)
class Block:
    """One SELECT, VALUES, INSERT, UPDATE, DELETE or MERGE, or the head of any other statement (``other``).

    Attributes:
        target: what it writes to.
        target_columns: the bracket with the columns of an INSERT.
        ctes: what its WITH and those around it name.
        outputs: what it gives; None when nobody can know.
        conditions: the expressions within its FROM, each with what it can see.
        combined: it is the last branch of a UNION, whose ORDER BY is that of them all.
        strays: what stands in its FROM and is no part of it, each behind the item before it.
    """

    kind: str
    scope: Scope
    ctes: Mapping[str, Source]
    clauses: list[Clause] = field(default_factory=list)
    target: Source | None = None
    target_columns: Group | None = None
    outputs: Callable[[], tuple[Output, ...] | None] = lambda: None
    conditions: list[tuple[Sequence[Item], Scope]] = field(default_factory=list)
    strays: list[tuple[Item, Item]] = field(default_factory=list)
    combined: bool = False

    def clause(self, name: str) -> Clause | None:
        """Its first clause of a name."""
        return next((clause for clause in self.clauses if clause.name == name), None)


@dataclass(slots=True)
class Place:
    """Where the cursor is.

    Attributes:
        items: the level of brackets that it is in, and ``index`` its place there.
        groups: the brackets around it within its clause, outermost first.
        role: what the FROM parser saw there: ``table``, ``after table``, ``on``, ``using``; empty elsewhere.
        scope: whose columns may be named.
    """

    block: Block
    clause: Clause
    items: Sequence[Item]
    index: int
    groups: tuple[Group, ...]
    role: str
    scope: Scope


@dataclass(slots=True)
class Statement:
    """One statement, read."""

    schema: Schema
    items: list[Item]
    blocks: list[Block] = field(default_factory=list)
    place: Place | None = None
