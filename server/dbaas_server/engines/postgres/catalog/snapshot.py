"""One immutable picture of a database, with what compiling needs beside the public :class:`Catalog`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from ....nouns import Catalog, Column, Function, Key, Parameter, Relation, Table, TableRef
from .links import Link, links_from
from .views import origins, resolve

__all__ = ["Snapshot", "build", "with_statistics"]

_KINDS = {"r": "table", "p": "table", "v": "view", "m": "materialized view", "f": "foreign table"}
_VOLATILITY = {"i": "immutable", "s": "stable", "v": "volatile"}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The catalog and its indexes.

    Attributes:
        oids: relation's oid → its name.
        scattered: partitioned and distributed tables, whose system columns cannot be returned.
        column_grants: (table, role) → readable columns, for tables that have column privileges.
        row_functions: table → functions that take one of its rows as their first or only parameter.
        extensions: extension → its schema.
    """

    catalog: Catalog
    oids: Mapping[int, TableRef]
    scattered: frozenset[TableRef]
    column_grants: Mapping[tuple[TableRef, str], frozenset[str]]
    row_functions: Mapping[TableRef, tuple[Function, ...]]
    single_row: frozenset[Function]
    extensions: Mapping[str, str]
    outgoing: Mapping[TableRef, tuple[Relation, ...]]
    incoming: Mapping[TableRef, tuple[Relation, ...]]
    keys: Mapping[TableRef, tuple[Key, ...]]
    views: frozenset[TableRef]
    _links: dict[TableRef, tuple[Link, ...]] = field(default_factory=dict)

    def links(self, origin: TableRef) -> tuple[Link, ...]:
        """Every way from a table to another's rows; computed once per table, when first asked for."""
        found = self._links.get(origin)
        if found is None:
            found = links_from(origin, self.outgoing, self.incoming, self.keys, self.views)
            self._links[origin] = found
        return found

    def default_schema(self) -> str:
        """Where a name without a schema is looked for."""
        return "public"


def build(version: int, answers: Sequence[bytes]) -> Snapshot:
    """Make a snapshot of the answers to ``sql.SECTIONS`` and, last, ``sql.DISTRIBUTION``.

    Pure, and slow for thousands of tables: run it in a thread.
    """
    schemas, tables, grants, foreign_keys, views, functions, enums, extensions, distribution = (
        orjson.loads(answer) for answer in answers
    )
    oids = {row[0]: TableRef(row[2], row[1]) for row in tables}
    column_grants = _column_grants(grants)
    made = {oids[row[0]]: _table(row, enums, column_grants.get(row[0], {})) for row in tables}
    for oid, kind, column in distribution:
        if (ref := oids.get(oid)) is not None:
            made[ref] = replace(made[ref], distribution=kind, distribution_column=column)
    kinds = {oids[row[0]]: row[3] for row in tables}
    relations = _relations(foreign_keys, oids)
    all_relations = relations + _view_relations(relations, tables, views, oids)
    outgoing: dict[TableRef, list[Relation]] = defaultdict(list)
    incoming: dict[TableRef, list[Relation]] = defaultdict(list)
    for relation in all_relations:
        outgoing[relation.table].append(relation)
        incoming[relation.target].append(relation)
    by_name, by_row, single_row = _functions(functions, oids, made)
    catalog = Catalog(
        version=version, schemas=tuple(schemas), tables=made, relations=tuple(relations),
        functions={ref: tuple(found) for ref, found in by_name.items()},
    )  # fmt: skip
    return Snapshot(
        catalog=catalog,
        oids=oids,
        scattered=frozenset(ref for ref, kind in kinds.items() if kind == "p" or made[ref].distribution),
        column_grants={
            (oids[oid], role): columns
            for oid, found in column_grants.items()
            for (role, privilege), columns in found.items()
            if privilege == "select"
        },
        row_functions={ref: tuple(found) for ref, found in by_row.items()},
        single_row=frozenset(single_row),
        extensions=extensions,
        outgoing={ref: tuple(found) for ref, found in outgoing.items()},
        incoming={ref: tuple(found) for ref, found in incoming.items()},
        keys={ref: table.keys for ref, table in made.items()},
        views=frozenset(ref for ref, kind in kinds.items() if kind in "vm"),
    )


def with_statistics(snapshot: Snapshot, answer: bytes) -> Snapshot:
    """The same snapshot (and version) with fresh row estimates and sizes."""
    tables = dict(snapshot.catalog.tables)
    changed = False
    for oid, (rows, size) in orjson.loads(answer).items():
        ref = snapshot.oids.get(int(oid))
        table = tables.get(ref) if ref is not None else None
        if ref is None or table is None or table.distribution is not None:
            continue  # of a distributed one, only what is here would be counted
        if (table.estimated_rows, table.size_bytes) != (rows, size):
            tables[ref] = replace(table, estimated_rows=rows, size_bytes=size)
            changed = True
    return replace(snapshot, catalog=replace(snapshot.catalog, tables=tables)) if changed else snapshot


def _column_grants(rows: list[list[Any]]) -> dict[int, dict[tuple[str, str], frozenset[str]]]:
    """Of tables with column privileges: oid → (role, privilege) → columns."""
    found: dict[int, dict[tuple[str, str], set[str]]] = defaultdict(lambda: defaultdict(set))
    for oid, role, column, privileges in rows:
        for privilege in privileges:
            found[oid][role, privilege].add(column)
    return {oid: {key: frozenset(columns) for key, columns in privileges.items()} for oid, privileges in found.items()}


