"""The schema's types: for each table of each database ``T`` and what belongs to it, and the roots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
)

from ...nouns import Aggregate, Catalog, Function, Table, TableRef
from .kinds import (
    BUILT_IN,
    SCALARS,
    Kind,
    base_of,
    description_of,
    json_scalar,
    scalar,
    text_scalar,
    text_scalar_type,
)
from .meanings import (
    KEY,
    Aggregates,
    Cell,
    Change,
    Cursor,
    FunctionCall,
    Get,
    Link,
    Links,
    Model,
    Piped,
    Returned,
    Rows,
    Summary,
)
from .names import Names, is_name
from .tables import link_models, make_model

__all__ = ["Source", "build_schema"]

DEFAULT_SCHEMA = "public"

_TYPES = (
    "{}", "{}_bool_exp", "{}_order_by", "{}_insert_input", "{}_set_input", "{}_mutation_response", "{}_aggregate",
    "{}_sum", "{}_avg", "{}_min", "{}_max", "{}_on_conflict", "{}_constraint", "{}_update_column",
    "{}_order_by_related",
)  # fmt: skip

_TAKEN = (
    "Query", "Mutation", "Subscription", "ID", "order_by", "JSON_null_comparison_exp", *BUILT_IN, *SCALARS,
    *(f"{name}_comparison_exp" for name in (*BUILT_IN, *SCALARS)),
    *(f"{name}_array_comparison_exp" for name in (*BUILT_IN, *SCALARS)),
)  # fmt: skip

_FIELDS = ("find_{}", "get_{}_by_id", "aggregate_{}", "find_{}_aggregate", "insert_{}", "update_{}", "delete_{}")

_PSEUDO = frozenset({"internal", "cstring", "record", "trigger", "event_trigger", "any", "language_handler"})

_TEXT_OPERATORS = ("_like", "_nlike", "_ilike", "_nilike", "_regex", "_nregex", "_iregex", "_niregex")


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
        self.role = role
        self.types = Names(_TAKEN)
        self.roots = Names()
        self.named: dict[str, GraphQLNamedType] = dict(BUILT_IN)
        self.scalars: dict[tuple[str, str], str] = {}
        self.enums: dict[tuple[str, str], Kind] = {}
        self.query: dict[str, GraphQLField] = {}
        self.mutation: dict[str, GraphQLField] = {}
        self.bound = dict(SCALARS)
        self.database = ""
        self.labels: dict[str, tuple[str, ...]] = {}
        self.rows: dict[int, GraphQLObjectType] = {}  # by the model's identity
        self.direction = GraphQLEnumType(
            "order_by",
            {
                name: GraphQLEnumValue(value, description=text)
                for name, value, text in (
                    ("asc", (False, None), "Ascending, nulls last."),
                    ("desc", (True, None), "Descending, nulls first."),
                    ("asc_nulls_first", (False, True), "Ascending, nulls first."),
                    ("asc_nulls_last", (False, False), "Ascending, nulls last."),
                    ("desc_nulls_first", (True, True), "Descending, nulls first."),
                    ("desc_nulls_last", (True, False), "Descending, nulls last."),
                )
            },
            description="How rows are sorted by a column.",
        )

    def build(self, sources: Sequence[Source]) -> GraphQLSchema:
        models = [self._models(source) for source in sources]  # tables first: they choose their names
        for source, found in zip(sources, models, strict=True):
            self.database = source.database
            for ref, model in found.items():
                self._roots(source, source.catalog.tables[ref], model)
            self._functions(source, found)
        if not self.query:
            self.query["_nothing"] = GraphQLField(
                GraphQLString, description="Nothing here is open to this role.", extensions={KEY: None}
            )
        schema = GraphQLSchema(
            GraphQLObjectType("Query", self.query),
            GraphQLObjectType("Mutation", self.mutation) if self.mutation else None,
            assume_valid=True,  # names are ours; checking thousands of types again takes seconds
        )
        for name, bindable in self.bound.items():
            if name in schema.type_map:
                bindable.bind_to_schema(schema)
        return schema

    # --- tables -------------------------------------------------------------------------------------------------

    def _models(self, source: Source) -> dict[TableRef, Model]:
        self.database = source.database
        models: dict[TableRef, Model] = {}
        for ref, table in sorted(source.catalog.tables.items(), key=lambda pair: _plain_first(pair[0])):
            rights = [table.granted(self.role, right) for right in ("select", "insert", "update")]
            if any(rights) or self._may(table, "delete"):
                name = source.prefix + _qualified(ref)
                type_name = self.types.take_all(name, _TYPES)
                models[ref] = make_model(source.database, table, type_name, self.role, self._kind)
        link_models(source.catalog, {ref: model for ref, model in models.items() if model.columns})
        return models

    def _may(self, table: Table, right: str) -> bool:
        return self.role == "owner" or right in table.grants.get(self.role, ())

    def _kind(self, type_text: str, labels: Sequence[str] = ()) -> Kind:
        known = scalar(type_text)
        if known is not None:
            return known
        bare, _ = base_of(type_text)
        name = bare.rpartition(".")[2] if '"' not in bare else bare
        if labels:
            return self._enum(bare, name, tuple(labels))
        chosen = self.scalars.get((self.database, bare))
        if chosen is None:
            shared = next(
                (found for (_, other), found in self.scalars.items() if other == bare and "." not in bare), None
            )
            chosen = shared or self.types.take_all(name, ("{}", "{}_comparison_exp", "{}_array_comparison_exp"))
            self.scalars[self.database, bare] = chosen
            self.bound.setdefault(chosen, text_scalar_type(chosen))
        return text_scalar(chosen, type_text)

    def _enum(self, bare: str, name: str, labels: tuple[str, ...]) -> Kind:
        known = self.enums.get((self.database, bare))
        if known is None:
            if all(is_name(label) and label not in ("true", "false", "null") for label in labels):
                chosen = self.types.take_all(name, ("{}", "{}_comparison_exp"))
                known = Kind(chosen, labels, extremes=True)
            else:
                known = Kind("String", cast="text", extremes=False)
            self.enums[self.database, bare] = known
        return known

    def _type(self, name: str, make: Callable[[], GraphQLNamedType]) -> Any:
        found = self.named.get(name)
        if found is None:
            found = self.named[name] = make()
        return found

    def _leaf(self, kind: Kind) -> Any:
        """The type of one value of a kind, without its list."""
        if kind.labels:
            return self._type(
                kind.name, lambda: GraphQLEnumType(kind.name, {label: GraphQLEnumValue(label) for label in kind.labels})
            )
        return self._type(kind.name, lambda: GraphQLScalarType(kind.name, description=description_of(kind.name)))

    def _value(self, kind: Kind) -> Any:
        leaf = self._leaf(kind)
        return GraphQLList(leaf) if kind.is_list else leaf

    def _roots(self, source: Source, table: Table, model: Model) -> None:
        # Fields are called after the table and carry the database before them: `shop_find_orders`.
        bare = _qualified(table.ref)
        patterns = tuple(source.prefix.replace("{", "") + pattern for pattern in _FIELDS)
        name = self.roots.take_all(bare, patterns)
        label = table.comment
        kinds = ("find", "get", "pipe", "sum", "insert", "update", "delete")
        names = {kind: pattern.format(name) for kind, pattern in zip(kinds, patterns, strict=True)}
        if model.columns:
            row = self._row(model, table)
            window = self._window(model)
            self.query[names["find"]] = GraphQLField(
                _list(row),
                {
                    **window,
                    "after": GraphQLArgument(
                        GraphQLString, description="Rows after the one whose `_cursor` this is, in the same order."
                    ),
                },
                description=label or f"Rows of `{table.ref.name}`.",
                extensions={KEY: Rows(model)},
            )
            self.query[names["sum"]] = GraphQLField(
                GraphQLNonNull(self._aggregate(model)),
                {"where": window["where"]},
                description=f"Count, sums, averages and extremes of `{table.ref.name}`.",
                extensions={KEY: Summary(model)},
            )
            self._get(names["get"], table, model, row)
            self._pipe(names["pipe"], table, model)
        self._changes(names, table, model)

    def _pipe(self, name: str, table: Table, model: Model) -> None:
        """Hook for the aggregation pipeline."""
        del name, table, model
        _ = (Piped, json_scalar)

    def _get(self, name: str, table: Table, model: Model, row: GraphQLObjectType) -> None:
        if not model.key:
            return
        by_column = {cell.column: (field, cell) for field, cell in model.columns.items()}
        arguments = {
            by_column[column][0]: GraphQLArgument(GraphQLNonNull(self._value(by_column[column][1].kind)))
            for column in model.key
        }
        self.query[name] = GraphQLField(
            row,
            arguments,
            description=f"One row of `{table.ref.name}` by its key; null where there is none for this caller.",
            extensions={KEY: Get(model, tuple((by_column[column][0], column) for column in model.key))},
        )

    def _window(self, model: Model) -> dict[str, GraphQLArgument]:
        return {
            "where": GraphQLArgument(self._where(model)),
            "order_by": GraphQLArgument(GraphQLList(GraphQLNonNull(self._order(model)))),
            "limit": GraphQLArgument(GraphQLInt),
            "offset": GraphQLArgument(GraphQLInt),
        }

    def _row(self, model: Model, table: Table | None = None) -> GraphQLObjectType:
        found = self.rows.get(id(model))
        if found is None:
            comments = {column.name: column.comment for column in table.columns.values()} if table else {}
            nullable = {column.name: column.nullable for column in table.columns.values()} if table else {}

            def fields() -> dict[str, GraphQLField]:
                return self._row_fields(model, comments, nullable)

            found = self.rows[id(model)] = GraphQLObjectType(
                model.type_name, fields, description=(table.comment if table else None)
            )
        elif table is not None and found.description is None and table.comment:
            found.description = table.comment
        return found

    def _row_fields(
        self, model: Model, comments: dict[str, str | None], nullable: dict[str, bool]
    ) -> dict[str, GraphQLField]:
        fields: dict[str, GraphQLField] = {}
        for name, cell in model.columns.items():
            kind = self._value(cell.kind)
            fields[name] = GraphQLField(
                kind if nullable.get(cell.column, True) else GraphQLNonNull(kind),
                description=_column_text(name, cell.column, comments.get(cell.column)),
                extensions={KEY: cell},
            )
        for name, link in model.links.items():
            target = self._row(link.target)
            if link.to_one:
                fields[name] = GraphQLField(target, description=_link_text(link), extensions={KEY: link})
                continue
            window = self._window(link.target)
            fields[name] = GraphQLField(_list(target), window, description=_link_text(link), extensions={KEY: link})
            fields[f"{name}_aggregate"] = GraphQLField(
                GraphQLNonNull(self._aggregate(link.target)),
                {"where": window["where"]},
                description=f"Count, sums, averages and extremes of `{name}`.",
                extensions={KEY: Links(link)},
            )
        fields["_cursor"] = GraphQLField(
            GraphQLNonNull(GraphQLString),
            description="The place of this row in the order asked for: what `after` takes.",
            extensions={KEY: Cursor()},
        )
        return fields

    def _aggregate(self, model: Model) -> GraphQLObjectType:
        name = f"{model.type_name}_aggregate"

        def fields() -> dict[str, GraphQLField]:
            found = {
                "count": GraphQLField(
                    GraphQLNonNull(GraphQLInt),
                    extensions={KEY: Cell("", scalar("integer") or json_scalar(), Aggregate.count, "double precision")},
                )
            }
            for aggregate in (Aggregate.sum, Aggregate.avg, Aggregate.min, Aggregate.max):
                inner = self._aggregated(model, aggregate)
                if inner is not None:
                    found[aggregate.value] = GraphQLField(GraphQLNonNull(inner), extensions={KEY: Aggregates()})
            return found

        return cast(GraphQLObjectType, self._type(name, lambda: GraphQLObjectType(name, fields)))

    def _aggregated(self, model: Model, aggregate: Aggregate) -> GraphQLObjectType | None:
        fields: dict[str, GraphQLField] = {}
        for name, cell in model.columns.items():
            kind = cell.kind
            if aggregate in (Aggregate.min, Aggregate.max):
                if not kind.extremes or kind.is_list:
                    continue
                shown: Any = self._leaf(kind)
            elif kind.sums and not kind.is_list:
                target = kind.sums[0 if aggregate is Aggregate.sum else 1]
                shown = self._leaf(Kind(target))
            else:
                continue
            fields[name] = GraphQLField(shown, extensions={KEY: Cell(cell.column, kind, aggregate)})
        if not fields:
            return None
        type_name = f"{model.type_name}_{aggregate.value}"
        return cast(GraphQLObjectType, self._type(type_name, lambda: GraphQLObjectType(type_name, fields)))

    # --- inputs -------------------------------------------------------------------------------------------------

    def _where(self, model: Model) -> GraphQLInputObjectType:
        name = f"{model.type_name}_bool_exp"

        def fields() -> dict[str, GraphQLInputField]:
            several = GraphQLList(GraphQLNonNull(where))
            found = {
                "_and": GraphQLInputField(several),
                "_or": GraphQLInputField(several),
                "_not": GraphQLInputField(where),
            }
            for field, cell in model.columns.items():
                found[field] = GraphQLInputField(self._comparison(cell.kind))
            for field, link in model.links.items():
                found[field] = GraphQLInputField(self._where(link.target))
            return found

        where: GraphQLInputObjectType = self._type(
            name,
            lambda: GraphQLInputObjectType(name, fields, description="Conditions; all of them have to hold."),
        )
        return where

    def _comparison(self, kind: Kind) -> GraphQLInputObjectType:
        suffix = "_array_comparison_exp" if kind.is_list else "_comparison_exp"
        name = f"{kind.name}{suffix}"
        if kind.is_json and not kind.operators:
            name = "JSON_null_comparison_exp"

        def fields() -> dict[str, GraphQLInputField]:
            leaf, value = self._leaf(kind), self._value(kind)
            found: dict[str, GraphQLInputField] = {}
            if "equal" in kind.operators or "array" in kind.operators:
                found |= {operator: GraphQLInputField(value) for operator in ("_eq", "_neq")}
            if "order" in kind.operators:
                found |= {operator: GraphQLInputField(value) for operator in ("_gt", "_gte", "_lt", "_lte")}
            if "equal" in kind.operators:
                several = GraphQLList(GraphQLNonNull(leaf))
                found |= {operator: GraphQLInputField(several) for operator in ("_in", "_nin")}
            if "text" in kind.operators:
                found |= {operator: GraphQLInputField(GraphQLString) for operator in _TEXT_OPERATORS}
            if "json" in kind.operators or "array" in kind.operators:
                found |= {operator: GraphQLInputField(value) for operator in ("_contains", "_contained_in")}
            if "array" in kind.operators:
                found["_overlaps"] = GraphQLInputField(value)
            if "json" in kind.operators:
                keys = GraphQLList(GraphQLNonNull(GraphQLString))
                found["_has_key"] = GraphQLInputField(GraphQLString)
                found |= {operator: GraphQLInputField(keys) for operator in ("_has_keys_any", "_has_keys_all")}
            found["_is_null"] = GraphQLInputField(BUILT_IN["Boolean"])
            return found

        return cast(GraphQLInputObjectType, self._type(name, lambda: GraphQLInputObjectType(name, fields)))

    def _order(self, model: Model) -> GraphQLInputObjectType:
        name = f"{model.type_name}_order_by"

        def fields() -> dict[str, GraphQLInputField]:
            found = {
                field: GraphQLInputField(self.direction)
                for field, cell in model.columns.items()
                if _sortable(cell.kind)
            }
            for field, link in model.links.items():
                if link.to_one:
                    found[field] = GraphQLInputField(self._order_of_related(link.target))
            return found or {"_nothing": GraphQLInputField(self.direction)}

        return cast(GraphQLInputObjectType, self._type(name, lambda: GraphQLInputObjectType(name, fields)))

    def _order_of_related(self, model: Model) -> GraphQLInputObjectType:
        name = f"{model.type_name}_order_by_related"

        def fields() -> dict[str, GraphQLInputField]:
            found = {
                field: GraphQLInputField(self.direction)
                for field, cell in model.columns.items()
                if _sortable(cell.kind)
            }
            return found or {"_nothing": GraphQLInputField(self.direction)}

        return cast(
            GraphQLInputObjectType,
            self._type(
                name, lambda: GraphQLInputObjectType(name, fields, description="Order by a column of the related row.")
            ),
        )

    # --- changes ------------------------------------------------------------------------------------------------

    def _changes(self, names: dict[str, str], table: Table, model: Model) -> None:
        response = self._response(model, table)
        title = table.ref.name
        if model.insertable or (table.insertable and self._may(table, "insert")):
            arguments = {
                "objects": GraphQLArgument(
                    GraphQLNonNull(GraphQLList(GraphQLNonNull(self._input(model, "insert_input", model.insertable))))
                )
            }
            conflict = self._on_conflict(model)
            if conflict is not None:
                arguments["on_conflict"] = GraphQLArgument(conflict)
            self.mutation[names["insert"]] = GraphQLField(
                GraphQLNonNull(response), arguments, description=f"Add rows to `{title}`.",
                extensions={KEY: Change("insert", model)},
            )  # fmt: skip
        if not model.columns:
            return
        where = GraphQLArgument(GraphQLNonNull(self._where(model)), description="Which rows; `{}` means all.")
        if model.updatable:
            values = GraphQLArgument(GraphQLNonNull(self._input(model, "set_input", model.updatable)))
            self.mutation[names["update"]] = GraphQLField(
                GraphQLNonNull(response),
                {"where": where, "_set": values},
                description=f"Change rows of `{title}`.",
                extensions={KEY: Change("update", model)},
            )  # fmt: skip
        if table.deletable and self._may(table, "delete"):
            self.mutation[names["delete"]] = GraphQLField(
                GraphQLNonNull(response), {"where": where}, description=f"Remove rows of `{title}`.",
                extensions={KEY: Change("delete", model)},
            )  # fmt: skip

    def _response(self, model: Model, table: Table) -> GraphQLObjectType:
        name = f"{model.type_name}_mutation_response"

        def fields() -> dict[str, GraphQLField]:
            found = {"affected_rows": GraphQLField(GraphQLNonNull(GraphQLInt), extensions={KEY: Returned(None)})}
            if model.columns:
                found["returning"] = GraphQLField(_list(self._row(model, table)), extensions={KEY: Returned(model)})
            return found

        return cast(GraphQLObjectType, self._type(name, lambda: GraphQLObjectType(name, fields)))

    def _input(self, model: Model, suffix: str, cells: dict[str, Cell]) -> GraphQLInputObjectType:
        name = f"{model.type_name}_{suffix}"

        def fields() -> dict[str, GraphQLInputField]:
            found = {
                field: GraphQLInputField(self._value(cell.kind), description=_column_text(field, cell.column, None))
                for field, cell in cells.items()
            }
            return found or {"_nothing": GraphQLInputField(GraphQLString, description="There is no column to set.")}

        return cast(GraphQLInputObjectType, self._type(name, lambda: GraphQLInputObjectType(name, fields)))

    def _on_conflict(self, model: Model) -> GraphQLInputObjectType | None:
        if not model.keys or not model.insertable:
            return None
        constraint = GraphQLEnumType(
            f"{model.type_name}_constraint",
            {
                name: GraphQLEnumValue(name, description=f"The key ({', '.join(columns)}).")
                for name, columns in model.keys.items()
            },
        )
        fields = {"constraint": GraphQLInputField(GraphQLNonNull(constraint))}
        if model.updatable:
            columns = GraphQLEnumType(
                f"{model.type_name}_update_column", {name: GraphQLEnumValue(name) for name in model.updatable}
            )
            fields["update_columns"] = GraphQLInputField(
                GraphQLList(GraphQLNonNull(columns)),
                description="Columns that take the new row's value; none leave the row that exists as it is.",
            )
        return GraphQLInputObjectType(
            f"{model.type_name}_on_conflict", fields, description="What to do where a row with the same key exists."
        )

    # --- functions ----------------------------------------------------------------------------------------------

    def _functions(self, source: Source, models: dict[TableRef, Model]) -> None:
        self.labels = _labels(source.catalog)
        rows = {f"{ref.schema}.{ref.name}" for ref in source.catalog.tables}
        for ref, overloads in sorted(source.catalog.functions.items(), key=lambda pair: _plain_first(pair[0])):
            for function in overloads:
                if (self.role == "owner" or self.role in function.executable_by) and _callable(function, rows):
                    self._function(source, ref, function, models)

    def _function(self, source: Source, ref: TableRef, function: Function, models: dict[TableRef, Model]) -> None:
        model = models.get(function.returns_table) if function.returns_table is not None else None
        result: Kind | None = None
        made: Any
        if function.composite:
            if function.returns_table is not None and (model is None or not model.columns):
                return
            made = self._row(model) if model is not None else self._columns_of(source, function)
        else:
            result = self._kind(function.returns, self.labels.get(function.returns, ()))
            made = GraphQLString if function.returns == "void" else self._value(result)
        name = self.roots.take(source.prefix + _qualified(ref))
        names = Names({"where", "order_by", "limit", "offset"})
        arguments: dict[str, GraphQLArgument] = {}
        meant: dict[str, Cell] = {}
        for parameter in function.parameters:
            argument = names.take(parameter.name)
            kind = self._kind(parameter.type, self.labels.get(parameter.type, ()))
            meant[argument] = Cell(parameter.name, kind)
            value = self._value(kind)
            arguments[argument] = GraphQLArgument(GraphQLNonNull(value) if parameter.required else value)
        if function.returns_set and function.composite:
            if model is not None:
                arguments |= self._window(model)
            else:
                arguments |= {"limit": GraphQLArgument(GraphQLInt), "offset": GraphQLArgument(GraphQLInt)}
        shown: GraphQLOutputType = _list(made) if function.returns_set else made
        field = GraphQLField(
            shown,
            arguments,
            description=function.comment or f"The function `{ref.name}`.",
            extensions={KEY: FunctionCall(source.database, function, meant, model, result)},
        )
        (self.mutation if function.volatility == "volatile" else self.query)[name] = field

    def _columns_of(self, source: Source, function: Function) -> GraphQLObjectType:
        type_name = self.types.take(f"{source.prefix}{function.ref.name}_result")
        names = Names()
        fields: dict[str, GraphQLField] = {}
        for column in function.columns.values():
            kind = self._kind(column.type, self.labels.get(column.type, ()))
            fields[names.take(column.name)] = GraphQLField(
                self._value(kind), extensions={KEY: Cell(column.name, kind, cast=kind.cast)}
            )
        return GraphQLObjectType(type_name, fields)


def _labels(catalog: Catalog) -> dict[str, tuple[str, ...]]:
    """Labels of the enums that columns have, by type."""
    return {
        column.type: column.enum
        for table in catalog.tables.values()
        for column in table.columns.values()
        if column.enum
    }


def _callable(function: Function, rows: set[str]) -> bool:
    """Whether arguments can be named and have values; a function over a table's row is that row's own."""
    for place, parameter in enumerate(function.parameters):
        bare, _ = base_of(parameter.type)
        if not parameter.name or bare in _PSEUDO or bare.startswith("any"):
            return False
        if place == 0 and bare.replace('"', "") in rows:
            return False
    if function.composite:
        return True
    bare, _ = base_of(function.returns)
    return bare == "void" or not (bare in _PSEUDO or bare.startswith("any"))


def _sortable(kind: Kind) -> bool:
    return bool(kind.operators) or kind.name == "Boolean"


def _qualified(ref: TableRef) -> str:
    return ref.name if ref.schema in (None, DEFAULT_SCHEMA) else f"{ref.schema}_{ref.name}"


def _plain_first(ref: TableRef) -> tuple[bool, bool, str, str]:
    """Names that need no spelling choose first, those of the default schema before others."""
    return not is_name(ref.name), ref.schema != DEFAULT_SCHEMA, ref.schema or "", ref.name


def _list(of: GraphQLOutputType | GraphQLInputType) -> Any:
    return GraphQLNonNull(GraphQLList(GraphQLNonNull(of)))


def _column_text(name: str, column: str, comment: str | None) -> str | None:
    if comment:
        return comment
    return None if name == column else f"The column “{column}”."


def _link_text(link: Link) -> str:
    relation = link.relation
    return f"By `{relation.name}`: {relation.table.name}({', '.join(relation.columns)})."
