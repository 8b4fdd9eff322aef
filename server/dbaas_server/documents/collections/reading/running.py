"""What a command runs in."""

from __future__ import annotations

from ...aggregate import Batches, Leading, Run
from ...scope import Scope
from ..environment import Environment
from ..namespace import Namespace
from .answering import answer
from .planner import plan_of
from .question import Question

__all__ = ["run_of"]


def run_of(environment: Environment, database: str, scope: Scope, *, allow_disk_use: bool = True) -> Run:
    """A run within a database, whose collections it may read."""

    async def read(name: str, leading: Leading) -> Batches:
        collection = environment.catalog.get(Namespace(database, name))
        if collection is None:
            return
        question = Question.of_leading(leading, scope)
        async for found in answer(environment, collection, question, plan_of(collection, question), run):
            yield found.documents

    async def is_indexed(name: str, field: str) -> bool:
        collection = environment.catalog.get(Namespace(database, name))
        if collection is None:
            return False
        return field == "_id" or any(index.fields[0] == field for index in collection.readable)

    run = Run(scope, read, is_indexed, environment.folder, environment.limits.stage_bytes, allow_disk_use)
    return run
