"""What a command runs in."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TypeVar

from ...aggregate import Batches, Leading, Run
from ...codec import Raw
from ...scope import Scope
from ..environment import Environment
from ..namespace import Namespace
from .answering import answer
from .planner import plan_of
from .question import Question

__all__ = ["not_counting_pauses", "run_of", "within"]

T = TypeVar("T")


def run_of(environment: Environment, database: str, scope: Scope, *, allow_disk_use: bool = True) -> Run:
    """A run within a database, whose collections it may read."""

    async def read(name: str, leading: Leading) -> Batches:
        collection = environment.catalog.get(Namespace(database, name))
        if collection is None:
            return
        question = Question.of_leading(leading, scope)
        founds = answer(environment, collection, question, plan_of(collection, question), run)
        async with aclosing(founds):
            async for found in founds:
                yield found.documents

    async def is_indexed(name: str, field: str) -> bool:
        collection = environment.catalog.get(Namespace(database, name))
        if collection is None:
            return False
        return field == "_id" or any(index.fields[0] == field for index in collection.readable)

    run = Run(scope, read, is_indexed, environment.folder, environment.limits.stage_bytes, allow_disk_use)
    return run


async def not_counting_pauses(batches: AsyncGenerator[T, None], run: Run) -> AsyncGenerator[T, None]:
    """The same; the time until somebody asks for more is none of that which the run has (``maxTimeMS``)."""
    async with aclosing(batches):
        async for batch in batches:
            paused = time.monotonic()
            yield batch
            if run.scope.deadline is not None:
                run.scope = replace(run.scope, deadline=run.scope.deadline + time.monotonic() - paused)


async def within(batches: AsyncGenerator[list[Raw], None], most: int) -> AsyncGenerator[list[Raw], None]:
    """The same documents in batches of so many bytes, or of one document."""
    async with aclosing(batches):
        async for batch in batches:
            for part in _parts(batch, most):
                yield part


def _parts(batch: list[Raw], most: int) -> Sequence[list[Raw]]:
    if sum(map(len, batch)) <= most:
        return (batch,)
    parts: list[list[Raw]] = [[]]
    size = 0
    for raw in batch:
        if parts[-1] and size + len(raw) > most:
            parts.append([])
            size = 0
        parts[-1].append(raw)
        size += len(raw)
    return parts
