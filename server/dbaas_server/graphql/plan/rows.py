"""Selections of rows as reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import orjson
from graphql import GraphQLObjectType, SelectionSetNode

from dbaas_provisioning.errors import Invalid

from ...nouns import Call, Compare, Constant, Embed, Field, Item, Nested, Order, Path, Read, RowCursor
from ...stages import Lookup
from ..schema.kinds import Kind, encode
from ..schema.meanings import Aggregates, Cell, Cursor, FunctionCall, Get, Link, Links, Model, Piped, Rows, Summary
from .fields import Collector, Picked
from .filters import Hidden, embed_of, filters
from .inputs import Arguments, Inputs, Slot, whole
from .orders import decode, orders, tag, total

__all__ = ["Bound", "RowPlanner", "cost"]

Bound: TypeAlias = int | str | None
"""A list's limit: a number, a variable's name, or None for what the engine gives at most."""

NESTED_ROWS = 100
"""What a list inside a list gives at most of each, where it has no limit."""

_PIPED = 10  # values that a row of a pipeline's is taken to have, and rows that a ``$lookup`` is taken to find


def cost(weights: Mapping[tuple[Bound, ...], int], variables: Mapping[str, Any], max_rows: int) -> int:
    """How many values an answer may have: rows of lists inside of lists multiply.

    Args:
        max_rows: what the engine gives at most of each list.
    """
    total = 0
    for bounds, values in weights.items():
        for bound in bounds:
            limit = variables[bound] if isinstance(bound, str) else bound
            values *= max_rows if limit is None else max(0, min(limit, max_rows))
        total += values
    return total


class RowPlanner:
    """Plans what is read from one database.

    Args:
        arguments: takes the values; one for all reads that go together.

    Attributes:
        weights: how many values a row has, by the limits of the lists that it is inside of.
    """

    def __init__(self, collector: Collector, inputs: Inputs, arguments: Arguments) -> None:
        self._collector = collector
        self._inputs = inputs
        self._arguments = arguments
        self._lists: tuple[Bound, ...] = ()  # limits of the lists around the place that is planned
        self.weights: Counter[tuple[Bound, ...]] = Counter()

    def find(self, picked: Picked, meaning: Rows) -> Read:
        """``find_T``."""
        return self._list(picked, meaning.model, pages=True)

    def get(self, picked: Picked, meaning: Get) -> Read:
        """``get_T_by_id``."""
        assert picked.definition is not None
        given = self._inputs.arguments(picked.node, picked.definition.args)
        by_column = {cell.column: cell for cell in meaning.model.columns.values()}
        where = tuple(
            Compare(Path(column), "eq", self._value(given[argument], by_column[column].kind))
            for argument, column in meaning.arguments
        )
        order = self._order_for(picked, meaning.model, ())
        items = self.items(picked.of, picked.below, meaning.model, order)
        return _read(meaning.model, items, where=where, order=order, single=True)

    def summary(self, picked: Picked, meaning: Summary) -> Read | None:
        """``find_T_aggregate``; None when nothing of it is counted."""
        assert picked.definition is not None
        given = self._inputs.arguments(picked.node, picked.definition.args)
        items = self._aggregates(picked)
        if items is None:
            return None
        hidden = Hidden()
        where = filters(given.get("where"), meaning.model, self._inputs, self._arguments, hidden)
        return _read(meaning.model, (*items, *hidden.embeds), where=where, single=True)

    def pipe(self, picked: Picked, meaning: Piped) -> Read:
        """``aggregate_T``."""
        assert picked.definition is not None
        given = self._inputs.arguments(picked.node, picked.definition.args)
        stages = self._arguments.stages(self._inputs.all_now(given["pipeline"]))
        looked_up = sum(isinstance(stage, Lookup) for stage in stages)
        self.weights[None,] += _PIPED * (1 + _PIPED * looked_up)
        return Read(source=meaning.model.ref, stages=stages, numbers_as_text=True)

    def call(self, picked: Picked, meaning: FunctionCall) -> Read:
        """A function."""
        assert picked.definition is not None
        given = self._inputs.arguments(picked.node, picked.definition.args)
        function = meaning.function
        sent = {name: cell for name, cell in meaning.arguments.items() if name in given}
        if any(parameter.variadic for parameter in function.parameters):
            body = {cell.column: given[name] for name, cell in sent.items()}
            call = Call(
                function.ref,
                body=self._arguments.add(body, _json),
                body_names=tuple(sorted(cell.column for cell in sent.values())),
                read_only=function.volatility != "volatile",
            )
        else:
            call = Call(
                function.ref,
                arguments=tuple((cell.column, self._value(given[name], cell.kind)) for name, cell in sent.items()),
                read_only=function.volatility != "volatile",
            )
        if meaning.result is not None:
            cast = meaning.result.cast
            value: tuple[Item, ...] = (Field(Path(function.ref.name), cast=cast),) if cast is not None else ()
            self.weights[(None,) if function.returns_set else ()] += 1
            return Read(source=call, items=value, numbers_as_text=True)
        if meaning.model is not None:
            if not function.returns_set:
                items = self.items(picked.of, picked.below, meaning.model, ())
                return Read(source=call, items=items, numbers_as_text=True)
            return self._list(picked, meaning.model, pages=False, source=call)
        items = tuple(self._plain(part, picked.of) for part in self._collector.collect(picked.of, picked.below))
        self.weights[(_bound(given.get("limit")),) if function.returns_set else ()] += 1 + len(items)
        limit, offset = self._window(given)
        return Read(source=call, items=items, limit=limit, offset=offset, numbers_as_text=True)

    def returned(self, picked: Picked, model: Model) -> Read:
        """``returning`` of a mutation's response."""
        order = self._order_for(picked, model, ())
        self._lists = (None,)
        items = self.items(picked.of, picked.below, model, order)
        self._lists = ()
        return _read(model, items, order=order)

    def items(
        self, parent: GraphQLObjectType, sets: Sequence[SelectionSetNode], model: Model, order: tuple[Order, ...]
    ) -> tuple[Item, ...]:
        """The columns, relations and constants of a row."""
        found: list[Item] = []
        self.weights[self._lists] += 1
        for picked in self._collector.collect(parent, sets):
            meaning = picked.meaning
            self.weights[self._lists] += 1
            if isinstance(meaning, Link):
                found.append(self._link(picked, meaning))
            elif isinstance(meaning, Links):
                found.append(self._links(picked, meaning))
            elif isinstance(meaning, Cursor):
                found.append(RowCursor(picked.key, tag(model.ref, order)))
            else:
                found.append(self._plain(picked, parent))
        return tuple(found)

    def _plain(self, picked: Picked, parent: GraphQLObjectType) -> Field | Constant:
        cell = picked.meaning
        if not isinstance(cell, Cell):
            return Constant(picked.key, parent.name)  # __typename
        return Field(Path(cell.column), picked.key, cell.cast)

    def _list(self, picked: Picked, model: Model, *, pages: bool, source: Call | None = None) -> Read:
        assert picked.definition is not None
        given = self._inputs.arguments(picked.node, picked.definition.args)
        hidden = Hidden()
        where = filters(given.get("where"), model, self._inputs, self._arguments, hidden)
        order = orders(given.get("order_by"), model, self._inputs, hidden)
        after: tuple[Any, ...] = ()
        if pages and given.get("after") is not None:
            if given.get("offset") is not None:
                raise Invalid("cursor_not_possible", "A cursor and an offset do not go together.")
            order = total(order, model)
            position = decode(self._inputs.now(given["after"]), model.ref, order)
            after = tuple(self._arguments.add(value, lambda text: text) for value in position)
        else:
            order = self._order_for(picked, model, order)
        around = self._lists
        if around and given.get("limit") is None:
            given["limit"] = NESTED_ROWS
        self._lists = (*around, _bound(given.get("limit")))
        items = (*self.items(picked.of, picked.below, model, order), *hidden.embeds)
        self._lists = around
        limit, offset = self._window(given)
        return Read(
            source=source or model.ref, items=items, where=where, order=order, limit=limit, offset=offset, after=after,
            numbers_as_text=True,
        )  # fmt: skip

    def _order_for(self, picked: Picked, model: Model, order: tuple[Order, ...]) -> tuple[Order, ...]:
        """The order, total where a cursor is selected."""
        wants = any(isinstance(part.meaning, Cursor) for part in self._collector.collect(picked.of, picked.below))
        return total(order, model) if wants else order

    def _window(self, given: dict[str, Any]) -> tuple[Any, Any]:
        limit, offset = given.get("limit"), given.get("offset")
        return (
            self._arguments.add(limit, whole) if limit is not None else None,
            self._arguments.add(offset, whole) if offset is not None else None,
        )

    def _link(self, picked: Picked, link: Link) -> Embed:
        if not link.to_one:
            return embed_of(link, picked.key, self._list(picked, link.target, pages=False))
        order = self._order_for(picked, link.target, ())
        items = self.items(picked.of, picked.below, link.target, order)
        return embed_of(link, picked.key, _read(link.target, items, order=order))

    def _links(self, picked: Picked, meaning: Links) -> Embed | Nested:
        assert picked.definition is not None
        items = self._aggregates(picked)
        if items is None:
            names = tuple(
                Constant(part.key, picked.of.name) for part in self._collector.collect(picked.of, picked.below)
            )
            return Nested(picked.key, names)
        given = self._inputs.arguments(picked.node, picked.definition.args)
        hidden = Hidden()
        model = meaning.link.target
        where = filters(given.get("where"), model, self._inputs, self._arguments, hidden)
        return embed_of(meaning.link, picked.key, _read(model, (*items, *hidden.embeds), where=where), one=True)

    def _aggregates(self, picked: Picked) -> tuple[Item, ...] | None:
        self.weights[self._lists] += sum(
            1 + len(self._collector.collect(part.of, part.below)) if part.below else 1
            for part in self._collector.collect(picked.of, picked.below)
        )
        found: list[Item] = []
        counted = False
        for part in self._collector.collect(picked.of, picked.below):
            meaning = part.meaning
            if isinstance(meaning, Cell):
                counted = True
                found.append(Field(None, part.key, aggregate=meaning.aggregate, aggregate_cast=meaning.cast))
            elif isinstance(meaning, Aggregates):
                inner: list[Field | Constant] = []
                for leaf in self._collector.collect(part.of, part.below):
                    cell = leaf.meaning
                    if isinstance(cell, Cell):
                        counted = True
                        inner.append(Field(Path(cell.column), leaf.key, aggregate=cell.aggregate))
                    else:
                        inner.append(Constant(leaf.key, part.of.name))
                found.append(Nested(part.key, tuple(inner)))
            else:
                found.append(Constant(part.key, picked.of.name))
        return tuple(found) if counted else None

    def _value(self, tree: Any, kind: Kind) -> Any:
        return self._arguments.add(tree, lambda value: encode(kind, value))


def _read(model: Model, items: tuple[Item, ...], **more: Any) -> Read:
    return Read(source=model.ref, items=items, numbers_as_text=True, **more)


def _bound(limit: Any) -> Bound:
    return limit.name if isinstance(limit, Slot) else limit


def _json(tree: Any) -> bytes:
    return orjson.dumps(tree)
