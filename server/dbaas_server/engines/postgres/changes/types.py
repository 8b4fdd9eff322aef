"""What the log does not say of the columns of changed tables: the names of their types, and their numbers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from ....changes import ChangedColumn, ChangedTable
from ....nouns import TableRef
from ..compile.names import ident
from .messages import Relation, TypeName

__all__ = ["Found", "TypeKey", "Types"]

TypeKey = tuple[int, int]


class Found(NamedTuple):
    """What the catalog says now.

    Attributes:
        types: names of types, as DDL accepts them; None for one that is gone.
        columns: number, name and type (oid) of the columns that the table has, in their order.
    """

    types: Sequence[str | None]
    columns: Sequence[tuple[int, str, int]]


Lookup = Callable[[int, Sequence[TypeKey]], Awaitable[Found]]


class Types:
    """Remembers what was asked once.

    Args:
        lookup: asks the catalog for a table, and for types by (oid, modifier).
    """

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._names: dict[TypeKey, str] = {}
        self._told: dict[int, str] = {}

    def tell(self, message: TypeName) -> None:
        """What the log says of a type that is not built in. It may have another name by now."""
        self._told[message.oid] = f"{ident(message.schema)}.{ident(message.name)}"
        self._names = {key: name for key, name in self._names.items() if key[0] != message.oid}

    async def table(self, relation: Relation) -> ChangedTable:
        """The table that a relation message describes."""
        keys = [(column.type_oid, column.type_modifier) for column in relation.columns]
        missing = [key for key in dict.fromkeys(keys) if key not in self._names]
        found = await self._lookup(relation.oid, missing)
        for key, name in zip(missing, found.types, strict=True):
            self._names[key] = name or self._told.get(key[0], "text")
        numbers: list[int | None] = [number for number, _, _ in found.columns]
        if [(name, oid) for _, name, oid in found.columns] != [(one.name, one.type_oid) for one in relation.columns]:
            numbers = [None] * len(relation.columns)  # changed since: a name may mean another column by now
        columns = tuple(
            ChangedColumn(column.name, self._names[key], column.key, number)
            for column, key, number in zip(relation.columns, keys, numbers, strict=True)
        )
        return ChangedTable(relation.oid, TableRef(relation.name, relation.schema), columns)
