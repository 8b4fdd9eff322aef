"""Runs pipelines over lists of documents."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from dbaas_server.documents.aggregate import Batches, Leading, Run, Sorter, compile_pipeline
from dbaas_server.documents.expressions.ordering import SortOrder
from dbaas_server.documents.match import compile_filter
from dbaas_server.documents.scope import Scope

__all__ = ["aggregate", "batches", "run_of"]


async def batches(documents: Sequence[Any], size: int = 100) -> AsyncIterator[list[Any]]:
    """The documents, so many at a time."""
    for start in range(0, len(documents), size):
        yield list(documents[start : start + size])


def run_of(scope: Scope, others: Mapping[str, Sequence[Any]] = {}, *, indexed: bool = False, **options: Any) -> Run:
    """A run in which collections are lists."""

    async def read(name: str, leading: Leading) -> Batches:
        context = run_of(scope, others, **options)
        async for batch in led(list(others.get(name, [])), leading, context):
            yield batch

    async def is_indexed(name: str, field: str) -> bool:
        return indexed

    return Run(scope, read, is_indexed, **options)


async def led(documents: list[Any], leading: Leading, context: Run) -> Batches:
    """What a collection's reader does of a pipeline."""
    if leading.match is not None:
        holds = compile_filter(leading.match, context.scope)
        documents = [document for document in documents if holds(document)]
    if leading.sort is not None:
        sorter = Sorter(SortOrder(leading.sort, context.scope.collation), context)
        await sorter.add(documents)
        documents = [document async for batch in sorter.drain() for document in batch]
        sorter.close()
    end = None if leading.limit is None else leading.skip + leading.limit
    documents = documents[leading.skip : end]
    if leading.fields is not None:
        documents = [{name: part for name, part in one.items() if name in leading.fields} for one in documents]
    async for batch in batches(documents):
        yield batch


async def aggregate(
    stages: Any,
    documents: Sequence[Any],
    others: Mapping[str, Sequence[Any]] = {},
    *,
    whole: bool = False,
    **options: Any,
) -> list[Any]:
    """A pipeline's documents.

    Args:
        others: collections for ``$lookup``.
        whole: nothing is handed out; each stage does its own work.
        options: of :class:`Run`; ``scope``.
    """
    scope = options.pop("scope", Scope())
    context = run_of(scope, others, **options)
    pipeline = compile_pipeline(stages, scope)
    if whole:
        running = pipeline.run_whole(batches(documents), context)
    else:
        running = pipeline.run(led(list(documents), pipeline.leading, context), context)
    return [document async for batch in running for document in batch]
