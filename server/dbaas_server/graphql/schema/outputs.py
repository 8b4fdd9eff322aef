"""Output types: rows, aggregates of rows, responses of changes."""

from __future__ import annotations

from typing import Any, cast

from graphql import GraphQLField, GraphQLInt, GraphQLNonNull, GraphQLObjectType, GraphQLString

from ...nouns import Aggregate
from .inputs import Inputs, column_text
from .kinds import Kind, json_scalar, scalar
from .meanings import KEY, Aggregates, Cell, Cursor, Link, Links, Model, Returned
from .types import Types, rows_of

__all__ = ["Outputs"]


class Outputs:
    """Makes the output types of tables."""

    def __init__(self, types: Types, inputs: Inputs) -> None:
        self._types = types
        self._inputs = inputs

    def row(self, model: Model) -> GraphQLObjectType:
        """``T``."""
        name = model.type_name
        return cast(
            GraphQLObjectType,
            self._types.named(
                name,
                lambda: GraphQLObjectType(name, lambda: self._row_fields(model), description=model.table.comment),
            ),
        )

    def _row_fields(self, model: Model) -> dict[str, GraphQLField]:
        fields: dict[str, GraphQLField] = {}
        for name, cell in model.columns.items():
            kind = self._types.value(cell.kind)
            fields[name] = GraphQLField(
                kind if model.table.columns[cell.column].nullable else GraphQLNonNull(kind),
                description=column_text(name, cell.column, model.table.columns[cell.column].comment),
                extensions={KEY: cell},
            )
        for name, link in model.links.items():
            target = self.row(link.target)
            if link.to_one:
                fields[name] = GraphQLField(target, description=_link_text(link), extensions={KEY: link})
                continue
            window = self._inputs.window(link.target)
            fields[name] = GraphQLField(rows_of(target), window, description=_link_text(link), extensions={KEY: link})
            fields[f"{name}_aggregate"] = GraphQLField(
                GraphQLNonNull(self.aggregate(link.target)),
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

    def aggregate(self, model: Model) -> GraphQLObjectType:
        """``T_aggregate``."""
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

        return cast(GraphQLObjectType, self._types.named(name, lambda: GraphQLObjectType(name, fields)))

    def _aggregated(self, model: Model, aggregate: Aggregate) -> GraphQLObjectType | None:
        fields: dict[str, GraphQLField] = {}
        for name, cell in model.columns.items():
            kind = cell.kind
            if aggregate in (Aggregate.min, Aggregate.max):
                if not kind.extremes or kind.is_list:
                    continue
                shown: Any = self._types.leaf(kind)
            elif kind.sums and not kind.is_list:
                target = kind.sums[0 if aggregate is Aggregate.sum else 1]
                shown = self._types.leaf(Kind(target))
            else:
                continue
            fields[name] = GraphQLField(shown, extensions={KEY: Cell(cell.column, kind, aggregate)})
        if not fields:
            return None
        type_name = f"{model.type_name}_{aggregate.value}"
        return cast(GraphQLObjectType, self._types.named(type_name, lambda: GraphQLObjectType(type_name, fields)))

    def response(self, model: Model) -> GraphQLObjectType:
        """``T_mutation_response``."""
        name = f"{model.type_name}_mutation_response"

        def fields() -> dict[str, GraphQLField]:
            found = {"affected_rows": GraphQLField(GraphQLNonNull(GraphQLInt), extensions={KEY: Returned(None)})}
            if model.columns:
                found["returning"] = GraphQLField(rows_of(self.row(model)), extensions={KEY: Returned(model)})
            return found

        return cast(GraphQLObjectType, self._types.named(name, lambda: GraphQLObjectType(name, fields)))


def _link_text(link: Link) -> str:
    relation = link.relation
    return f"By `{relation.name}`: {relation.table.name}({', '.join(relation.columns)})."
