"""Mutations as writes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import orjson

from dbaas_provisioning.errors import Invalid

from ...nouns import Constant, Embed, Read, Resolution, TableRef, Write, WriteKind
from ..schema.meanings import Cell, Change, Returned
from .fields import Collector, Picked
from .filters import Hidden, filters
from .inputs import Arguments, Inputs
from .rows import RowPlanner

__all__ = ["Changed", "plan_change"]


@dataclass(frozen=True, slots=True)
class Changed:
    """A write, and its response in the order of the selection: (key, what): ``rows``, ``returned``, or a constant."""

    write: Write
    response: tuple[tuple[str, str | Constant], ...]


def plan_change(
    picked: Picked, meaning: Change, planner: RowPlanner, collector: Collector, inputs: Inputs, arguments: Arguments
) -> Changed:
    """``insert_T``, ``update_T`` or ``delete_T``.

    Raises:
        Invalid: ``returning_twice``, ``null_objects``.
    """
    assert picked.definition is not None
    given = inputs.arguments(picked.node, picked.definition.args)
    model = meaning.model
    hidden = Hidden()
    where = filters(given.get("where"), model, inputs, arguments, hidden)
    returning, response = _response(picked, model.ref, planner, collector, tuple(hidden.embeds))
    if meaning.verb == "delete":
        return Changed(Write(WriteKind.delete, model.ref, where=where, returning=returning), response)
    if meaning.verb == "update":
        rows = [inputs.now(given["_set"])]
        columns, body, _ = _rows(rows, model.updatable)
        write = Write(
            WriteKind.update, model.ref, body=arguments.add(body, _json), columns=columns, where=where,
            returning=returning,
        )  # fmt: skip
        return Changed(write, response)
    columns, body, uneven = _rows(inputs.now(given["objects"]), model.insertable)
    write = Write(
        WriteKind.insert, model.ref, body=arguments.add(body, _json), columns=columns, returning=returning,
        missing_default=uneven,
    )  # fmt: skip
    conflict = inputs.now(given.get("on_conflict"))
    if conflict is not None:
        write = _upsert(write, conflict, meaning, inputs)
    return Changed(write, response)


def _upsert(write: Write, conflict: Any, meaning: Change, inputs: Inputs) -> Write:
    model = meaning.model
    chosen = [model.updatable[inputs.now(name)].column for name in inputs.now(conflict.get("update_columns")) or ()]
    return Write(
        WriteKind.upsert,
        write.table,
        body=write.body,
        columns=write.columns,
        returning=write.returning,
        missing_default=write.missing_default,
        conflict_on=model.keys[inputs.now(conflict["constraint"])],
        resolution=Resolution.merge if chosen else Resolution.ignore,
        update_columns=tuple(chosen) if chosen else None,
    )


def _rows(rows: list[Any], cells: dict[str, Cell]) -> tuple[tuple[str, ...], list[dict[str, Any]], bool]:
    """The columns written, the rows by column, and whether some rows lack columns that others have."""
    columns: dict[str, None] = {}
    body: list[dict[str, Any]] = []
    for row in rows:
        by_column = {cells[name].column: value for name, value in row.items() if name in cells}
        columns.update(dict.fromkeys(by_column))
        body.append(by_column)
    return tuple(columns), body, any(len(row) != len(columns) for row in body)


def _response(
    picked: Picked, table: TableRef, planner: RowPlanner, collector: Collector, hidden: tuple[Embed, ...]
) -> tuple[Read | None, tuple[tuple[str, str | Constant], ...]]:
    returning: Read | None = None
    response: list[tuple[str, str | Constant]] = []
    for part in collector.collect(picked.of, picked.below):
        meaning = part.meaning
        if not isinstance(meaning, Returned):
            response.append((part.key, Constant(part.key, picked.of.name)))
        elif meaning.model is None:
            response.append((part.key, "rows"))
        elif returning is not None:
            raise Invalid(
                "returning_twice", "`returning` is asked for twice.", hint="Ask for everything in one of them."
            )
        else:
            returning = planner.returned(part, meaning.model)
            response.append((part.key, "returned"))
    if hidden:
        shown = returning if returning is not None else Read(source=table, items=(), numbers_as_text=True)
        returning = replace(shown, items=(*shown.items, *hidden))
    return returning, tuple(response)


def _json(tree: Any) -> bytes:
    return orjson.dumps(tree)
