"""Stages at a pipeline's head whose documents come from the listener, not out of a collection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..documents.aggregate import Batches, Leading, Run, compile_pipeline
from ..documents.codec import Document, Raw, encode
from ..documents.collections.namespace import Namespace
from ..documents.requests import Aggregate
from ..documents.scope import Scope
from ..documents.values import SIMPLE, parse_collation

if TYPE_CHECKING:
    from .registry import Call

__all__ = ["Source", "read_source", "source", "source_of"]

Source: TypeAlias = "Callable[[Call, Namespace | None, Any], Awaitable[list[Document]]]"
"""The documents that a stage begins a pipeline with; it is given the stage's operand."""

_SOURCES: Final[dict[str, Source]] = {}


def source(stage: str) -> Callable[[Source], Source]:
    """Register a function as the source of a stage's documents."""

    def register(make: Source) -> Source:
        _SOURCES[stage] = make
        return make

    return register


def source_of(pipeline: list[Document]) -> Source | None:
    """What a pipeline begins with, if it is one of these."""
    return _SOURCES.get(next(iter(pipeline[0]), "")) if pipeline and len(pipeline[0]) == 1 else None


async def read_source(
    source: Source, call: Call, namespace: Namespace | None, request: Aggregate
) -> AsyncIterator[list[Raw]]:
    """A pipeline's documents.

    Raises:
        DocumentError: before anything is made, of any stage.
    """
    first, *rest = request.pipeline
    collation = SIMPLE if request.collation is None else parse_collation(request.collation)
    scope = Scope(collation=collation, variables=request.let)
    pipeline = compile_pipeline(rest, scope)
    made = await source(call, namespace, next(iter(first.values())))
    context = Run(scope, _no_collection, _no_index)
    return _raw(pipeline.run_whole(_once(made), context))


async def _raw(batches: Batches) -> AsyncIterator[list[Raw]]:
    async with aclosing(batches) as closing:  # type: ignore[type-var]
        async for batch in closing:
            yield [encode(document) for document in batch]


async def _once(documents: list[Document]) -> Batches:
    if documents:
        yield documents


async def _no_collection(name: str, leading: Leading) -> Batches:
    return
    yield []


async def _no_index(collection: str, field: str) -> bool:
    return False
