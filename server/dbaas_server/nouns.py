"""What doors and engines say to each other. Engine-neutral, frozen, hashable.

A :class:`Read` or a :class:`Write` is a *shape*: where a person's value belongs it has an :class:`Arg`, an index into
the tuple of arguments sent along. One shape is therefore parsed and compiled once, and run with many arguments.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

if TYPE_CHECKING:
    from .stages import Stage

__all__ = [
    "Aggregate",
    "Arg",
    "ArgValue",
    "Call",
    "Caller",
    "Catalog",
    "Column",
    "Compare",
    "Constant",
    "Count",
    "Embed",
    "EmbedExists",
    "Field",
    "Filter",
    "Format",
    "Function",
    "Item",
    "JsonStep",
    "Key",
    "Logic",
    "Nested",
    "Order",
    "Parameter",
    "Path",
    "Position",
    "QueryColumn",
    "QueryResult",
    "Read",
    "Relation",
    "Resolution",
    "RowCursor",
    "Rows",
    "Star",
    "Stats",
    "Table",
    "TableRef",
    "Write",
    "WriteKind",
]  # fmt: skip

ArgValue: TypeAlias = str | bytes | None
"""A value as text, the way the engine's own parser reads it; ``bytes`` for a body passed on unparsed."""


@dataclass(frozen=True, slots=True)
class Arg:
    """The value at ``index`` of the arguments sent along with a shape."""

    index: int


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks for data, after authentication.

    Attributes:
        tenant: the tenant's id.
        role: ``anon``, ``authenticated``, ``service_role``, or ``owner`` (arbitrary SQL as the tenant's own login).
        claims: the verified token's claims as JSON text, as row policies read them; ``{}`` for a plain key.
        actor: for logs and the audit: a person, a key's prefix, a subject.
        tenant_claim: the ``tenant_id`` claim where there is one; becomes ``app.current_tenant``.
        documents_only: may run stored GraphQL documents and nothing else.
    """

    tenant: UUID
    role: str
    claims: str = "{}"
    actor: str = ""
    tenant_claim: str | None = None
    documents_only: bool = False


# --- what exists ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TableRef:
    """A table, view or function by name. ``schema`` is None until the catalog resolved it."""

    name: str
    schema: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. ``type`` is the engine's own name for it, as its DDL accepts it."""

    name: str
    type: str
    nullable: bool
    default: str | None = None
    generated: bool = False
    comment: str | None = None
    enum: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """A primary or unique key, columns in key order."""

    name: str
    columns: tuple[str, ...]
    primary: bool


@dataclass(frozen=True, slots=True)
class Relation:
    """A foreign key: ``columns`` of ``table`` point at ``target_columns`` of ``target``."""

    name: str
    table: TableRef
    columns: tuple[str, ...]
    target: TableRef
    target_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view as the catalog knows it.

    Attributes:
        kind: ``table``, ``view``, ``materialized view``, ``foreign table``.
        row_security: row security is enabled.
        policies: names of its row policies.
        grants: role → the privileges it has (``select``, ``insert``, ``update``, ``delete``), for the API roles.
        column_grants: (role, privilege) → the columns it is granted on; only of tables with column privileges.
        bypasses_policies: a view that runs with its owner's rights, so that row policies of its tables do not hold.
        estimated_rows: the planner's estimate; -1 when never analysed.
    """

    ref: TableRef
    kind: str
    columns: Mapping[str, Column] = field(hash=False)
    keys: tuple[Key, ...] = ()
    row_security: bool = False
    policies: tuple[str, ...] = ()
    grants: Mapping[str, frozenset[str]] = field(default_factory=dict, hash=False)
    column_grants: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict, hash=False)
    bypasses_policies: bool = False
    insertable: bool = True
    updatable: bool = True
    deletable: bool = True
    comment: str | None = None
    estimated_rows: int = -1
    size_bytes: int | None = None

    @property
    def primary_key(self) -> tuple[str, ...]:
        """Columns of the primary key, in key order; empty when there is none."""
        return next((key.columns for key in self.keys if key.primary), ())

    def granted(self, role: str, privilege: str) -> frozenset[str]:
        """The columns that a role may ``select``, ``insert`` or ``update``; for ``owner`` all of them."""
        if role == "owner" or privilege in self.grants.get(role, ()):
            return frozenset(self.columns)
        return self.column_grants.get((role, privilege), frozenset())


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function."""

    name: str
    type: str
    required: bool
    variadic: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A function that can be called. ``volatility`` is ``immutable``, ``stable`` or ``volatile``."""

    ref: TableRef
    parameters: tuple[Parameter, ...]
    returns: str
    returns_set: bool
    returns_table: TableRef | None
    volatility: str
    comment: str | None = None
    composite: bool = False  # its result is a row (a table's, a composite type's, or TABLE(...)/OUT columns)
    executable_by: frozenset[str] = frozenset()  # API roles that may call it
    columns: Mapping[str, Column] = field(default_factory=dict, hash=False)  # of a composite result


@dataclass(frozen=True, slots=True)
class Catalog:
    """One consistent picture of a database. Immutable: a change makes a new one with a new ``version``."""

    version: int
    schemas: tuple[str, ...]
    tables: Mapping[TableRef, Table] = field(hash=False)
    relations: tuple[Relation, ...] = field(hash=False)
    functions: Mapping[TableRef, tuple[Function, ...]] = field(hash=False)  # overloads share a name


# --- reading ----------------------------------------------------------------------------------------------------


class Aggregate(StrEnum):
    """Aggregates a read may ask for."""

    avg = "avg"
    count = "count"  # type: ignore[assignment]  # str.count is not missed here
    max = "max"
    min = "min"
    sum = "sum"


class Count(StrEnum):
    """How the total number of rows is found."""

    exact = "exact"
    planned = "planned"
    estimated = "estimated"


@dataclass(frozen=True, slots=True)
class JsonStep:
    """``->key`` or ``->>key``; an integer key is an array index."""

    key: str | int
    as_text: bool


@dataclass(frozen=True, slots=True)
class Path:
    """A column, and a way into its JSON."""

    column: str
    steps: tuple[JsonStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Star:
    """Every column the caller may read."""


@dataclass(frozen=True, slots=True)
class Field:
    """One output column. ``path`` is None only for a bare ``count()``."""

    path: Path | None
    alias: str | None = None
    cast: str | None = None
    aggregate: Aggregate | None = None
    aggregate_cast: str | None = None


@dataclass(frozen=True, slots=True)
class Embed:
    """Related rows inside each row.

    Attributes:
        target: a table, a foreign key, a column with one, or a function that computes related rows.
        hint: tells candidates apart: a constraint, a column, a junction.
        inner: rows without a match are dropped.
        spread: the related row's columns go into the parent's.
        relation: the very foreign key, where the caller knows it; ``target`` and ``hint`` are then not looked at.
        outward: with ``relation``: from the table that has the foreign key to the one that it points at.
        one: one object instead of a list: the only row that an aggregate has.
        shown: as ``{}`` where nothing of it is selected; without, such an embed is a filter only.
        read: what is read there; its ``source`` is resolved by the engine.
    """

    target: str
    read: Read
    alias: str | None = None
    hint: str | None = None
    inner: bool = False
    spread: bool = False
    relation: Relation | None = None
    outward: bool = False
    one: bool = False
    shown: bool = False

    @property
    def name(self) -> str:
        """What filters and orders of the parent call it."""
        return self.alias or self.target


@dataclass(frozen=True, slots=True)
class Constant:
    """A text that is the same in every row."""

    alias: str
    text: str


@dataclass(frozen=True, slots=True)
class Nested:
    """An object made of the row's own values (``"sum": {"price": …, "sold": …}``)."""

    alias: str
    items: tuple[Field | Constant, ...]


@dataclass(frozen=True, slots=True)
class RowCursor:
    """The place of each row in the read's order, as opaque text: base64url of a JSON array, ``tag`` and the order keys
    as texts. The keys are what ``Read.after`` takes.
    """

    alias: str
    tag: str


Item: TypeAlias = Star | Field | Embed | Constant | Nested | RowCursor


@dataclass(frozen=True, slots=True)
class Compare:
    """``path operator operand``.

    Attributes:
        operator: PostgREST's word for it: eq neq gt gte lt lte like ilike match imatch in is isdistinct
            fts plfts phfts wfts cs cd ov sl sr nxr nxl adj; and of JSON's keys: has has_any has_all.
        operand: one argument; a tuple of them for ``in`` and for quantified operators; for ``is`` the word itself
            (``null``, ``not_null``, ``true``, ``false``, ``unknown``), which is part of the shape.
        quantifier: ``any`` or ``all``.
        language: of a full-text operator.
    """

    path: Path
    operator: str
    operand: Arg | tuple[Arg, ...] | str
    negated: bool = False
    quantifier: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class EmbedExists:
    """Whether an embed has rows (``rel=not.is.null``), or none (``negated``)."""

    embed: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Logic:
    """``and`` / ``or`` over filters."""

    operator: str
    items: tuple[Filter, ...]
    negated: bool = False


Filter: TypeAlias = Compare | EmbedExists | Logic


@dataclass(frozen=True, slots=True)
class Order:
    """One sort key; ``embed`` names a to-one embed that the path is in."""

    path: Path
    descending: bool = False
    nulls_first: bool | None = None
    embed: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A function call as a source. ``arguments`` are named; ``body`` passes a whole JSON object or a single value."""

    function: TableRef
    arguments: tuple[tuple[str, Arg], ...] = ()
    body: Arg | None = None
    body_names: tuple[str, ...] = ()  # the names in the body, sorted: they choose the overload
    single: bool = False  # the body is the one unnamed parameter's value
    read_only: bool = True
    rollback: bool = False  # do everything, then undo it (``tx=rollback``)
    max_affected: int | None = None  # more rows than this in the result, and nothing is kept


class Format(StrEnum):
    """How rows are rendered by the engine."""

    json = "json"
    json_stripped = "json_stripped"  # without nulls
    csv = "csv"
    geojson = "geojson"


@dataclass(frozen=True, slots=True)
class Read:
    """A question: which columns, of what, which rows, in what order, how many.

    ``limit`` and ``offset`` are arguments, so that paging shares one shape. ``after`` is a keyset position: one
    argument per ``order`` key. Empty ``items`` means no columns: at the root ``{}`` per row, in an embed a filter that
    shows nothing.

    Attributes:
        keyset: put the last row's order keys into ``Rows.cursor``, as the JSON text of an array of strings and nulls;
            None when the page holds the last row (so one row more than the page is looked for).
        single: exactly one row, rendered as an object; otherwise ``not_single``.
        time_zone: a name for the transaction's ``TimeZone``, already validated.
        stages: what the source's rows go through first (:mod:`~dbaas_server.stages`); all else is then about the
            fields and rows of the result.
    """

    source: TableRef | Call
    items: tuple[Item, ...] = (Star(),)
    where: tuple[Filter, ...] = ()
    order: tuple[Order, ...] = ()
    limit: Arg | None = None
    offset: Arg | None = None
    after: tuple[Arg, ...] = ()
    count: Count | None = None
    format: Format = Format.json
    single: bool = False  # exactly one row, as an object
    numbers_as_text: bool = False  # int8 and numeric arrive as strings, so that JSON clients do not round them
    keyset: bool = False
    time_zone: str | None = None
    stages: tuple[Stage, ...] = ()


# --- writing ----------------------------------------------------------------------------------------------------


class WriteKind(StrEnum):
    """What a write does."""

    insert = "insert"
    update = "update"
    upsert = "upsert"  # on conflict: merge or ignore
    replace = "replace"  # type: ignore[assignment]  # PUT: the row with this key is exactly this
    delete = "delete"


class Resolution(StrEnum):
    """What an upsert does with a row that exists."""

    merge = "merge"
    ignore = "ignore"


@dataclass(frozen=True, slots=True)
class Write:
    """A change to one table.

    Attributes:
        body: the JSON text of an array of objects (one object is an array of one); None for a delete.
        columns: the columns written; others keep their default, or null without ``missing_default``.
        where: for update and delete.
        returning: what is read of the rows touched; None for nothing.
        max_affected: more rows than this, and nothing is done.
        rollback: do everything, then undo it (``tx=rollback``).
        update_columns: of an upsert, what a merge changes; None for all of ``columns``.
        locate: the key of a single inserted row is wanted in ``Rows.location``, even where nothing is returned.
    """

    kind: WriteKind
    table: TableRef
    body: Arg | None = None
    columns: tuple[str, ...] = ()
    where: tuple[Filter, ...] = ()
    order: tuple[Order, ...] = ()
    limit: Arg | None = None
    returning: Read | None = None
    conflict_on: tuple[str, ...] = ()
    resolution: Resolution = Resolution.merge
    update_columns: tuple[str, ...] | None = None
    missing_default: bool = False
    max_affected: int | None = None
    rollback: bool = False
    locate: bool = False
    time_zone: str | None = None


# --- what comes back --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows as the engine rendered them.

    Attributes:
        body: the rendered page: a JSON array, an object when ``single``, CSV text.
        returned: rows in the page (for a write: rows touched).
        total: rows in all, when a count was asked for.
        inserted: of an upsert, how many did not exist before.
        cursor: of a ``keyset`` read, where its last row is; None at the end.
        headers, status: what a function set for the response (``response.headers``, ``response.status``).
        location: key columns and values of a single inserted row, for the Location header.
    """

    body: bytes
    returned: int
    total: int | None = None
    inserted: int | None = None
    cursor: str | None = None
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    location: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class QueryColumn:
    """A column of a query's result; ``type`` is the engine's name for it."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What arbitrary SQL gave.

    Attributes:
        rows: values as Python's JSON-able types, a tuple per row, at most the row cap.
        row_count: rows returned or touched, as the engine reported.
        truncated: there were more rows than the cap.
        command: the engine's tag, such as ``SELECT 3`` or ``CREATE TABLE``.
    """

    columns: tuple[QueryColumn, ...]
    rows: list[tuple[Any, ...]]
    row_count: int
    truncated: bool
    command: str
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a database's change order. ``epoch`` moves when a restore rewinds the log."""

    epoch: int
    order: int


@dataclass(frozen=True, slots=True)
class Stats:
    """An engine's vital signs for one database."""

    size_bytes: int
    connections: int
    cache_hit_ratio: float | None
    commits: int
    rollbacks: int


Chunks: TypeAlias = AsyncIterator[bytes]
"""A stream of bytes with bounded memory."""
