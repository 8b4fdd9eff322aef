"""A whole operation: its roots, and what each database is asked for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import orjson
from graphql import FieldNode, GraphQLNonNull, GraphQLObjectType, OperationDefinitionNode

from dbaas_provisioning.errors import DbaasError, Invalid

from ...nouns import Constant, Read, Write
from ..errors import PlanFault
from ..schema.meanings import Change, FunctionCall, Get, Piped, Rows, Summary
from .changes import plan_change
from .fields import Collector, Picked
from .inputs import Arguments, Inputs
from .rows import Bound, RowPlanner, cost
from .streams import StreamPlan, plan_stream

__all__ = ["Plan", "Root", "plan_operation"]


@dataclass(frozen=True, slots=True)
class Root:
    """One root of the response.

    Attributes:
        nullable: its value may be null, so that a failure does not take its siblings along.
        constant: its JSON, where nothing has to be asked.
        database, place: where its value is: the place among the reads of a database, or among the writes.
        introspection: answered from the schema.
        response: of a change: the keys of its object in order.
    """

    key: str
    node: FieldNode
    nullable: bool
    constant: bytes | None = None
    database: str = ""
    place: int = 0
    introspection: bool = False
    response: tuple[tuple[str, str | Constant], ...] | None = None


@dataclass(slots=True)
class Plan:
    """What an operation asks of the databases.

    Attributes:
        reads: by database; a query's.
        writes: in order; a mutation's, all of one ``database``.
        weights: how many values a row has, by the limits of the lists that it is inside of.
        stream: a subscription's; there is nothing else in its plan.
    """

    mutation: bool
    roots: tuple[Root, ...]
    reads: dict[str, tuple[tuple[Read, ...], Arguments]] = field(default_factory=dict)
    writes: list[tuple[Write | Read, Arguments]] = field(default_factory=list)
    database: str = ""
    weights: Counter[tuple[Bound, ...]] = field(default_factory=Counter)
    stream: StreamPlan | None = None

    def cost(self, variables: Mapping[str, Any], max_rows: int) -> int:
        """How many values the answer may have."""
        return cost(self.weights, variables, max_rows)


def plan_operation(
    operation: OperationDefinitionNode, root: GraphQLObjectType, collector: Collector, inputs: Inputs
) -> Plan:
    """Plan a query, a mutation or a subscription.

    Raises:
        PlanFault: a root asks for something that cannot be; says which.
        NeedsValue: a variable decides the shape and was not looked at.
    """
    picked = collector.collect(root, [operation.selection_set])
    if operation.operation.value == "mutation":
        return _mutation(picked, root, collector, inputs)
    if operation.operation.value == "subscription":
        return _subscription(picked, collector, inputs)
    return _query(picked, root, collector, inputs)


def _query(picked: list[Picked], parent: GraphQLObjectType, collector: Collector, inputs: Inputs) -> Plan:
    planners: dict[str, tuple[RowPlanner, Arguments, list[Read]]] = {}
    roots: list[Root] = []
    for part in picked:
        meaning = part.meaning
        if part.definition is None:
            roots.append(_meta(part, parent))
            continue
        if meaning is None:
            roots.append(Root(part.key, part.node, True, constant=b"null"))
            continue
        database = meaning.database if isinstance(meaning, FunctionCall) else meaning.model.database
        if database not in planners:
            arguments = Arguments()
            planners[database] = RowPlanner(collector, inputs, arguments), arguments, []
        planner, _, reads = planners[database]
        try:
            read = _read(part, meaning, planner)
        except DbaasError as error:
            _fail(error, part)
        nullable = not isinstance(part.definition.type, GraphQLNonNull)
        if read is None:
            roots.append(Root(part.key, part.node, nullable, constant=_names(part, collector)))
            continue
        roots.append(Root(part.key, part.node, nullable, database=database, place=len(reads)))
        reads.append(read)
    return Plan(
        False,
        tuple(roots),
        reads={name: (tuple(reads), arguments) for name, (_, arguments, reads) in planners.items() if reads},
        weights=sum((planner.weights for planner, _, _ in planners.values()), Counter()),
    )


def _read(part: Picked, meaning: Any, planner: RowPlanner) -> Read | None:
    if isinstance(meaning, Rows):
        return planner.find(part, meaning)
    if isinstance(meaning, Get):
        return planner.get(part, meaning)
    if isinstance(meaning, Summary):
        return planner.summary(part, meaning)
    if isinstance(meaning, Piped):
        return planner.pipe(part, meaning)
    assert isinstance(meaning, FunctionCall)
    return planner.call(part, meaning)


def _mutation(picked: list[Picked], parent: GraphQLObjectType, collector: Collector, inputs: Inputs) -> Plan:
    roots: list[Root] = []
    writes: list[tuple[Write | Read, Arguments]] = []
    databases: dict[str, None] = {}
    weights: Counter[tuple[Bound, ...]] = Counter()
    for part in picked:
        meaning = part.meaning
        if part.definition is None:
            roots.append(_meta(part, parent))
            continue
        databases[meaning.database if isinstance(meaning, FunctionCall) else meaning.model.database] = None
        if len(databases) > 1:
            named = " and ".join(f"“{name}”" for name in databases)
            _fail(
                Invalid(
                    "mutation_spans_databases",
                    f"One mutation is one transaction, and this one is about {named}.",
                    hint="Send one request for each database.",
                ),
                part,
            )
        arguments = Arguments()
        planner = RowPlanner(collector, inputs, arguments)
        nullable = not isinstance(part.definition.type, GraphQLNonNull)
        try:
            if isinstance(meaning, Change):
                changed = plan_change(part, meaning, planner, collector, inputs, arguments)
                write: Write | Read = changed.write
                roots.append(Root(part.key, part.node, nullable, place=len(writes), response=changed.response))
            else:
                write = planner.call(part, meaning)
                roots.append(Root(part.key, part.node, nullable, place=len(writes)))
        except DbaasError as error:
            _fail(error, part)
        writes.append((write, arguments))
        weights += planner.weights
    return Plan(True, tuple(roots), writes=writes, database=next(iter(databases), ""), weights=weights)


def _subscription(picked: list[Picked], collector: Collector, inputs: Inputs) -> Plan:
    (part,) = picked  # one, and without directives: the document was validated
    try:
        stream = plan_stream(part, part.meaning, collector, inputs)
    except DbaasError as error:
        _fail(error, part)
    return Plan(False, (), database=stream.model.database, stream=stream)


def _meta(part: Picked, parent: GraphQLObjectType) -> Root:
    if part.name == "__typename":
        return Root(part.key, part.node, False, constant=orjson.dumps(parent.name))
    return Root(part.key, part.node, part.name == "__type", introspection=True)


def _names(part: Picked, collector: Collector) -> bytes:
    """An aggregate of which only ``__typename`` is asked."""
    found: dict[str, Any] = {}
    for inner in collector.collect(part.of, part.below):
        if inner.definition is None:
            found[inner.key] = part.of.name
        else:
            found[inner.key] = {leaf.key: inner.of.name for leaf in collector.collect(inner.of, inner.below)}
    return orjson.dumps(found)


def _fail(error: DbaasError, part: Picked) -> NoReturn:
    raise PlanFault(error, [part.key], part.node) from error
