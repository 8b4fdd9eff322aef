"""``find``."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from ...codec import Raw
from ...errors import Code, DocumentError
from ...match import parse_filter
from ...projection import Projection, compile_projection
from ...requests import Find
from ..environment import Environment
from ..metadata import Collection
from ..namespace import Namespace
from .again import steadily
from .answering import answer
from .plan import Plan
from .planner import plan_of
from .question import Question, order_of, scope_of
from .running import not_counting_pauses, run_of, within
from .shaping import shape_of, shaped

__all__ = ["PreparedFind", "find", "prepare_find"]


@dataclass(frozen=True, slots=True)
class PreparedFind:
    """A find, compiled and planned; ``plan`` is None where there is no collection."""

    collection: Collection | None
    question: Question
    projection: Projection | None
    plan: Plan | None


def prepare_find(collection: Collection | None, request: Find) -> PreparedFind:
    """Compile and plan.

    Raises:
        DocumentError: whatever is wrong with the request.
    """
    scope = scope_of(collection, request.collation, variables=request.let, deadline=request.deadline)
    if request.skip < 0 or request.limit < 0:
        raise DocumentError(Code.BadValue, "skip and limit must be non-negative")
    node = parse_filter(request.filter, scope)
    projection = compile_projection(request.projection, scope, node) if request.projection else None
    order, natural = order_of(request.sort, scope)
    question = Question(
        node=node,
        scope=scope,
        order=order,
        skip=request.skip,
        limit=request.limit or None,
        hint=request.hint or natural,
        low=request.min,
        high=request.max,
        first=request.batch_hint,
    )
    plan = None if collection is None else plan_of(collection, question)
    return PreparedFind(collection, question, projection, plan)


def find(environment: Environment, namespace: Namespace, request: Find) -> AsyncGenerator[list[Raw], None]:
    """``find``'s documents; a collection that is not there is empty.

    Returns:
        Batches that are never empty, of ``limits.batch_bytes`` at most. Nothing is held open between two.

    Raises:
        DocumentError: at once, when called: whatever is wrong with the request. By a batch: ``MaxTimeMSExpired``,
            ``QueryPlanKilled``, what evaluating raises.
    """
    return steadily(
        environment,
        namespace,
        lambda collection: prepare_find(collection, request),
        lambda prepared: _found(environment, request, prepared),
    )


async def _found(environment: Environment, request: Find, prepared: PreparedFind) -> AsyncGenerator[list[Raw], None]:
    collection, plan, question = prepared.collection, prepared.plan, prepared.question
    if collection is None or plan is None:
        return
    database = collection.namespace.database
    run = run_of(environment, database, question.scope, allow_disk_use=request.allow_disk_use)
    shape = shape_of(prepared.projection, plan, return_key=request.return_key, show_record_id=request.show_record_id)
    documents = shaped(answer(environment, collection, question, plan, run), shape, run)
    async with aclosing(not_counting_pauses(within(documents, environment.limits.batch_bytes), run)) as batches:
        async for batch in batches:
            yield batch
