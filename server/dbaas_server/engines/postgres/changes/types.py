"""Names of types for the columns of changed tables."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from ....changes import ChangedColumn, ChangedTable
from ....nouns import TableRef
from ..compile.names import ident
from .messages import Relation, TypeName

__all__ = ["Types"]

TypeKey = tuple[int, int]
Lookup = Callable[[Sequence[TypeKey]], Awaitable[Sequence[str | None]]]


class Types:
    """Remembers what was asked once.

    Args:
        lookup: names of types by (oid, modifier), as DDL accepts them, from the catalog; None for one that is gone.
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
        if missing := [key for key in dict.fromkeys(keys) if key not in self._names]:
            for key, name in zip(missing, await self._lookup(missing), strict=True):
                self._names[key] = name or self._told.get(key[0], "text")
        columns = tuple(
            ChangedColumn(column.name, self._names[key], column.key)
            for column, key in zip(relation.columns, keys, strict=True)
        )
        return ChangedTable(relation.oid, TableRef(relation.name, relation.schema), columns)
