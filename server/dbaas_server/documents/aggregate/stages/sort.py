"""``$sort``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import DocumentError
from ...expressions.ordering import SortOrder
from ..run import Batches, Run
from ..sorting import Sorter
from ..stage import Building, Step, stage

__all__ = ["Sort"]


class Sort(Step):
    """All documents, in order.

    Attributes:
        order: which.
        limit: only the first so many are looked at behind it; None: all.
    """

    name = "$sort"

    def __init__(self, order: SortOrder) -> None:
        self.order = order
        self.limit: int | None = None
        self.needs = frozenset(path[0] for path in order.paths)

    def is_passing(self, field: str) -> bool:
        """See :class:`Step`."""
        return True

    async def run(self, source: Batches, context: Run) -> Batches:
        """See :class:`Step`."""
        sorter = Sorter(self.order, context, self.limit)
        try:
            async for batch in source:
                await sorter.add(batch)
                await context.breathe()
            async for batch in sorter.drain():
                yield batch
        finally:
            sorter.close()


@stage("$sort")
def _sort(spec: Any, building: Building) -> Sequence[Step]:
    if type(spec) is not dict:
        raise DocumentError(15973, "the $sort key specification must be an object")
    return [Sort(SortOrder(spec, building.scope.collation))]
