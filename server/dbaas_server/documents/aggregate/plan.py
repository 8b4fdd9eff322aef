"""A compiled pipeline, and running it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .run import Batches, Leading, Run
from .stage import Step

__all__ = ["Pipeline"]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A compiled pipeline.

    Attributes:
        leading: what whoever reads the collection does.
        steps: what is done then.
        whole: all that is done, where there is no collection to read but only documents.
    """

    leading: Leading
    steps: tuple[Step, ...]
    whole: tuple[Step, ...]

    def run(self, source: Batches, context: Run) -> Batches:
        """The pipeline's documents.

        Args:
            source: the collection's, ``leading`` done; closed in the end, whatever the end.
        """
        return _run(self.steps, source, context)

    def run_whole(self, source: Batches, context: Run) -> Batches:
        """As :meth:`run`, of documents of which nothing is done yet."""
        return _run(self.whole, source, context)


async def _run(steps: Sequence[Step], source: Batches, context: Run) -> Batches:
    chain: list[Any] = [source]
    for step in steps:
        chain.append(step.run(chain[-1], context))
    try:
        async for batch in chain[-1]:
            yield batch
            await context.breathe()
    finally:
        for part in reversed(chain):
            close = getattr(part, "aclose", None)
            if close is not None:
                await close()
