"""What updates, deletes and ``findAndModify`` have in common: statements, and the documents that they mean."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from dbaas_provisioning.errors import Unavailable

from ..codec import Document, decode
from ..errors import Code, DocumentError
from ..expressions.ordering import SortOrder
from ..match import And, Leaf, Node, Predicate, compile_filter, parse_filter
from ..requests import Hint
from ..scope import Scope
from ..steps import breathe
from ..store import Stale
from .changes import Change
from .entries import id_key
from .reading.locate import Located, locate
from .retrying import Record
from .writer import Denied, Gone, Repeated, Writer, conflict, partly

__all__ = ["Make", "Selection", "Tell", "change_all", "change_one", "once"]

Make = Callable[[Located], Change | None]
"""What is to become of a document that matches; None: it stays as it is."""

Tell = Callable[[Located, Change | None], Document]
"""What the statement answers."""

_MOST_DOCUMENTS: Final = 500
_MOST_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Selection:
    """Which documents a statement means, checked.

    Attributes:
        key: the only document's that can match, where the filter says which.
    """

    node: Node
    matches: Predicate
    scope: Scope
    hint: Hint = None
    order: SortOrder | None = None
    key: bytes | None = None

    @classmethod
    def of(cls, query: Document, scope: Scope, hint: Hint = None, order: SortOrder | None = None) -> Selection:
        """From a statement's filter. Raises ``DocumentError``."""
        node = parse_filter(query, scope)
        return cls(node, compile_filter(node, scope), scope, hint, order, _key(node, scope) if hint is None else None)


def _key(node: Node, scope: Scope) -> bytes | None:
    """The key of a filter's ``_id``; None where it has none, or where a collation makes several values equal to it."""
    for part in node.children if isinstance(node, And) else (node,):
        match part:
            case Leaf("_id", "$eq", value) if scope.collation.is_simple or not isinstance(value, str | dict | list):
                return id_key(value)
    return None


async def once(
    record: Record | None, place: int, attempts: int, act: Callable[[], Awaitable[Document]]
) -> tuple[Document, bool]:
    """What a statement answers, and whether it was done before.

    Args:
        record: None for a command that is not retried.
        act: carries the statement out.

    Raises:
        DocumentError: what ``act`` raises, if the statement was not done before.
    """
    await breathe()
    if record is None:
        return await act(), False
    for _ in range(attempts):
        if (known := record.result(place)) is not None:
            return known, True
        try:
            result = await act()
        except Repeated:
            continue
        except DocumentError:
            if (known := await record.surely(place)) is None:
                raise
            return known, True
        if record.result(place) is None and (known := await record.surely(place)) is not None:
            return known, True
        return result, False
    raise conflict()


# --- one document ---------------------------------------------------------------------------------------------------


async def change_one(writer: Writer, place: int, selection: Selection, make: Make, tell: Tell) -> Document | None:
    """Change the first document that matches, and say what the statement answers; None: no document does.

    Who is overtaken at a document by others waits in line there, and looks at it again.

    Raises:
        Gone: of the collection.
        Repeated: somebody else carried out this statement.
        DocumentError: what ``make`` raises; ``DuplicateKey``; ``WriteConflict``, after many attempts.
    """
    environment = writer.environment
    for attempt in range(environment.limits.attempts):
        located = await _first(writer, selection)
        while located is not None:
            space, key = writer.collection.documents, located.key
            if attempt == 0 and not environment.lines.is_waited_for(space, key):
                result = await _try(writer, place, located, make, tell)
                break
            async with environment.lines.turn(space, key):
                again = await _again(writer, selection, key)
                if again is not None:
                    result = await _try(writer, place, again, make, tell)
                    break
            # Those before in line have made something else of it.
            located = await _first(writer, selection)
        else:
            return None
        if result is not None:
            return result
    raise conflict()


async def _first(writer: Writer, selection: Selection) -> Located | None:
    while True:
        selection.scope.look_at_the_clock()
        try:
            if selection.key is not None:
                return await _read(writer, selection, selection.key)
            async with aclosing(_locate(writer, selection, limit=1)) as batches:
                async for batch in batches:
                    return batch[0]
            return None
        except Stale:
            await writer.refresh()


