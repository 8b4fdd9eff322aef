"""Functions as roots: queries when they only read, else mutations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInt,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
)  # fmt: skip

from ...nouns import Catalog, Function, TableRef
from .inputs import Inputs
from .kinds import Kind, base_of
from .meanings import KEY, Cell, FunctionCall, Model
from .names import Names
from .outputs import Outputs
from .types import Types, rows_of

__all__ = ["Functions"]

_PSEUDO = frozenset({"internal", "cstring", "record", "trigger", "event_trigger", "any", "language_handler"})


class Functions:
    """Makes the fields of one database's functions."""

    def __init__(self, types: Types, inputs: Inputs, outputs: Outputs, catalog: Catalog) -> None:
        self._types = types
        self._inputs = inputs
        self._outputs = outputs
        self._labels = _labels(catalog)
        self._rows = {f"{ref.schema}.{ref.name}" for ref in catalog.tables}

    def field(
        self, database: str, prefix: str, function: Function, models: Mapping[TableRef, Model]
    ) -> GraphQLField | None:
        """A function's field; None for one that cannot be called from here, or whose rows may not be read."""
        if not _callable(function, self._rows):
            return None
        model = models.get(function.returns_table) if function.returns_table is not None else None
        result: Kind | None = None
        made: Any
        if function.composite:
            if function.returns_table is not None and (model is None or not model.columns):
                return None
            made = self._outputs.row(model) if model is not None else self._columns_of(prefix, function)
        else:
            result = self._types.kind(function.returns, self._labels.get(function.returns, ()))
            made = GraphQLString if function.returns == "void" else self._types.value(result)
        names = Names({"where", "order_by", "limit", "offset"})
        arguments: dict[str, GraphQLArgument] = {}
        meant: dict[str, Cell] = {}
        for parameter in function.parameters:
            argument = names.take(parameter.name)
            kind = self._types.kind(parameter.type, self._labels.get(parameter.type, ()))
            meant[argument] = Cell(parameter.name, kind)
            value = self._types.value(kind)
            arguments[argument] = GraphQLArgument(GraphQLNonNull(value) if parameter.required else value)
        if function.returns_set and function.composite:
            if model is not None:
                arguments |= self._inputs.window(model)
            else:
                arguments |= {"limit": GraphQLArgument(GraphQLInt), "offset": GraphQLArgument(GraphQLInt)}
        shown: GraphQLOutputType = rows_of(made) if function.returns_set else made
        return GraphQLField(
            shown,
            arguments,
            description=function.comment or f"The function `{function.ref.name}`.",
            extensions={KEY: FunctionCall(database, function, meant, model, result)},
        )

    def _columns_of(self, prefix: str, function: Function) -> GraphQLObjectType:
        type_name = self._types.names.take(f"{prefix}{function.ref.name}_result")
        names = Names()
        fields: dict[str, GraphQLField] = {}
        for column in function.columns.values():
            kind = self._types.kind(column.type, self._labels.get(column.type, ()))
            fields[names.take(column.name)] = GraphQLField(
                self._types.value(kind), extensions={KEY: Cell(column.name, kind, cast=kind.cast)}
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
