"""A subscription as what is wanted of a table's changes, and how each of them is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from dbaas_provisioning.errors import Invalid

from ...nouns import Filter
from ..schema.meanings import Cell, Model, Part, Stream
from .fields import Collector, Picked
from .filters import Hidden, filters
from .inputs import Arguments, Inputs, fill

__all__ = ["Shown", "ShownColumn", "StreamPlan", "plan_stream"]


class ShownColumn(NamedTuple):
    """A key of a record.

    Attributes:
        head: the key and its colon.
        column: whose value it shows; empty for ``constant``.
        as_text: the value is shown as it is cast to text.
    """

    head: bytes
    column: str
    as_text: bool = False
    constant: bytes = b""


class Shown(NamedTuple):
    """A key of a change.

    Attributes:
        head: the key and its colon.
        part: what it shows (see :class:`~..schema.meanings.Part`); empty for ``constant``.
        columns: of ``record`` and ``old_record``.
    """

    head: bytes
    part: str
    constant: bytes = b""
    columns: tuple[ShownColumn, ...] = ()


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """What a subscription asks for.

    Attributes:
        key: its root's response key.
        where: filters, all of which have to hold; ``arguments`` has their values.
    """

    key: str
    model: Model
    shown: tuple[Shown, ...]
    where: tuple[Filter, ...]
    arguments: Arguments
    _cursor: Any

    def cursor(self, variables: Mapping[str, Any]) -> str | None:
        """Behind which change it begins; None for now."""
        cursor: str | None = fill(self._cursor, variables)
        return cursor


def plan_stream(picked: Picked, meaning: Stream, collector: Collector, inputs: Inputs) -> StreamPlan:
    """Plan a subscription's root.

    Raises:
        Invalid: ``null_comparison``; ``stream_by_relation``: a change is judged on its row alone.
    """
    assert picked.definition is not None
    given = inputs.arguments(picked.node, picked.definition.args)
    arguments, hidden = Arguments(), Hidden()
    where = filters(given.get("where"), meaning.model, inputs, arguments, hidden)
    if hidden.embeds:
        raise Invalid(
            "stream_by_relation",
            "The `where` of a stream follows a relation, and a change is judged on its row alone.",
            hint=f"Name columns of {meaning.model.ref.name} only.",
        )
    shown = tuple(_shown(part, picked, collector) for part in collector.collect(picked.of, picked.below))
    return StreamPlan(picked.key, meaning.model, shown, where, arguments, given.get("cursor"))


def _shown(part: Picked, parent: Picked, collector: Collector) -> Shown:
    meaning = part.meaning
    if not isinstance(meaning, Part):
        return Shown(_head(part), "", orjson.dumps(parent.of.name))  # __typename
    if not part.below:
        return Shown(_head(part), meaning.name)
    columns = tuple(_column(inner, part) for inner in collector.collect(part.of, part.below))
    return Shown(_head(part), meaning.name, columns=columns)


def _column(part: Picked, parent: Picked) -> ShownColumn:
    cell = part.meaning
    if not isinstance(cell, Cell):
        return ShownColumn(_head(part), "", constant=orjson.dumps(parent.of.name))
    return ShownColumn(_head(part), cell.column, as_text=cell.cast is not None)


def _head(part: Picked) -> bytes:
    return orjson.dumps(part.key) + b":"
