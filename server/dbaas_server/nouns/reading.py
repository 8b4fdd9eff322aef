"""Questions: a :class:`Read` and what it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from .arguments import Arg
from .catalog import Relation, TableRef

if TYPE_CHECKING:
    from ..stages import Stage

__all__ = [
    "Aggregate",
    "Call",
    "Compare",
    "Constant",
    "Count",
    "Embed",
    "EmbedExists",
    "Field",
    "Filter",
    "Format",
    "Item",
    "JsonStep",
    "Logic",
    "Nested",
    "Order",
    "Path",
    "Read",
    "RowCursor",
    "Star",
    "columns_named",
]


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


def columns_named(where: Sequence[Filter]) -> frozenset[str]:
    """The columns that filters read of their row."""
    found: set[str] = set()
    for item in where:
        if isinstance(item, Compare):
            found.add(item.path.column)
        elif isinstance(item, Logic):
            found |= columns_named(item.items)
    return frozenset(found)


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
