"""A catalog, arranged for quick look-ups by a person's half-typed names: once per catalog version."""

from __future__ import annotations

import threading
from collections import defaultdict
from functools import cached_property

from ...nouns import Catalog, Function, Relation, Table, TableRef

__all__ = ["SEARCH_PATH", "Schema", "arranged"]

SEARCH_PATH = ("public",)
"""Where names without a schema are looked for, beside the engine's own schema."""


class Schema:
    """What a catalog holds, by name."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.tables: dict[str, dict[str, Table]] = {name: {} for name in catalog.schemas}
        for ref, table in sorted(catalog.tables.items(), key=lambda item: item[0].name.lower()):
            self.tables.setdefault(ref.schema or "", {})[ref.name] = table
        self.functions: dict[str, dict[str, tuple[Function, ...]]] = defaultdict(dict)
        for ref, overloads in catalog.functions.items():
            self.functions[ref.schema or ""][ref.name] = overloads

    def table(self, name: str, schema: str | None = None) -> Table | None:
        """A table by its exact name."""
        for each in (schema,) if schema is not None else SEARCH_PATH:
            if (found := self.tables.get(each, {}).get(name)) is not None:
                return found
        return None

    def function(self, name: str, schema: str | None = None) -> tuple[Function, ...]:
        """A function's overloads by its exact name."""
        for each in (schema,) if schema is not None else SEARCH_PATH:
            if each in self.functions and (found := self.functions[each].get(name)):
                return found
        return ()

    @cached_property
    def relations(self) -> dict[TableRef, list[Relation]]:
        """Table → the foreign keys that it has or that point at it."""
        found: dict[TableRef, list[Relation]] = defaultdict(list)
        for relation in self.catalog.relations:
            found[relation.table].append(relation)
            if relation.target != relation.table:
                found[relation.target].append(relation)
        return dict(found)

    @cached_property
    def enums(self) -> frozenset[str]:
        """Names of types that columns have and PostgreSQL does not come with: enumerations above all."""
        return frozenset(
            column.type for table in self.catalog.tables.values() for column in table.columns.values() if column.enum
        )

    @cached_property
    def column_owners(self) -> dict[str, list[Table]]:
        """Column name → the tables on the search path that have it."""
        found: dict[str, list[Table]] = defaultdict(list)
        for schema in SEARCH_PATH:
            for table in self.tables.get(schema, {}).values():
                for name in table.columns:
                    found[name].append(table)
        return dict(found)


def arranged(catalog: Catalog) -> Schema:
    """The arrangement of a catalog. Every thread may ask; the last few catalogs' are kept."""
    key = id(catalog)
    found = _kept.get(key)
    if found is None or found.catalog is not catalog:
        found = Schema(catalog)
        with _keeping:
            while len(_kept) >= _MOST_KEPT:
                del _kept[next(iter(_kept))]
            _kept[key] = found
    return found


_MOST_KEPT = 16
_kept: dict[int, Schema] = {}
_keeping = threading.Lock()
