"""Output types: rows, aggregates of rows, responses of changes."""

from __future__ import annotations

from typing import Any, cast

from graphql import (
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInt,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
)

from ...changes import ChangeKind
from ...nouns import Aggregate
from .inputs import Inputs, column_text
from .kinds import Kind, json_scalar, scalar
from .meanings import KEY, Aggregates, Cell, Cursor, Link, Links, Model, Part, Returned
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

    def change(self, model: Model) -> GraphQLObjectType:
        """``T_change``."""
        name = f"{model.type_name}_change"

        def fields() -> dict[str, GraphQLField]:
            moment = self._types.leaf(scalar("timestamp with time zone") or json_scalar())
            record = self._record(model)
            parts = (
                ("cursor", GraphQLNonNull(GraphQLString), "The place of this change: what `cursor` takes to go on."),
                ("type", GraphQLNonNull(self._change_type()), "What happened."),
                ("commit_timestamp", GraphQLNonNull(moment), "When its transaction was committed."),
                ("record", record, "The row as it is now; null where it was deleted."),
                (
                    "old_record",
                    record,
                    "The row as it was, or as much of it as the log has: its key; with `replica identity full` all of"
                    " it. Null where the log has nothing, or where it was not for this caller's eyes.",
                ),
            )
            return {part: GraphQLField(of, description=text, extensions={KEY: Part(part)}) for part, of, text in parts}

        return cast(GraphQLObjectType, self._types.named(name, lambda: GraphQLObjectType(name, fields)))

    def _change_type(self) -> GraphQLEnumType:
        values = {kind.value.upper(): GraphQLEnumValue(kind.value.upper()) for kind in ChangeKind}
        return cast(
            GraphQLEnumType,
            self._types.named(
                "change_type",
                lambda: GraphQLEnumType("change_type", values, description="What happens to a row, or to all rows."),
            ),
        )

    def _record(self, model: Model) -> GraphQLObjectType:
        """``T_record``: a row as the log has it, in which any value may be missing."""
        name = f"{model.type_name}_record"

        def fields() -> dict[str, GraphQLField]:
            return {
                field: GraphQLField(
                    self._types.value(cell.kind),
                    description=column_text(field, cell.column, model.table.columns[cell.column].comment),
                    extensions={KEY: cell},
                )
                for field, cell in model.columns.items()
            }

        return cast(
            GraphQLObjectType,
            self._types.named(
                name,
                lambda: GraphQLObjectType(
                    name, fields, description="The columns of a row. Null, too, is a large value that did not change."
                ),
            ),
        )


def _link_text(link: Link) -> str:
    relation = link.relation
    return f"By `{relation.name}`: {relation.table.name}({', '.join(relation.columns)})."
