"""Choosing what is read.

1. What is best is decided by rules, not by trying: a key that is unique, then the most fields with one value, then with
   few, then ranges, then an index in the order asked for, then one that lacks documents nobody asks for, then all.
2. A plan may read too much. Only of documents found by their own key it is known that they match without a look.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, TypeAlias

from ...expressions.ordering import SortOrder
from ...match import Always, And, Leaf, Never, Node, Or
from ..entries import id_key
from ..metadata import Collection, Index
from .bounds import Bounds, bounds_of
from .conditions import conditions_of, conjuncts
from .hints import BY_ID, hinted, natural, range_between
from .implication import is_complete_for
from .plan import Nothing, Plan, Scan, Union
from .question import Question

__all__ = ["plan_of"]

Worth: TypeAlias = tuple[int, ...]
"""Of two plans the greater is the better."""

_MOST_BRANCHES: Final = 1_000
"""Of an ``$or``, times the conditions beside it; looking for an index for each of more would hold others up."""

_NOT_BY_KEY: Final = (list, str, dict)
"""An ``_id`` is none of the first, and the others may depend on a collation."""


def plan_of(collection: Collection, question: Question) -> Plan:
    """The plan of a question.

    Raises:
        DocumentError: the hint is no index; what is wrong with ``min`` and ``max``.
    """
    node = question.node
    residual = None if isinstance(node, Always) else node
    backwards = natural(question)
    if backwards is not None:
        return Plan(Scan(reverse=backwards), residual)
    index = hinted(collection, question)
    between = range_between(index, question)
    if isinstance(node, Never):
        return Plan(Nothing(), None)
    if between is not None:
        assert index is not None
        return _through(Bounds(index, (), (between,), None, exact=False), question)
    if index is None and isinstance(node, Leaf) and _is_one_id(node):
        return Plan(Scan(keys=(id_key(node.operand),), by_id=True), None, in_order=True)
    bounds = _best(collection, question) if index is None else _of_hint(index, question)
    if bounds is not None:
        return _through(bounds, question)
    union = _union(collection, question)
    return Plan(Scan(), residual, countable=residual is None) if union is None else union


def _is_one_id(node: Leaf) -> bool:
    return node.path == "_id" and node.operator == "$eq" and not isinstance(node.operand, _NOT_BY_KEY)


# --- one index ------------------------------------------------------------------------------------------------------


def _of_hint(index: Index, question: Question) -> Bounds:
    """A person's choice is followed, also where the index lacks documents."""
    collation = question.scope.collation
    return bounds_of(index, conditions_of(question.node, collation), collation)


def _best(collection: Collection, question: Question) -> Bounds | None:
    """The bounds of the best index; None where none is of use."""
    collation = question.scope.collation
    conditions = conditions_of(question.node, collation)
    best: Bounds | None = None
    most: Worth = ()
    for index in (replace(BY_ID, cut=collection.long_ids), *collection.readable):
        if is_complete_for(index, question.node, collation):
            bounds = bounds_of(index, conditions, collation)
            worth = _worth(bounds, question)
            if worth is not None and worth > most:
                best, most = bounds, worth
    return best


def _worth(bounds: Bounds, question: Question) -> Worth | None:
    index = bounds.index
    is_unique = index.is_unique and bounds.points is not None
    is_in_order = question.order is not None and _direction(bounds, question.order) is not None
    is_smaller = index.is_sparse or index.partial is not None
    if not (bounds.fields or is_in_order or is_smaller):
        return None
    return (is_unique, *bounds.weight, is_in_order, is_smaller, -len(index.fields))


def _direction(bounds: Bounds, order: SortOrder) -> bool | None:
    """Whether the index gives an order, as it is (False) or turned around (True); None: it does not."""
    return bounds.direction(order) if bounds.index.collation == order.collation else None


def _through(bounds: Bounds, question: Question) -> Plan:
    """The plan of an index."""
    index, order = bounds.index, question.order
    direction = None if order is None else _direction(bounds, order)
    is_of_documents = index.id == BY_ID.id
    scan = Scan(
        index=None if is_of_documents else index,
        ranges=bounds.ranges,
        keys=bounds.points if index.is_unique else None,
        reverse=bool(direction),
        bounds=bounds.fields,
        repeats=bool(index.multikey),
        by_id=is_of_documents,
    )
    matches = isinstance(question.node, Always) or (is_of_documents and bounds.exact)
    return Plan(
        source=scan if bounds.ranges else Nothing(),
        residual=None if matches else question.node,
        in_order=direction is not None,
        countable=bounds.exact,
    )


# --- several --------------------------------------------------------------------------------------------------------


def _union(collection: Collection, question: Question) -> Plan | None:
    """The plan of a filter one of whose parts is an ``$or``, each branch of which has an index."""
    parts = list(conjuncts(question.node))
    for part in parts:
        if not isinstance(part, Or) or len(part.children) * len(parts) > _MOST_BRANCHES:
            continue
        others = tuple(other for other in parts if other is not part)
        found: list[Scan] = []
        for child in part.children:
            scan = _branch(collection, question, (child, *others))
            if scan is None:
                break
            found.append(scan)
        else:
            return Plan(Union(found), question.node)
    return None


def _branch(collection: Collection, question: Question, parts: tuple[Node, ...]) -> Scan | None:
    bounds = _best(collection, replace(question, node=And(parts), order=None))
    if bounds is None:
        return None
    plan = _through(bounds, replace(question, order=None))
    return plan.source if isinstance(plan.source, Scan) else Scan(bounds.index, ranges=())