def _table(
    row: list[Any], enums: Mapping[str, list[str]], column_grants: Mapping[tuple[str, str], frozenset[str]]
) -> Table:
    _, schema, name, kind, row_security, comment, changeable, invoker, columns, keys, policies, grants = row
    return Table(
        ref=TableRef(name, schema),
        kind=_KINDS[kind],
        columns={
            column[0]: Column(
                name=column[0], type=column[1], nullable=column[2], default=column[3], generated=column[4],
                comment=column[5], enum=tuple(enums.get(str(column[6]), ())),
            )
            for column in columns or ()
        },
        keys=tuple(Key(key[0], tuple(key[2]), key[1] == "p") for key in keys or ()),
        row_security=row_security,
        policies=tuple(policies or ()),
        grants={role: frozenset(rights) for role, rights in (grants or {}).items()},
        column_grants=column_grants,
        bypasses_policies=kind == "m" or (kind == "v" and not invoker),
        # Bits of pg_relation_is_updatable: 1 << CMD_UPDATE (2), CMD_INSERT (3), CMD_DELETE (4).
        insertable=bool(changeable & 8),
        updatable=bool(changeable & 4),
        deletable=bool(changeable & 16),
        comment=comment,
    )  # fmt: skip


def _relations(rows: list[list[Any]], oids: Mapping[int, TableRef]) -> list[Relation]:
    return [
        Relation(name, oids[table], tuple(columns), oids[target], tuple(target_columns))
        for name, table, columns, target, target_columns in rows
        if table in oids and target in oids
    ]


def _view_relations(
    relations: list[Relation], tables: list[list[Any]], views: list[list[Any]], oids: Mapping[int, TableRef]
) -> list[Relation]:
    """Foreign keys seen through views that show the columns on either side."""
    if not views:
        return []
    names = {oids[row[0]]: {column[7]: column[0] for column in row[8] or ()} for row in tables}
    numbers = {ref: {name: number for number, name in columns.items()} for ref, columns in names.items()}
    oid_of = {ref: oid for oid, ref in oids.items()}
    # base table → [(view, base column number → view's column name)]
    shown: dict[int, list[tuple[TableRef, dict[int, str]]]] = defaultdict(list)
    for view, found_origins in resolve({oid: origins(tree) for oid, tree in views}).items():
        per_base: dict[int, dict[int, str]] = defaultdict(dict)
        for number, (base, base_number) in sorted(found_origins.items(), reverse=True):
            per_base[base][base_number] = names[oids[view]][number]
        for base, mapping in per_base.items():
            shown[base].append((oids[view], mapping))

    def sides(ref: TableRef, columns: tuple[str, ...]) -> list[tuple[TableRef, tuple[str, ...]]]:
        wanted = [numbers[ref][column] for column in columns]
        seen = [
            (view, tuple(mapping[number] for number in wanted))
            for view, mapping in shown.get(oid_of[ref], ())
            if all(number in mapping for number in wanted)
        ]
        return [(ref, columns), *seen]

    found = []
    for relation in relations:
        for table, columns in sides(relation.table, relation.columns):
            for target, target_columns in sides(relation.target, relation.target_columns):
                if (table, target) != (relation.table, relation.target):
                    found.append(Relation(relation.name, table, columns, target, target_columns))
    return found


def _functions(
    rows: list[list[Any]], oids: Mapping[int, TableRef], tables: Mapping[TableRef, Table]
) -> tuple[dict[TableRef, list[Function]], dict[TableRef, list[Function]], list[Function]]:
    by_name: dict[TableRef, list[Function]] = defaultdict(list)
    by_row: dict[TableRef, list[Function]] = defaultdict(list)
    single_row: list[Function] = []
    for row in rows:
        schema, name, names, types, modes, defaults, variadic, returns_set = row[:8]
        volatility, returns, relation, comment, estimated_rows, callers, attributes = row[8:]
        types = types or []
        modes = modes or ["i"] * len(types)
        names = names or [""] * len(types)
        inputs = [place for place, mode in enumerate(modes) if mode in "ibv"]
        outputs = [place for place, mode in enumerate(modes) if mode in "obt"]
        optional_from = len(inputs) - defaults
        parameters = tuple(
            Parameter(names[place], types[place][0], required=order < optional_from and modes[place] != "v",
                      variadic=variadic and modes[place] == "v")
            for order, place in enumerate(inputs)
        )  # fmt: skip
        table = oids.get(relation) if relation else None
        columns: dict[str, Column] = {}
        if table is not None:
            columns = dict(tables[table].columns)
        elif attributes:
            columns = {attribute[0]: Column(attribute[0], attribute[1], True) for attribute in attributes}
        elif outputs:
            columns = {names[place]: Column(names[place], types[place][0], True) for place in outputs}
        function = Function(
            ref=TableRef(name, schema),
            parameters=parameters,
            returns=returns,
            returns_set=returns_set,
            returns_table=table,
            volatility=_VOLATILITY[volatility],
            comment=comment,
            composite=bool(columns),
            executable_by=frozenset(callers or ()),
            columns=columns,
        )
        by_name[function.ref].append(function)
        row_of = oids.get(types[inputs[0]][2]) if inputs and types[inputs[0]][2] else None
        if row_of is not None and all(not parameter.required for parameter in parameters[1:]):
            by_row[row_of].append(function)
        if not returns_set or estimated_rows == 1:
            single_row.append(function)
    return by_name, by_row, single_row
