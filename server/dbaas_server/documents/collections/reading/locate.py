"""Documents for whoever is about to change them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from ...codec import Document, Raw
from ...expressions.ordering import SortOrder
from ...match import Node
from ...requests import Hint
from ...scope import Scope
from ..environment import Environment
from ..metadata import Collection
from .answering import answer
from .planner import plan_of
from .question import Question
from .running import run_of

__all__ = ["Located", "locate"]


@dataclass(frozen=True, slots=True)
class Located:
    """A document as it was read.

    Attributes:
        key: in :attr:`~..metadata.Collection.documents`.
        version: to change it only if it is still this one.
    """

    key: bytes
    raw: Raw
    version: int
    document: Document


def locate(
    environment: Environment,
    collection: Collection,
    node: Node,
    scope: Scope,
    *,
    hint: Hint = None,
    sort: SortOrder | None = None,
    limit: int | None = None,
    batch: int = 500,
) -> AsyncGenerator[list[Located], None]:
    """Documents that match, each once, also if it is changed meanwhile so that an index has it twice.

    Args:
        node: parsed under ``scope``.
        sort: None: in any order.
        limit: None: all.
        batch: how many come at a time, at most.

    Returns:
        Batches that are never empty. Nothing is held open between two.

    Raises:
        DocumentError: at once: ``BadValue``, the hint is no index.
        Stale: by the first batch or by a later one: the collection, or an index, is not there any more.
    """
    question = Question(node, scope, sort, limit=limit, hint=hint, first=batch, once=True)
    plan = plan_of(collection, question)

    async def located() -> AsyncGenerator[list[Located], None]:
        context = run_of(environment, collection.namespace.database, scope)
        async with aclosing(answer(environment, collection, question, plan, context)) as founds:
            async for found in founds:
                for start in range(0, len(found), batch):
                    part = found.part(start, start + batch)
                    yield [
                        Located(entry.key, entry.value, entry.version, document)
                        for entry, document in zip(part.entries, part.documents, strict=True)
                    ]

    return located()
