"""``$sample``: so many documents at random, each set of them as likely as any other."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from ...errors import DocumentError
from ...expressions.numeric import double, rank
from ..run import Batch, Batches, Run, weight
from ..stage import Building, Step, stage

__all__: list[str] = []

_OUT = 1_000


class Sample(Step):
    """A sample, kept while the documents pass by."""

    name = "$sample"
    needs = frozenset()

    def __init__(self, size: int) -> None:
        self._size = size

    async def run(self, source: Batches, context: Run) -> Batches:
        """See :class:`Step`."""
        chosen: Batch = []
        seen = 0
        async for batch in source:
            await context.breathe()
            for document in batch:
                seen += 1
                if len(chosen) < self._size:
                    chosen.append(document)
                elif (place := random.randrange(seen)) < self._size:  # noqa: S311  # a sample, no secret
                    chosen[place] = document
            if weight(chosen) > context.bound:
                raise DocumentError(
                    292,
                    "PlanExecutor error during aggregation :: caused by :: $sample exceeded memory limit of "
                    f"{context.bound} bytes",
                )
        random.shuffle(chosen)
        for start in range(0, len(chosen), _OUT):
            yield chosen[start : start + _OUT]


@stage("$sample")
def _sample(spec: Any, building: Building) -> Sequence[Step]:
    if type(spec) is not dict:
        raise DocumentError(28745, "the $sample stage specification must be an object")
    for key in spec:
        if key != "size":
            raise DocumentError(28748, f"unrecognized option to $sample: {key}")
    if "size" not in spec:
        raise DocumentError(28749, "$sample stage must specify a size")
    if not rank(spec["size"]):
        raise DocumentError(28746, "size argument to $sample must be a number")
    size = double(spec["size"])
    if not 1 <= size < 2**63:
        raise DocumentError(28747, "size argument to $sample must be a positive integer")
    return [Sample(int(size))]
