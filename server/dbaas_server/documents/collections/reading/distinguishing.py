"""``distinct``."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import aclosing
from typing import Any

from ...codec import MISSING, Document, encode
from ...errors import Code, DocumentError
from ...match import parse_filter
from ...paths import Path, candidates, split
from ...requests import Distinct
from ...values import hasher
from ..environment import Environment
from ..metadata import Collection
from ..namespace import Namespace
from .again import until_steady
from .answering import answer
from .planner import plan_of
from .question import Question, scope_of
from .running import run_of
from .skipping import index_of_values, values_by_index

__all__ = ["distinct", "prepare_distinct"]

_TOO_BIG = 17217


def prepare_distinct(collection: Collection | None, request: Distinct) -> Question:
    """Compile the question of a ``distinct``.

    Raises:
        DocumentError: whatever is wrong with the request.
    """
    if "\0" in request.key:
        raise DocumentError(Code.BadValue, "Key field cannot contain an embedded null byte")
    scope = scope_of(collection, request.collation, deadline=request.deadline)
    return Question(parse_filter(request.query, scope), scope, hint=request.hint, first=1_000)


async def distinct(environment: Environment, namespace: Namespace, request: Distinct) -> list[Any]:
    """The values of a field, each once; of an array, its elements.

    Raises:
        DocumentError: whatever is wrong with the request; 17217: the values do not fit a document.
    """

    async def begin() -> list[Any]:
        collection = environment.catalog.get(namespace)
        question = prepare_distinct(collection, request)
        return [] if collection is None else await _values(environment, collection, question, split(request.key))

    return await until_steady(environment, begin)


async def _values(environment: Environment, collection: Collection, question: Question, path: Path) -> list[Any]:
    run = run_of(environment, collection.namespace.database, question.scope)
    index = index_of_values(collection, question, ".".join(path))
    by_index = None if index is None else await values_by_index(environment, collection, index, run)
    if by_index is not None:
        return list(by_index)
    hash_of = hasher(question.scope.collation)
    values: dict[Hashable, Any] = {}
    async with aclosing(answer(environment, collection, question, plan_of(collection, question), run)) as founds:
        async for found in founds:
            for document in found.documents:
                for value in _of_document(document, path):
                    values.setdefault(hash_of(value), value)
                if run.is_out_of_breath():
                    await run.breathe()
            await run.breathe()
    each = list(values.values())
    try:
        encode({"values": each})
    except DocumentError as error:
        if error.number != Code.BSONObjectTooLarge:
            raise
        raise DocumentError(_TOO_BIG, "distinct too big, 16mb cap") from None
    return each


def _of_document(document: Document, path: Path) -> Iterator[Any]:
    for value in candidates(document, path, leaves=False):
        if type(value) is list:
            yield from value
        elif value is not MISSING:
            yield value