async def _again(writer: Writer, selection: Selection, key: bytes) -> Located | None:
    """A document as it is now; None where it does not match any more."""
    try:
        return await _read(writer, selection, key)
    except Stale:
        await writer.refresh()
        return None


async def _read(writer: Writer, selection: Selection, key: bytes) -> Located | None:
    found = (await writer.environment.store.get(writer.collection.documents, [key])).get(key)
    if found is None:
        return None
    document = decode(found.value)
    return Located(key, found.value, found.version, document) if selection.matches(document) else None


async def _try(writer: Writer, place: int, located: Located, make: Make, tell: Tell) -> Document | None:
    """Change a document as it was read; None: it is not so any more."""
    change = make(located)
    result = tell(located, change)
    if change is None:
        return result
    try:
        await writer.write([change], {place: result})
    except Denied:
        await _refuse_duplicate(writer, change)
        return None
    return result


async def _refuse_duplicate(writer: Writer, change: Change) -> None:
    """Raise ``DuplicateKey`` if a change was denied for another document's sake."""
    if change.after is not None and (lost := await writer.lost(change)) is not None:
        raise lost.error(change.after)


# --- all of them ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Count:
    """How many documents matched, and how many of them changed."""

    matched: int = 0
    changed: int = 0


async def change_all(writer: Writer, selection: Selection, make: Make) -> Count:
    """Change every document that matches, each once, many in a batch.

    Raises:
        Gone: of the collection, before any document was changed.
        DocumentError: as :func:`change_one`; what was done before stays done. ``QueryPlanKilled``.
    """
    count = Count()
    while True:
        try:
            async with aclosing(_locate(writer, selection)) as batches:
                async for batch in batches:
                    selection.scope.look_at_the_clock()
                    await _change_batch(writer, selection, batch, make, count)
            return count
        except (Stale, Gone) as end:
            if count.changed:
                raise DocumentError(
                    Code.QueryPlanKilled, "The collection or an index of it was dropped while it was changed."
                ) from None
            if isinstance(end, Gone):
                raise
            await writer.refresh()
            count = Count()
        except Unavailable as error:
            raise (partly(error) if count.changed else error) from None


async def _change_batch(
    writer: Writer, selection: Selection, batch: Sequence[Located], make: Make, count: Count
) -> None:
    waiting: list[tuple[Located, Change]] = []
    size = 0
    failure: DocumentError | None = None
    for located in batch:
        try:
            change = make(located)
        except DocumentError as error:
            failure = error
            break
        await breathe()
        count.matched += 1
        if change is not None:
            waiting.append((located, change))
            size += len(change.raw)
            if size > _MOST_BYTES:
                await _write(writer, selection, waiting, make, count)
                waiting, size = [], 0
    await _write(writer, selection, waiting, make, count)
    if failure is not None:
        raise failure


async def _write(
    writer: Writer, selection: Selection, waiting: Sequence[tuple[Located, Change]], make: Make, count: Count
) -> None:
    """Write a batch; where it cannot be, one after the other."""
    if not waiting:
        return
    try:
        await writer.write([change for _, change in waiting], {})
    except (Denied, DocumentError):
        for located, _ in waiting:
            await _change_known(writer, selection, located, make, count)
    else:
        count.changed += len(waiting)


async def _change_known(writer: Writer, selection: Selection, located: Located, make: Make, count: Count) -> None:
    """Change a document that was read, if it matches still."""
    known: Located | None = located
    async with writer.environment.lines.turn(writer.collection.documents, located.key):
        for _ in range(writer.environment.limits.attempts):
            if known is None:
                count.matched -= 1
                return
            change = make(known)
            if change is None:
                return
            try:
                await writer.write([change], {})
            except Denied:
                await _refuse_duplicate(writer, change)
                known = await _again(writer, selection, located.key)
            else:
                count.changed += 1
                return
    raise conflict()


def _locate(writer: Writer, selection: Selection, limit: int | None = None) -> AsyncGenerator[list[Located], None]:
    return locate(
        writer.environment,
        writer.collection,
        selection.node,
        selection.scope,
        hint=selection.hint,
        sort=selection.order,
        limit=limit,
        batch=_MOST_DOCUMENTS,
    )
