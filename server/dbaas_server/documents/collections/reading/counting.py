"""``count``."""

from __future__ import annotations

from contextlib import aclosing

from ...errors import Code, DocumentError
from ...match import parse_filter
from ...requests import Count
from ...store import Span
from ..environment import Environment
from ..metadata import Collection
from ..namespace import Namespace
from .again import until_steady
from .answering import answer
from .deadlines import in_time
from .plan import Nothing, Plan, Scan
from .planner import plan_of
from .question import Question, scope_of
from .running import run_of

__all__ = ["count", "count_entries", "prepare_count"]


def prepare_count(collection: Collection | None, request: Count) -> Question:
    """Compile a count.

    Raises:
        DocumentError: whatever is wrong with the request.
    """
    if request.skip < 0 or request.limit < 0:
        raise DocumentError(Code.BadValue, "skip and limit must be non-negative")
    scope = scope_of(collection, request.collation, deadline=request.deadline)
    node = parse_filter(request.query, scope)
    return Question(node, scope, skip=request.skip, limit=request.limit or None, hint=request.hint, first=1_000)


async def count(environment: Environment, namespace: Namespace, request: Count) -> int:
    """How many documents match; of a collection that is not there, none.

    Raises:
        DocumentError: whatever is wrong with the request; ``MaxTimeMSExpired``, ``QueryPlanKilled``.
    """

    async def begin() -> int:
        collection = environment.catalog.get(namespace)
        question = prepare_count(collection, request)
        if collection is None:
            return 0
        plan = plan_of(collection, question)
        counted = await count_entries(environment, collection, question, plan)
        return await _one_by_one(environment, collection, question, plan) if counted is None else counted

    return await until_steady(environment, begin)


async def count_entries(environment: Environment, collection: Collection, question: Question, plan: Plan) -> int | None:
    """As many as there are entries in the plan's ranges; None where that does not tell."""
    scan = plan.source
    if isinstance(scan, Nothing):
        return 0
    if not plan.countable or not isinstance(scan, Scan) or (scan.index is not None and not environment.store.is_atomic):
        return None
    space = collection.documents if scan.index is None else scan.index.space(collection.id)
    most, found = question.most, 0
    for range_ in scan.ranges:
        if most is not None and found >= most:
            break
        span = Span(range_.low, range_.high)
        counting = environment.store.count(space, span, most=None if most is None else most - found)
        found += await in_time(question.scope, counting)
    return max(0, found - question.skip)


async def _one_by_one(environment: Environment, collection: Collection, question: Question, plan: Plan) -> int:
    run = run_of(environment, collection.namespace.database, question.scope)
    found = 0
    async with aclosing(answer(environment, collection, question, plan, run)) as founds:
        async for batch in founds:
            found += len(batch)
    return found
