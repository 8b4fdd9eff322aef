"""``update``: operators, replacements and pipelines, of one document or many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..codec import Document, encode
from ..errors import Code, DocumentError
from ..requests import Updated, UpdateSpec, WriteContext
from ..update import Update, compile_update
from .changes import Change
from .environment import Environment
from .metadata import Collection
from .namespace import Namespace
from .reading.locate import Located
from .reading.question import order_of, scope_of
from .retrying import Record
from .statements import Make, Selection, change_all, change_one
from .tally import carry_out_all
from .upserting import upsert
from .validation import validate
from .writer import Gone, Writer, conflict

__all__ = ["changer", "update"]


async def update(
    environment: Environment,
    namespace: Namespace,
    updates: Sequence[UpdateSpec],
    *,
    ordered: bool,
    context: WriteContext,
) -> Updated:
    """Carry out the statements of an ``update``, one after the other.

    Args:
        ordered: the first that fails is the last.

    Raises:
        DocumentError: of the whole command; what is wrong with a single statement is in the answer.
    """
    namespace.check_writable()
    record = await environment.sessions.record(environment, context.retry)
    acts = (
        _Statement(environment, namespace, context, record, place, spec).carry_out for place, spec in enumerate(updates)
    )
    tally = await carry_out_all(record, environment.limits.attempts, acts, ordered=ordered)
    return Updated(tally.n, tally.modified, tally.upserted, tally.errors, tally.retried)


@dataclass(frozen=True, slots=True)
class _Statement:
    environment: Environment
    namespace: Namespace
    context: WriteContext
    record: Record | None
    place: int
    spec: UpdateSpec

    async def carry_out(self) -> Document:
        """``n``, ``modified`` and, if a document was inserted, ``upserted``, its ``_id``."""
        for _ in range(self.environment.limits.attempts):
            collection = self.environment.catalog.get(self.namespace)
            selection, compiled = self._compile(collection)
            if collection is None:
                if not self.spec.upsert:
                    return {"n": 0, "modified": 0}
                collection = await self.environment.catalog.ensure(self.namespace)
            writer = Writer(self.environment, collection, self.record)
            try:
                result = await self._update(writer, selection, compiled)
                if result is None and self.spec.upsert:
                    result = await upsert(writer, self.place, selection.node, compiled, self.context, _of_upsert)
                elif result is None:
                    result = {"n": 0, "modified": 0}
            except Gone:
                continue
            if result is not None:
                return result
        raise conflict()

    def _compile(self, collection: Collection | None) -> tuple[Selection, Update]:
        spec = self.spec
        if spec.multi and self.record is not None:
            raise DocumentError(Code.InvalidOptions, "Cannot use retryable writes with multi=true")
        if spec.multi and spec.sort:
            raise DocumentError(Code.FailedToParse, "Cannot specify sort with multi=true")
        scope = scope_of(collection, spec.collation, variables={**spec.let, **spec.c}, deadline=self.context.deadline)
        order, natural = order_of(spec.sort, scope)
        selection = Selection.of(spec.q, scope, natural or spec.hint, order)
        compiled = compile_update(spec.u, scope, spec.array_filters)
        if spec.multi and compiled.is_replacement:
            raise DocumentError(Code.FailedToParse, "multi update is not supported for replacement-style update")
        return selection, compiled

    async def _update(self, writer: Writer, selection: Selection, compiled: Update) -> Document | None:
        make = changer(writer, selection, compiled, self.context)
        if not self.spec.multi:
            return await change_one(writer, self.place, selection, make, _of_update)
        count = await change_all(writer, selection, make)
        return {"n": count.matched, "modified": count.changed} if count.matched else None


def changer(writer: Writer, selection: Selection, compiled: Update, context: WriteContext) -> Make:
    """A function that makes of a document that matches what the update makes of it."""

    def make(located: Located) -> Change | None:
        after = compiled.apply(located.document, selection.node)
        if after is None:
            return None
        if not context.bypass_validation:
            validate(writer.collection, after, located.document)
        return Change(located.key, after, encode(after), located.document, located.version)

    return make


def _of_update(located: Located, change: Change | None) -> Document:
    return {"n": 1, "modified": int(change is not None)}


def _of_upsert(document: Document) -> Document:
    return {"n": 1, "modified": 0, "upserted": document["_id"]}
