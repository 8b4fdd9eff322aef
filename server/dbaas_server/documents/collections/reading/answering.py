"""From a plan to documents: read, looked at again, put in order, counted off."""

from __future__ import annotations

from contextlib import aclosing
from typing import Final

from bson import Int64

from ...aggregate import Run, Sorter
from ...codec import Document
from ...expressions.ordering import SortOrder
from ...match import Always, Node, compile_filter, required_literals
from ...scope import Scope
from ...store import Entry
from ..environment import Environment
from ..metadata import Collection
from .deadlines import in_time
from .found import Found, Founds
from .plan import Plan
from .question import Question
from .scanning import Examined, Reader

__all__ = ["answer"]

_CHUNK: Final = 256
"""Documents that are looked at before others may run."""

_UNFILTERED: Final = 64
"""So many are read at first at least where most of them may not match."""


async def answer(
    environment: Environment,
    collection: Collection,
    question: Question,
    plan: Plan,
    context: Run,
    examined: Examined | None = None,
) -> Founds:
    """The documents that a question asks for, in batches that are never empty.

    Args:
        plan: of this question and this collection.
        examined: where it is counted what was looked at.

    Raises:
        Stale: the collection or an index is not there any more.
        DocumentError: ``MaxTimeMSExpired``; of sorting.
    """
    if question.limit == 0:
        return
    if plan.only_key is not None and not question.skip:
        only = await _only(environment, collection, question.scope, plan.only_key, examined or Examined())
        if only is not None:
            yield only
        return
    is_sorting = question.order is not None and not plan.in_order
    reader = Reader(
        environment,
        collection,
        context,
        first=1_000 if is_sorting else _first(question, plan),
        containing=() if plan.residual is None else required_literals(plan.residual, question.scope.collation),
        once=question.once,
        examined=examined,
    )
    founds = _read(reader, plan, context)
    if plan.residual is not None and not isinstance(plan.residual, Always):
        founds = _matching(founds, plan.residual, question.scope, context)
    if examined is not None:
        founds = _tallied(founds, examined)
    if is_sorting:
        assert question.order is not None
        founds = _sorted(founds, question.order, question.most, context)
    if question.skip or question.limit is not None:
        founds = _counted_off(founds, question.skip, question.limit)
    async with aclosing(founds):
        async for found in founds:
            yield found


def _first(question: Question, plan: Plan) -> int:
    wanted = question.first + question.skip
    if question.most is not None:
        wanted = min(wanted, question.most)
    return wanted if plan.residual is None else max(wanted, _UNFILTERED)


async def _only(
    environment: Environment, collection: Collection, scope: Scope, key: bytes, examined: Examined
) -> Found | None:
    """One document by its key, which most questions are about; no iterator, which would have to be closed."""
    entry = (await in_time(scope, environment.store.get(collection.documents, [key]))).get(key)
    if entry is None:
        return None
    examined.keys = examined.documents = examined.matched = 1
    return Found([entry])


async def _read(reader: Reader, plan: Plan, context: Run) -> Founds:
    async with aclosing(reader.read(plan.source)) as batches:
        async for batch in batches:
            yield Found(batch)
            await context.breathe()


async def _matching(founds: Founds, node: Node, scope: Scope, context: Run) -> Founds:
    matches = compile_filter(node, scope)
    async with aclosing(founds):
        async for whole in founds:
            entries: list[Entry] = []
            documents: list[Document] = []
            for start in range(0, len(whole), _CHUNK):
                part = whole.part(start, start + _CHUNK)
                for entry, document in zip(part.entries, part.documents, strict=True):
                    if matches(document):
                        entries.append(entry)
                        documents.append(document)
                    if context.is_out_of_breath():
                        await context.breathe()
            if entries:
                yield Found(entries, documents)


async def _tallied(founds: Founds, examined: Examined) -> Founds:
    async with aclosing(founds):
        async for found in founds:
            examined.matched += len(found)
            yield found


async def _sorted(founds: Founds, order: SortOrder, most: int | None, context: Run) -> Founds:
    """All of them in order. What is kept meanwhile are bytes, and the fields that they are sorted by."""
    fields = tuple({path[0] for path in order.paths})
    sorter = Sorter(order, context, most)
    try:
        async with aclosing(founds):
            async for found in founds:
                await sorter.add(_packed(found, fields))
                await context.breathe()
        async for batch in sorter.drain():
            yield Found([Entry(*document[_ENTRY]) for document in batch])
            await context.breathe()
    finally:
        sorter.close()


_ENTRY: Final = "$entry"
"""A name that no field of an order starts with."""


def _packed(found: Found, fields: tuple[str, ...]) -> list[Document]:
    """Documents made of an entry and the fields to sort by."""
    packed = []
    for entry, document in zip(found.entries, found.documents, strict=True):
        kept: Document = {name: document[name] for name in fields if name in document}
        kept[_ENTRY] = [entry.key, entry.value, Int64(entry.version)]
        packed.append(kept)
    return packed


async def _counted_off(founds: Founds, skip: int, limit: int | None) -> Founds:
    async with aclosing(founds):
        async for found in founds:
            if skip >= len(found):
                skip -= len(found)
                continue
            if skip:
                found, skip = found.part(skip), 0
            if limit is not None:
                found = found.part(0, limit)
                limit -= len(found)
            yield found
            if limit == 0:
                return
