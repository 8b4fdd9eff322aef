"""``delete``: one document that matches, or all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..codec import Document
from ..errors import Code, DocumentError
from ..requests import DeleteSpec, WriteContext, Written
from .changes import Change
from .environment import Environment
from .namespace import Namespace
from .reading.locate import Located
from .reading.question import scope_of
from .retrying import Record
from .statements import Selection, change_all, change_one
from .tally import carry_out_all
from .writer import Gone, Writer, conflict

__all__ = ["delete", "remove"]


async def delete(
    environment: Environment,
    namespace: Namespace,
    deletes: Sequence[DeleteSpec],
    *,
    ordered: bool,
    context: WriteContext,
) -> Written:
    """Carry out the statements of a ``delete``, one after the other.

    Args:
        ordered: the first that fails is the last.

    Raises:
        DocumentError: of the whole command; what is wrong with a single statement is in the answer.
    """
    namespace.check_writable()
    record = await environment.sessions.record(environment, context.retry)
    acts = (
        _Statement(environment, namespace, context, record, place, spec).carry_out for place, spec in enumerate(deletes)
    )
    tally = await carry_out_all(record, environment.limits.attempts, acts, ordered=ordered)
    return Written(tally.n, tally.errors, tally.retried)


@dataclass(frozen=True, slots=True)
class _Statement:
    environment: Environment
    namespace: Namespace
    context: WriteContext
    record: Record | None
    place: int
    spec: DeleteSpec

    async def carry_out(self) -> Document:
        """``n``."""
        spec = self.spec
        if not spec.limit and self.record is not None:
            raise DocumentError(Code.InvalidOptions, "Cannot use retryable writes with limit=0")
        for _ in range(self.environment.limits.attempts):
            collection = self.environment.catalog.get(self.namespace)
            scope = scope_of(collection, spec.collation, variables=spec.let, deadline=self.context.deadline)
            selection = Selection.of(spec.q, scope, spec.hint)
            if collection is None:
                return {"n": 0}
            writer = Writer(self.environment, collection, self.record)
            try:
                if spec.limit:
                    return await change_one(writer, self.place, selection, remove, _of_delete) or {"n": 0}
                return {"n": (await change_all(writer, selection, remove)).changed}
            except Gone:
                continue
        raise conflict()


def remove(located: Located) -> Change:
    """A document's end."""
    return Change(located.key, before=located.document, version=located.version)


def _of_delete(located: Located, change: Change | None) -> Document:
    return {"n": 1}
