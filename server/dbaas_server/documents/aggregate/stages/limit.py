"""``$limit`` and ``$skip``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import DocumentError
from ...expressions.numeric import MAX_LONG, integral, rank
from ..run import Batches, Run
from ..stage import Building, Step, stage

__all__ = ["Limit", "Skip", "count_of"]


class Limit(Step):
    """The first so many documents."""

    name = "$limit"
    needs = frozenset()

    def __init__(self, count: int) -> None:
        self.count = count

    async def run(self, source: Batches, context: Run) -> Batches:
        """See :class:`Step`."""
        left = self.count
        if not left:
            return
        async for batch in source:
            if len(batch) >= left:
                yield batch[:left]
                return
            left -= len(batch)
            yield batch


class Skip(Step):
    """All but the first so many."""

    name = "$skip"
    needs = frozenset()

    def __init__(self, count: int) -> None:
        self.count = count

    async def run(self, source: Batches, context: Run) -> Batches:
        """See :class:`Step`."""
        left = self.count
        async for batch in source:
            await context.breathe()
            if left >= len(batch):
                left -= len(batch)
                continue
            yield batch[left:] if left else batch
            left = 0


def count_of(spec: Any, name: str, number: int) -> int:
    """A whole number that is not negative.

    Raises:
        DocumentError: ``number``.
    """
    sentence = f"invalid argument to {name} stage: Expected a non-negative number in: {name}: {spec!r}"
    if not rank(spec):
        raise DocumentError(number, sentence)
    count = integral(spec, number, sentence.replace("{}", ""))
    if not 0 <= count <= MAX_LONG:
        raise DocumentError(number, sentence)
    return count


@stage("$limit")
def _limit(spec: Any, building: Building) -> Sequence[Step]:
    count = count_of(spec, "$limit", 2107201)
    if not count:
        raise DocumentError(15958, "the limit must be positive")
    return [Limit(count)]


@stage("$skip")
def _skip(spec: Any, building: Building) -> Sequence[Step]:
    return [Skip(count_of(spec, "$skip", 5107200))]
