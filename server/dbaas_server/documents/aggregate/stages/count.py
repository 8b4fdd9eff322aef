"""``$count`` and ``$sortByCount``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import DocumentError
from ...expressions.numeric import INT, integer
from ...expressions.ordering import SortOrder
from ..run import Batches, Run
from ..stage import Building, Step, stage
from .group import compile_group
from .sort import Sort

__all__: list[str] = []


class Count(Step):
    """How many documents there are; nothing where there are none."""

    name = "$count"
    needs = frozenset()
    cuts = True

    def __init__(self, field: str) -> None:
        self._field = field

    async def run(self, source: Batches, context: Run) -> Batches:
        """See :class:`Step`."""
        count = 0
        async for batch in source:
            await context.breathe()
            count += len(batch)
        if count:
            yield [{self._field: integer(count, INT)}]


@stage("$count")
def _count(spec: Any, building: Building) -> Sequence[Step]:
    if type(spec) is not str:
        raise DocumentError(40156, "the count field must be a non-empty string")
    if not spec:
        raise DocumentError(40157, "the count field must be a non-empty string")
    if spec[0] == "$":
        raise DocumentError(40158, "the count field cannot be a $-prefixed path")
    if "\0" in spec:
        raise DocumentError(40159, "the count field cannot contain a null byte")
    if "." in spec:
        raise DocumentError(40160, "the count field cannot contain '.'")
    return [Count(spec)]


@stage("$sortByCount")
def _sort_by_count(spec: Any, building: Building) -> Sequence[Step]:
    if type(spec) is dict:
        if next(iter(spec), "")[:1] != "$":
            raise DocumentError(
                40147, "the sortByCount field must be defined as a $-prefixed path or an expression inside an object"
            )
    elif type(spec) is not str:
        raise DocumentError(40149, "the sortByCount field must be specified as a string or as an object")
    elif spec[:1] != "$":
        raise DocumentError(
            40148, "the sortByCount field must be defined as a $-prefixed path or an expression inside an object"
        )
    group = compile_group({"_id": spec, "count": {"$sum": 1}}, building.scope)
    return [group, Sort(SortOrder({"count": -1}, building.scope.collation))]
