"""``explain``: how a command would be, or is, carried out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from ..aggregate import Step
from ..codec import Document
from ..match import parse_filter
from ..requests import Aggregate, Count, DeleteSpec, Distinct, Find, UpdateSpec
from .environment import Environment
from .metadata import Collection
from .namespace import Namespace
from .reading.again import until_steady
from .reading.aggregating import prepare_aggregate
from .reading.answering import answer
from .reading.counting import count_entries, prepare_count
from .reading.distinguishing import prepare_distinct
from .reading.finding import prepare_find
from .reading.plan import Plan
from .reading.planner import plan_of
from .reading.question import Question, order_of, scope_of
from .reading.running import run_of
from .reading.scanning import Examined
from .reading.stages import count_stages, find_stages, stages_of, with_numbers

__all__ = ["explain"]


@dataclass(frozen=True, slots=True)
class _Explained:
    """A command, planned.

    Attributes:
        steps: of a pipeline, what is done with what is read.
    """

    question: Question
    plan: Plan | None
    filter: Document
    tree: Document
    steps: Sequence[Step] = ()
    pipeline: Sequence[Document] = ()
    counts: bool = False
    writes: bool = False


async def explain(
    environment: Environment,
    namespace: Namespace,
    request: Find | Aggregate | Count | Distinct | UpdateSpec | DeleteSpec,
    verbosity: str,
) -> Document:
    """``explain``'s answer but for ``serverInfo`` and ``ok``. An update or a delete is planned, never done.

    Args:
        verbosity: ``queryPlanner``; with ``executionStats`` or ``allPlansExecution`` what is read is read.

    Raises:
        DocumentError: what the command itself raises.
    """

    async def begin() -> Document:
        collection = environment.catalog.get(namespace)
        explained = _explained(collection, request)
        planner: Document = {
            "namespace": str(namespace),
            "indexFilterSet": False,
            "parsedQuery": explained.filter,
            "maxIndexedOrSolutionsReached": False,
            "maxIndexedAndSolutionsReached": False,
            "maxScansToExplodeReached": False,
            "winningPlan": explained.tree,
            "rejectedPlans": [],
        }
        cursor: Document = {"queryPlanner": planner}
        if verbosity != "queryPlanner":
            cursor["executionStats"] = await _carried_out(environment, collection, explained)
            if verbosity == "allPlansExecution":
                cursor["executionStats"]["allPlansExecution"] = []
        return {"explainVersion": "1", **_staged(cursor, explained)}

    return await until_steady(environment, begin)


def _staged(cursor: Document, explained: _Explained) -> Document:
    """A pipeline's stages behind the one that reads, where there are any."""
    if not explained.steps:
        return cursor
    given = list(explained.pipeline)
    stages: list[Document] = [{"$cursor": cursor}]
    for step in explained.steps:
        same = next((stage for stage in given if step.name in stage), None)
        if same is not None:
            given.remove(same)
        stages.append({step.name: {} if same is None else same[step.name]})
    return {"stages": stages}


async def _carried_out(environment: Environment, collection: Collection | None, explained: _Explained) -> Document:
    question, plan = explained.question, explained.plan
    examined, returned, began = Examined(), 0, time.monotonic()
    if collection is not None and plan is not None:
        counted = await count_entries(environment, collection, question, plan) if explained.counts else None
        if counted is not None:
            examined.keys = 0 if explained.tree["inputStage"]["stage"] == "RECORD_STORE_FAST_COUNT" else counted
        else:
            run = run_of(environment, collection.namespace.database, question.scope)
            async with aclosing(answer(environment, collection, question, plan, run, examined)) as founds:
                async for found in founds:
                    returned += len(found)
    tree = explained.tree
    if explained.writes:
        tree = {**tree, "nMatched" if tree["stage"] == "UPDATE" else "nWouldDelete": returned}
    if explained.counts or explained.writes:
        returned = 0
    return {
        "executionSuccess": True,
        "nReturned": returned,
        "executionTimeMillis": int((time.monotonic() - began) * 1_000),
        "totalKeysExamined": examined.keys,
        "totalDocsExamined": examined.documents,
        "executionStages": with_numbers(tree, examined, returned),
    }


# --- each command ---------------------------------------------------------------------------------------------------


def _explained(
    collection: Collection | None, request: Find | Aggregate | Count | Distinct | UpdateSpec | DeleteSpec
) -> _Explained:
    match request:
        case Find():
            found = prepare_find(collection, request)
            tree = find_stages(found.plan, found.question, request.filter, found.projection, request.projection)
            return _Explained(found.question, found.plan, request.filter, tree)
        case Aggregate():
            piped = prepare_aggregate(collection, request)
            filter = _leading_filter(request.pipeline)
            tree = stages_of(piped.plan, piped.question, filter)
            return _Explained(piped.question, piped.plan, filter, tree, piped.pipeline.steps, request.pipeline)
        case Count():
            question = prepare_count(collection, request)
            plan = _plan(collection, question)
            tree = count_stages(plan, question, request.query)
            return _Explained(question, plan, request.query, tree, counts=True)
        case Distinct():
            question = prepare_distinct(collection, request)
            plan = _plan(collection, question)
            return _Explained(question, plan, request.query, stages_of(plan, question, request.query))
        case UpdateSpec() | DeleteSpec():
            return _of_write(collection, request)


def _of_write(collection: Collection | None, request: UpdateSpec | DeleteSpec) -> _Explained:
    scope = scope_of(collection, request.collation, variables=request.let)
    is_update = isinstance(request, UpdateSpec)
    order, natural = order_of(request.sort if isinstance(request, UpdateSpec) else None, scope)
    limit = (None if request.multi else 1) if isinstance(request, UpdateSpec) else request.limit or None
    question = Question(parse_filter(request.q, scope), scope, order, limit=limit, hint=request.hint or natural)
    plan = _plan(collection, question)
    # That a write ends with its first document is no stage of its own.
    shown = replace(question, limit=None)
    tree = {"stage": "UPDATE" if is_update else "DELETE", "inputStage": stages_of(plan, shown, request.q)}
    return _Explained(question, plan, request.q, tree, writes=True)


def _plan(collection: Collection | None, question: Question) -> Plan | None:
    return None if collection is None else plan_of(collection, question)


def _leading_filter(pipeline: Sequence[Document]) -> Document:
    """The filter that a pipeline begins with, as it was given."""
    filters = []
    for stage in pipeline:
        if "$match" not in stage:
            break
        filters.append(stage["$match"])
    return filters[0] if len(filters) == 1 else {"$and": filters} if filters else {}
