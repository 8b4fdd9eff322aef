"""``aggregate``."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from ...aggregate import Batches, Pipeline, Step, compile_pipeline
from ...codec import Document, Raw, encode
from ...errors import Code, DocumentError
from ...requests import Aggregate
from ..environment import Environment
from ..metadata import Collection
from ..namespace import Namespace
from .again import steadily
from .answering import answer
from .counting import count_entries
from .found import Founds
from .plan import Plan
from .planner import plan_of
from .question import Question, scope_of
from .running import not_counting_pauses, run_of, within

__all__ = ["PreparedAggregate", "aggregate", "prepare_aggregate"]

_ALIKE: Final = 4_096
"""Documents of which no field matters, in one batch."""

_NO_FIELDS: Final[Document] = {}


@dataclass(frozen=True, slots=True)
class PreparedAggregate:
    """A pipeline, compiled, and how what it begins with is read; ``plan`` is None where there is no collection."""

    collection: Collection | None
    pipeline: Pipeline
    question: Question
    plan: Plan | None


def prepare_aggregate(collection: Collection | None, request: Aggregate) -> PreparedAggregate:
    """Compile and plan.

    Raises:
        DocumentError: whatever is wrong with the request.
    """
    scope = scope_of(collection, request.collation, variables=request.let, deadline=request.deadline)
    pipeline = compile_pipeline(request.pipeline, scope)
    first = 1_000 if pipeline.steps else request.batch_hint
    question = Question.of_leading(pipeline.leading, scope, hint=request.hint, first=first)
    plan = None if collection is None else plan_of(collection, question)
    return PreparedAggregate(collection, pipeline, question, plan)


def aggregate(
    environment: Environment, namespace: Namespace | None, request: Aggregate
) -> AsyncGenerator[list[Raw], None]:
    """``aggregate``'s documents; a collection that is not there is empty.

    Args:
        namespace: None: of no collection, which no stage that is here is about.

    Returns:
        Batches that are never empty, of ``limits.batch_bytes`` at most.

    Raises:
        DocumentError: at once, when called: whatever is wrong with the request. By a batch: ``MaxTimeMSExpired``,
            ``QueryPlanKilled``, what evaluating raises.
    """
    if namespace is None:
        prepare_aggregate(None, request)
        first = next(iter(request.pipeline[0])) if request.pipeline else ""
        raise DocumentError(
            Code.InvalidNamespace, f"{{aggregate: 1}} is not valid for '{first}'; a collection is required."
        )
    return steadily(
        environment,
        namespace,
        lambda collection: prepare_aggregate(collection, request),
        lambda prepared: _batches(environment, request, prepared),
    )


async def _batches(
    environment: Environment, request: Aggregate, prepared: PreparedAggregate
) -> AsyncGenerator[list[Raw], None]:
    collection, plan, question = prepared.collection, prepared.plan, prepared.question
    if collection is None or plan is None:
        return
    database = collection.namespace.database
    run = run_of(environment, database, question.scope, allow_disk_use=request.allow_disk_use)
    founds = answer(environment, collection, question, plan, run)
    steps = prepared.pipeline.steps
    if not steps:
        documents = _untouched(founds)
    else:
        counted = await count_entries(environment, collection, question, plan) if _are_counted_only(steps) else None
        source = _decoded(founds, plan, steps) if counted is None else _alike(counted)
        documents = _encoded(prepared.pipeline.run(source, run))
    async with aclosing(not_counting_pauses(within(documents, environment.limits.batch_bytes), run)) as batches:
        async for batch in batches:
            yield batch


def _are_counted_only(steps: Sequence[Step]) -> bool:
    """Whether no field of any document matters."""
    for step in steps:
        if step.needs != frozenset():
            return False
        if step.cuts:
            return True
    return False


async def _untouched(founds: Founds) -> AsyncGenerator[list[Raw], None]:
    async with aclosing(founds):
        async for found in founds:
            yield [entry.value for entry in found.entries]


async def _decoded(founds: Founds, plan: Plan, steps: Sequence[Step]) -> Batches:
    is_needless = plan.residual is None and _are_counted_only(steps)
    async with aclosing(founds):
        async for found in founds:
            yield [_NO_FIELDS] * len(found) if is_needless else found.documents


async def _alike(count: int) -> Batches:
    for start in range(0, count, _ALIKE):
        yield [_NO_FIELDS] * min(_ALIKE, count - start)


async def _encoded(batches: Batches) -> AsyncGenerator[list[Raw], None]:
    try:
        async for batch in batches:
            yield [encode(document) for document in batch]
    finally:
        await batches.aclose()  # type: ignore[attr-defined]
