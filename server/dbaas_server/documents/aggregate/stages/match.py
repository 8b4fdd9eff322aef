"""``$match``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import DocumentError
from ...match import Always, And, Expr, Leaf, Never, Node, Nor, Not, Or, compile_filter, parse_filter
from ...scope import Scope
from ..run import Batches, Run
from ..stage import Building, Step, stage

__all__ = ["Match", "fields_of"]


def fields_of(node: Node) -> frozenset[str] | None:
    """The top-level fields that a filter looks at; None: any."""
    match node:
        case Leaf():
            return frozenset((node.parts[0],)) if node.path else None
        case And(children) | Or(children) | Nor(children):
            found = [fields_of(child) for child in children]
            if any(fields is None for fields in found):
                return None
            return frozenset().union(*(fields for fields in found if fields is not None))
        case Not(child):
            return fields_of(child)
        case Expr():
            return None
        case Always() | Never():
            return frozenset()


class Match(Step):
    """Documents for which a filter holds.

    Attributes:
        node: the filter.
    """

    name = "$match"

    def __init__(self, node: Node, scope: Scope) -> None:
        self.node = node
        self.needs = fields_of(node)
        self._holds = compile_filter(node, scope)

    async def run(self, source: Batches, context: Run) -> Batches:
        """See :class:`Step`."""
        holds = self._holds
        async for batch in source:
            await context.breathe()
            found = []
            for document in batch:
                if holds(document):
                    found.append(document)
                if context.is_out_of_breath():
                    await context.breathe()
            if found:
                yield found


@stage("$match")
def _match(spec: Any, building: Building) -> Sequence[Step]:
    if type(spec) is not dict:
        raise DocumentError(15959, "the match filter must be an expression in an object")
    return [Match(parse_filter(spec, building.scope), building.scope)]
