"""``findAndModify``: one document changed or removed, and given back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..codec import Document, Raw, encode
from ..errors import Code, DocumentError
from ..projection import compile_projection
from ..requests import FindAndModify, Modified, WriteContext
from ..update import Update, compile_update
from .changes import Change
from .deleting import remove
from .environment import Environment
from .metadata import Collection
from .namespace import Namespace
from .reading.locate import Located
from .reading.question import order_of, scope_of
from .retrying import Record
from .statements import Selection, change_one, once
from .updating import changer
from .upserting import upsert
from .writer import Gone, Writer, conflict

__all__ = ["find_and_modify"]

_NOTHING: Document = {"n": 0, "value": None}


async def find_and_modify(
    environment: Environment, namespace: Namespace, request: FindAndModify, *, context: WriteContext
) -> Modified:
    """Carry out a ``findAndModify``; a retry of it gives back the same document.

    Raises:
        DocumentError: it cannot be done.
    """
    namespace.check_writable()
    if request.update is None and request.upsert:
        raise DocumentError(Code.FailedToParse, "Cannot specify both upsert=true and remove=true")
    if request.update is None and request.new:
        raise DocumentError(
            Code.FailedToParse,
            "Cannot specify both new=true and remove=true; 'remove' always returns the deleted document",
        )
    record = await environment.sessions.record(environment, context.retry)
    statement = _Statement(environment, namespace, context, record, request)
    result, _ = await once(record, 0, environment.limits.attempts, statement.carry_out)
    return Modified(
        value=result["value"],
        n=result["n"],
        updated_existing=bool(result.get("existing")),
        is_upsert="upserted" in result,
        upserted=result.get("upserted"),
    )


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement under its collection's options.

    Attributes:
        update: None removes.
        show: a document as bytes, projected.
    """

    selection: Selection
    update: Update | None
    show: Callable[[Document, Raw], Raw]


@dataclass(frozen=True, slots=True)
class _Statement:
    environment: Environment
    namespace: Namespace
    context: WriteContext
    record: Record | None
    request: FindAndModify

    async def carry_out(self) -> Document:
        """``n``, ``value``, ``existing`` where a document was updated, ``upserted`` where one was inserted."""
        for _ in range(self.environment.limits.attempts):
            collection = self.environment.catalog.get(self.namespace)
            compiled = self._compile(collection)
            if collection is None:
                if not self.request.upsert:
                    return _NOTHING
                collection = await self.environment.catalog.ensure(self.namespace)
            try:
                result = await self._modify(Writer(self.environment, collection, self.record), compiled)
            except Gone:
                continue
            if result is not None:
                return result
        raise conflict()

    def _compile(self, collection: Collection | None) -> _Compiled:
        request = self.request
        scope = scope_of(collection, request.collation, variables=request.let, deadline=self.context.deadline)
        order, natural = order_of(request.sort, scope)
        selection = Selection.of(request.query, scope, natural or request.hint, order)
        update = None if request.update is None else compile_update(request.update, scope, request.array_filters)
        if not request.fields:
            return _Compiled(selection, update, lambda document, raw: raw)
        run = compile_projection(request.fields, scope, selection.node).run
        return _Compiled(selection, update, lambda document, raw: encode(run(document)))

    async def _modify(self, writer: Writer, compiled: _Compiled) -> Document | None:
        """The answer; None: somebody else inserted meanwhile what was to be."""
        selection, new, show = compiled.selection, self.request.new, compiled.show

        def changed(located: Located, change: Change | None) -> Document:
            if new and change is not None and change.after is not None:
                value = show(change.after, change.raw)
            else:
                value = show(located.document, located.raw)
            return {"n": 1, "value": value, "existing": compiled.update is not None}

        def inserted(document: Document) -> Document:
            value = show(document, encode(document)) if new else None
            return {"n": 1, "value": value, "upserted": document["_id"]}

        if compiled.update is None:
            return await change_one(writer, 0, selection, remove, changed) or _NOTHING
        make = changer(writer, selection, compiled.update, self.context)
        result = await change_one(writer, 0, selection, make, changed)
        if result is None and self.request.upsert:
            return await upsert(writer, 0, selection.node, compiled.update, self.context, inserted)
        return result or _NOTHING
