"""Choosing what is read."""

from __future__ import annotations

from ...match import Always, Leaf, Never
from ..entries import id_key
from ..metadata import Collection
from .plan import Nothing, Plan, Scan
from .question import Question

__all__ = ["plan_of"]


def plan_of(collection: Collection, question: Question) -> Plan:
    """The plan of a question."""
    node = question.node
    if isinstance(node, Never):
        return Plan(Nothing(), None)
    if (
        isinstance(node, Leaf)
        and node.path == "_id"
        and node.operator == "$eq"
        and not isinstance(node.operand, list | str | dict)
    ):
        return Plan(Scan(keys=(id_key(node.operand),), by_id=True), None, in_order=True)
    return Plan(Scan(), None if isinstance(node, Always) else node)
