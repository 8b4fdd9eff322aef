"""Input types: conditions, orders, rows to write."""

from __future__ import annotations

from typing import Any, cast

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLString,
)

from .kinds import BUILT_IN, Kind
from .meanings import Cell, Model
from .types import Types

__all__ = ["Inputs", "column_text"]

_TEXT_OPERATORS = ("_like", "_nlike", "_ilike", "_nilike", "_regex", "_nregex", "_iregex", "_niregex")


class Inputs:
    """Makes the input types of tables. Fields of one type and no text are one object: a schema has very many."""

    def __init__(self, types: Types) -> None:
        self._types = types
        self._shared: dict[int, GraphQLInputField] = {}  # by the identity of their type, which they keep alive
        self._direction = GraphQLEnumType(
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

    def _field(self, of: Any) -> GraphQLInputField:
        found = self._shared.get(id(of))
        if found is None:
            found = self._shared[id(of)] = GraphQLInputField(of)
        return found

    def window(self, model: Model) -> dict[str, GraphQLArgument]:
        """The arguments of a list of rows."""
        return {
            "where": GraphQLArgument(self.where(model)),
            "order_by": GraphQLArgument(GraphQLList(GraphQLNonNull(self._order(model)))),
            "limit": GraphQLArgument(GraphQLInt),
            "offset": GraphQLArgument(GraphQLInt),
        }

    def where(self, model: Model) -> GraphQLInputObjectType:
        """``T_bool_exp``."""
        name = f"{model.type_name}_bool_exp"

        def fields() -> dict[str, GraphQLInputField]:
            several = GraphQLList(GraphQLNonNull(where))
            found = {
                "_and": self._field(several),
                "_or": self._field(several),
                "_not": self._field(where),
            }
            for field, cell in model.columns.items():
                found[field] = self._field(self._comparison(cell.kind))
            for field, link in model.links.items():
                found[field] = self._field(self.where(link.target))
            return found

        where: GraphQLInputObjectType = self._types.named(
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
            leaf, value = self._types.leaf(kind), self._types.value(kind)
            found: dict[str, GraphQLInputField] = {}
            if "equal" in kind.operators or "array" in kind.operators:
                found |= {operator: GraphQLInputField(value) for operator in ("_eq", "_neq")}
            if "order" in kind.operators:
                found |= {operator: GraphQLInputField(value) for operator in ("_gt", "_gte", "_lt", "_lte")}
            if "equal" in kind.operators:
                several = GraphQLList(GraphQLNonNull(leaf))
                found |= {operator: self._field(several) for operator in ("_in", "_nin")}
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

        return cast(GraphQLInputObjectType, self._types.named(name, lambda: GraphQLInputObjectType(name, fields)))

    def _order(self, model: Model) -> GraphQLInputObjectType:
        name = f"{model.type_name}_order_by"

        def fields() -> dict[str, GraphQLInputField]:
            found = {
                field: self._field(self._direction) for field, cell in model.columns.items() if _sortable(cell.kind)
            }
            for field, link in model.links.items():
                if link.to_one:
                    found[field] = self._field(self._order_of_related(link.target))
            return found or {"_nothing": self._field(self._direction)}

        return cast(GraphQLInputObjectType, self._types.named(name, lambda: GraphQLInputObjectType(name, fields)))

    def _order_of_related(self, model: Model) -> GraphQLInputObjectType:
        name = f"{model.type_name}_order_by_related"

        def fields() -> dict[str, GraphQLInputField]:
            found = {
                field: self._field(self._direction) for field, cell in model.columns.items() if _sortable(cell.kind)
            }
            return found or {"_nothing": self._field(self._direction)}

        return cast(
            GraphQLInputObjectType,
            self._types.named(
                name, lambda: GraphQLInputObjectType(name, fields, description="Order by a column of the related row.")
            ),
        )

    def columns(self, model: Model, suffix: str, cells: dict[str, Cell]) -> GraphQLInputObjectType:
        """``T_insert_input`` and ``T_set_input``."""
        name = f"{model.type_name}_{suffix}"

        def fields() -> dict[str, GraphQLInputField]:
            found = {field: self._of_column(field, cell) for field, cell in cells.items()}
            return found or {"_nothing": GraphQLInputField(GraphQLString, description="There is no column to set.")}

        return cast(GraphQLInputObjectType, self._types.named(name, lambda: GraphQLInputObjectType(name, fields)))

    def _of_column(self, name: str, cell: Cell) -> GraphQLInputField:
        text = column_text(name, cell.column, None)
        of = self._types.value(cell.kind)
        return self._field(of) if text is None else GraphQLInputField(of, description=text)

    def on_conflict(self, model: Model) -> GraphQLInputObjectType | None:
        """``T_on_conflict``; None where there is no key to conflict with."""
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


def _sortable(kind: Kind) -> bool:
    return bool(kind.operators) or kind.name == "Boolean"


def column_text(name: str, column: str, comment: str | None) -> str | None:
    """A column's comment, or its own name where the schema spells it otherwise."""
    if comment:
        return comment
    return None if name == column else f"The column “{column}”."
