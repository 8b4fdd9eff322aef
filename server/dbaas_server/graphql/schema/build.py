"""The schema: a table's fields among the roots, a function's beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
)  # fmt: skip

from ...nouns import Catalog, Table, TableRef
from .functions import Functions
from .inputs import Inputs
from .kinds import json_scalar
from .meanings import KEY, Change, Get, Model, Piped, Rows, Stream, Summary
from .names import Names, is_name
from .outputs import Outputs
from .tables import link_models, make_model
from .types import TABLE_TYPES, Types, rows_of

__all__ = ["Source", "build_schema"]

DEFAULT_SCHEMA = "public"

_FIELDS = (
    "find_{}", "get_{}_by_id", "aggregate_{}", "find_{}_aggregate", "insert_{}", "update_{}", "delete_{}", "{}_stream",
)  # fmt: skip
_KINDS = ("find", "get", "pipe", "sum", "insert", "update", "delete", "stream")


@dataclass(frozen=True, slots=True)
class Source:
    """A database of a schema.

    Attributes:
        database: the tenant's name for it.
        prefix: leads the names of its fields and types; empty for the default database.
    """

    database: str
    prefix: str
    catalog: Catalog


def build_schema(sources: Sequence[Source], role: str) -> GraphQLSchema:
    """The schema of one or several databases for one role. Slow for thousands of tables: run it in a thread."""
    return _Builder(role).build(sources)


class _Builder:
    """One building."""

    def __init__(self, role: str) -> None:
        self._role = role
        self._types = Types()
        self._inputs = Inputs(self._types)
        self._outputs = Outputs(self._types, self._inputs)
        self._names = Names()
        self._query: dict[str, GraphQLField] = {}
        self._mutation: dict[str, GraphQLField] = {}
        self._subscription: dict[str, GraphQLField] = {}

    def build(self, sources: Sequence[Source]) -> GraphQLSchema:
        models = [self._models(source) for source in sources]  # tables first: they choose their names
        for source, found in zip(sources, models, strict=True):
            self._types.database = source.database
            for ref, model in found.items():
                self._roots(source, source.catalog.tables[ref], model)
            self._functions(source, found)
        if not self._query:
            self._query["_nothing"] = GraphQLField(
                GraphQLString, description="Nothing here is open to this role.", extensions={KEY: None}
            )
        schema = GraphQLSchema(
            GraphQLObjectType("Query", self._query),
            GraphQLObjectType("Mutation", self._mutation) if self._mutation else None,
            GraphQLObjectType("Subscription", self._subscription) if self._subscription else None,
            assume_valid=True,  # names are ours; checking thousands of types again takes seconds
        )
        for name, bindable in self._types.bound.items():
            if name in schema.type_map:
                bindable.bind_to_schema(schema)
        return schema

    def _models(self, source: Source) -> dict[TableRef, Model]:
        self._types.database = source.database
        models: dict[TableRef, Model] = {}
        for ref, table in sorted(source.catalog.tables.items(), key=lambda pair: _plain_first(pair[0])):
            rights = [table.granted(self._role, right) for right in ("select", "insert", "update")]
            if any(rights) or self._may(table, "delete"):
                name = source.prefix + _qualified(ref)
                type_name = self._types.names.take_all(name, TABLE_TYPES)
                models[ref] = make_model(source.database, table, type_name, self._role, self._types.kind)
        link_models(source.catalog, {ref: model for ref, model in models.items() if model.columns})
        return models

    def _may(self, table: Table, right: str) -> bool:
        return self._role == "owner" or right in table.grants.get(self._role, ())

    def _roots(self, source: Source, table: Table, model: Model) -> None:
        # Fields are called after the table and carry the database before them: `shop_find_orders`.
        bare = _qualified(table.ref)
        patterns = tuple(source.prefix.replace("{", "") + pattern for pattern in _FIELDS)
        name = self._names.take_all(bare, patterns)
        label = table.comment
        names = {kind: pattern.format(name) for kind, pattern in zip(_KINDS, patterns, strict=True)}
        if model.columns:
            row = self._outputs.row(model)
            window = self._inputs.window(model)
            self._query[names["find"]] = GraphQLField(
                rows_of(row),
                {
                    **window,
                    "after": GraphQLArgument(
                        GraphQLString, description="Rows after the one whose `_cursor` this is, in the same order."
                    ),
                },
                description=label or f"Rows of `{table.ref.name}`.",
                extensions={KEY: Rows(model)},
            )
            self._query[names["sum"]] = GraphQLField(
                GraphQLNonNull(self._outputs.aggregate(model)),
                {"where": window["where"]},
                description=f"Count, sums, averages and extremes of `{table.ref.name}`.",
                extensions={KEY: Summary(model)},
            )
            self._get(names["get"], table, model, row)
            self._pipe(names["pipe"], table, model)
            if table.kind == "table":  # of anything else there is nothing in the log
                self._stream(names["stream"], table, model)
        self._changes(names, table, model)

    def _pipe(self, name: str, table: Table, model: Model) -> None:
        document = self._types.leaf(json_scalar())
        self._query[name] = GraphQLField(
            GraphQLNonNull(document),
            {
                "pipeline": GraphQLArgument(
                    GraphQLNonNull(document), description='Stages such as `[{"$group": {"_id": "$kind"}}]`.'
                )
            },
            description=f"Rows of `{table.ref.name}` through an aggregation pipeline.",
            extensions={KEY: Piped(model)},
        )

    def _stream(self, name: str, table: Table, model: Model) -> None:
        self._subscription[name] = GraphQLField(
            GraphQLNonNull(self._outputs.change(model)),
            {
                "cursor": GraphQLArgument(
                    GraphQLString, description="Changes behind the one whose `cursor` this is; from now on without it."
                ),
                "where": GraphQLArgument(
                    self._inputs.where(model), description="Judged on the row alone: relations cannot be followed."
                ),
            },
            description=f"Committed changes of `{table.ref.name}`, in order, as they happen.",
            extensions={KEY: Stream(model)},
        )

    def _get(self, name: str, table: Table, model: Model, row: GraphQLObjectType) -> None:
        if not model.key:
            return
        by_column = {cell.column: (field, cell) for field, cell in model.columns.items()}
        arguments = {
            by_column[column][0]: GraphQLArgument(GraphQLNonNull(self._types.value(by_column[column][1].kind)))
            for column in model.key
        }
        self._query[name] = GraphQLField(
            row,
            arguments,
            description=f"One row of `{table.ref.name}` by its key; null where there is none for this caller.",
            extensions={KEY: Get(model, tuple((by_column[column][0], column) for column in model.key))},
        )

    def _changes(self, names: dict[str, str], table: Table, model: Model) -> None:
        response = self._outputs.response(model)
        title = table.ref.name
        if model.insertable or (table.insertable and self._may(table, "insert")):
            arguments = {
                "objects": GraphQLArgument(
                    GraphQLNonNull(
                        GraphQLList(GraphQLNonNull(self._inputs.columns(model, "insert_input", model.insertable)))
                    )
                )
            }
            conflict = self._inputs.on_conflict(model)
            if conflict is not None:
                arguments["on_conflict"] = GraphQLArgument(conflict)
            self._mutation[names["insert"]] = GraphQLField(
                GraphQLNonNull(response), arguments, description=f"Add rows to `{title}`.",
                extensions={KEY: Change("insert", model)},
            )  # fmt: skip
        if not model.columns:
            return
        where = GraphQLArgument(GraphQLNonNull(self._inputs.where(model)), description="Which rows; `{}` means all.")
        if model.updatable:
            values = GraphQLArgument(GraphQLNonNull(self._inputs.columns(model, "set_input", model.updatable)))
            self._mutation[names["update"]] = GraphQLField(
                GraphQLNonNull(response),
                {"where": where, "_set": values},
                description=f"Change rows of `{title}`.",
                extensions={KEY: Change("update", model)},
            )  # fmt: skip
        if table.deletable and self._may(table, "delete"):
            self._mutation[names["delete"]] = GraphQLField(
                GraphQLNonNull(response), {"where": where}, description=f"Remove rows of `{title}`.",
                extensions={KEY: Change("delete", model)},
            )  # fmt: skip

    def _functions(self, source: Source, models: dict[TableRef, Model]) -> None:
        functions = Functions(self._types, self._inputs, self._outputs, source.catalog)
        for ref, overloads in sorted(source.catalog.functions.items(), key=lambda pair: _plain_first(pair[0])):
            for function in overloads:
                if self._role != "owner" and self._role not in function.executable_by:
                    continue
                field = functions.field(source.database, source.prefix, function, models)
                if field is not None:
                    roots = self._mutation if function.volatility == "volatile" else self._query
                    roots[self._names.take(source.prefix + _qualified(ref))] = field


def _qualified(ref: TableRef) -> str:
    return ref.name if ref.schema in (None, DEFAULT_SCHEMA) else f"{ref.schema}_{ref.name}"


def _plain_first(ref: TableRef) -> tuple[bool, bool, str, str]:
    """Names that need no spelling choose first, those of the default schema before others."""
    return not is_name(ref.name), ref.schema != DEFAULT_SCHEMA, ref.schema or "", ref.name
