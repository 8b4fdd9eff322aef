"""What doors and engines say to each other. Engine-neutral, frozen, hashable.

A :class:`Read` or a :class:`Write` is a *shape*: where a person's value belongs it has an :class:`Arg`, an index into
the tuple of arguments sent along. One shape is therefore parsed and compiled once, and run with many arguments.
"""

from __future__ import annotations

from .answers import Chunks, Extract, ExtractForm, Position, QueryColumn, QueryResult, Rows, Stats
from .arguments import Arg, ArgValue
from .caller import Caller
from .catalog import Catalog, Column, Function, Key, Parameter, Relation, Table, TableRef
from .findings import Finding
from .reading import (
    Aggregate,
    Call,
    Compare,
    Constant,
    Count,
    Embed,
    EmbedExists,
    Field,
    Filter,
    Format,
    Item,
    JsonStep,
    Logic,
    Nested,
    Order,
    Path,
    Read,
    RowCursor,
    Star,
    columns_named,
)
from .scrolling import CONDITIONS, Arrangement, Cell, Condition, LongText, ScrollPage, Sort
from .writing import Resolution, Write, WriteKind

__all__ = [
    "CONDITIONS",
    "Aggregate",
    "Arg",
    "ArgValue",
    "Arrangement",
    "Call",
    "Caller",
    "Catalog",
    "Cell",
    "Chunks",
    "Column",
    "Compare",
    "Condition",
    "Constant",
    "Count",
    "Embed",
    "EmbedExists",
    "Extract",
    "ExtractForm",
    "Field",
    "Filter",
    "Finding",
    "Format",
    "Function",
    "Item",
    "JsonStep",
    "Key",
    "Logic",
    "LongText",
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
    "ScrollPage",
    "Sort",
    "Star",
    "Stats",
    "Table",
    "TableRef",
    "Write",
    "WriteKind",
    "columns_named",
]  # fmt: skip
