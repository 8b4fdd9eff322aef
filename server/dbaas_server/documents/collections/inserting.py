"""``insert``: documents checked, given an ``_id``, and written with their entries, many at a time.

What a batch is refused for is found out afterwards: documents that nobody has are the rule. Only then are the keys that
are taken asked for, all at once, and what is left is written again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bson import ObjectId, Regex, Timestamp

from dbaas_provisioning.errors import Unavailable

from ..codec import MAX_DOCUMENT_BYTES, Document, Raw, decode, encode
from ..errors import Code, DocumentError
from ..requests import WriteContext, Written
from ..scope import Scope
from ..steps import breathe
from ..store import Space, Stale
from ..update.change import MAX_DEPTH, depth
from ..values import alias
from .changes import Change
from .duplicates import duplicate_key
from .entries import id_key
from .environment import Environment
from .metadata import Collection
from .namespace import Namespace
from .retrying import Record
from .validation import validate
from .writer import Denied, Gone, Repeated, Writer, conflict, partly

__all__ = ["insert", "new_document"]

_MOST_DOCUMENTS: Final = 1_000
_BREATH: Final = 64  # documents, that others may run in between
_MOST_BYTES: Final = 8 * 1024 * 1024
_ID_FIRST: Final = b"_id\x00"
_CONTAINERS: Final = (b"\x03", b"\x04")
_NO_TIME: Final = Timestamp(0, 0)

_Pending = tuple[int, Change]
"""A document on its way, with its place in the command."""

_Failure = tuple[int, DocumentError]
"""A document that cannot be inserted, by its place, and why."""


@dataclass(slots=True)
class _Progress:
    """What became of a command's documents so far."""

    ordered: bool
    n: int = 0
    errors: list[_Failure] = field(default_factory=list)
    retried: list[int] = field(default_factory=list)
    done_before: set[int] = field(default_factory=set)

    @property
    def is_over(self) -> bool:
        """No more documents are looked at."""
        return self.ordered and bool(self.errors)

    def fail(self, place: int, error: DocumentError) -> None:
        """A document cannot be inserted."""
        self.errors.append((place, error))

    def repeated(self, record: Record, places: set[int]) -> None:
        """Documents were inserted for the same command before."""
        self.n += len(places)
        self.retried += [record.statement(place) for place in sorted(places)]
        self.done_before |= places


async def insert(
    environment: Environment, namespace: Namespace, documents: Sequence[Raw], *, ordered: bool, context: WriteContext
) -> Written:
    """Insert documents; the collection is made if it is not there.

    Args:
        ordered: the first that cannot be inserted is the last that is looked at.

    Raises:
        DocumentError: nothing was tried; what is wrong with a single document is in the answer.
    """
    namespace.check_writable()
    scope = Scope(deadline=context.deadline)
    record = await environment.sessions.record(environment, context.retry)
    writer = Writer(environment, await environment.catalog.ensure(namespace), record)
    progress = _Progress(ordered)
    if record is not None:
        progress.repeated(record, record.done(range(len(documents))))
    writing: asyncio.Task[None] | None = None
    try:
        for chunk in _chunks(documents):
            scope.look_at_the_clock()
            pending, failures = await _prepare(writer, documents, chunk, progress, context)
            if writing is not None:
                await writing
            if progress.is_over:
                break
            if chunk.stop == len(documents):
                await _write(writer, pending, failures, progress)
            else:  # the next is prepared while this one is on its way
                writing = asyncio.create_task(_write(writer, pending, failures, progress))
                await asyncio.sleep(0)
    except Unavailable as error:
        raise (partly(error) if progress.n else error) from None
    finally:
        if writing is not None and not writing.done():
            await writing
    return Written(progress.n, sorted(progress.errors, key=lambda pair: pair[0]), progress.retried)


def _chunks(documents: Sequence[Raw]) -> Iterator[range]:
    """Places of documents that are written in one batch."""
    start, size = 0, 0
    for place, raw in enumerate(documents):
        if place > start and (place - start >= _MOST_DOCUMENTS or size + len(raw) > _MOST_BYTES):
            yield range(start, place)
            start, size = place, 0
        size += len(raw)
    if start < len(documents):
        yield range(start, len(documents))


async def _prepare(
    writer: Writer,
    documents: Sequence[Raw],
    chunk: range,
    progress: _Progress,
    context: WriteContext,
) -> tuple[list[_Pending], list[_Failure]]:
    """The documents of a chunk that are fit to be inserted, and those that are not: ordered, the first of them."""
    collection = writer.collection
    validated = None if context.bypass_validation or collection.validator is None else collection
    pending: list[_Pending] = []
    failures: list[_Failure] = []
    for place in chunk:
        if place in progress.done_before:
            continue
        try:
            pending.append((place, new_document(documents[place], validated)))
        except DocumentError as error:
            failures.append((place, error))
            if progress.ordered:
                break
        if validated is not None or len(pending) % _BREATH == 0:
            await breathe()
    return pending, failures


async def _write(writer: Writer, pending: list[_Pending], failures: list[_Failure], progress: _Progress) -> None:
    """Write documents whose keys nobody has, as is the rule; otherwise find out which."""
    if pending:
        try:
            await writer.write([change for _, change in pending], {place: {} for place, _ in pending})
        except (Denied, Gone, Repeated, DocumentError):
            await _sort_out(writer, pending, progress)
        else:
            progress.n += len(pending)
    if not progress.is_over:
        progress.errors += failures


async def _sort_out(writer: Writer, pending: list[_Pending], progress: _Progress) -> None:
    """Write those documents that can be, and say of the others why not."""
    taken = await _taken(writer, pending)
    pending = await _unrepeated(writer, pending, progress)
    attempts = writer.environment.limits.attempts
    while pending and attempts:
        fitting, later, claimed = _choose(writer, pending, taken, progress)
        try:
            if fitting:
                await writer.write([change for _, change in fitting], {place: {} for place, _ in fitting})
        except (Denied, Repeated, Gone) as refused:
            if isinstance(refused, Gone):
                writer.collection = await writer.environment.catalog.ensure(writer.collection.namespace)
                taken = set()
            # What the same command wrote elsewhere is known no later than the keys that it took.
            taken |= await _taken(writer, fitting)
            pending, attempts = await _unrepeated(writer, fitting + later, progress), attempts - 1
        else:
            progress.n += len(fitting)
            taken |= claimed
            pending = [] if progress.is_over else later
    for place, _ in pending[: 1 if progress.ordered else None]:
        progress.fail(place, conflict())


def _choose(
    writer: Writer, pending: list[_Pending], taken: set[tuple[Space, bytes]], progress: _Progress
) -> tuple[list[_Pending], list[_Pending], set[tuple[Space, bytes]]]:
    """Documents that can be written together, those that are to be looked at after them, and the keys that they claim.

    Ordered documents stay in order: one that fails does so when everything before it is written.
    """
    fitting: list[_Pending] = []
    later: list[_Pending] = []
    claimed: set[tuple[Space, bytes]] = set()
    for number, (place, change) in enumerate(pending):
        error: DocumentError | None = None
        keys: set[tuple[Space, bytes]] = set()
        try:
            claims = writer.claims(change)
            keys = {(space, key) for _, space, key in claims}
            lost = next(((index, key) for index, space, key in claims if (space, key) in taken), None)
            if lost is not None:
                error = duplicate_key(writer.collection, lost[0], change.after or {}, lost[1])
        except DocumentError as unfit:
            error = unfit
        if progress.ordered and fitting and (error is not None or keys & claimed):
            later = pending[number:]
            break
        if error is not None:
            progress.fail(place, error)
            if progress.ordered:
                break
        elif keys & claimed:
            later.append((place, change))
        else:
            fitting.append((place, change))
            claimed |= keys
    return fitting, later, claimed


async def _taken(writer: Writer, pending: list[_Pending]) -> set[tuple[Space, bytes]]:
    """Which of the keys that some documents claim are others'."""
    wanted: dict[Space, set[bytes]] = {}
    for _, change in pending:
        try:
            for _, space, key in writer.claims(change):
                wanted.setdefault(space, set()).add(key)
        except DocumentError:  # it is told later, in its turn
            continue
    store = writer.environment.store
    try:
        return {(space, key) for space, keys in wanted.items() for key in await store.get(space, list(keys))}
    except Stale:  # the next write is told so, too
        return set()


async def _unrepeated(writer: Writer, pending: list[_Pending], progress: _Progress) -> list[_Pending]:
    """Those documents that nobody inserted for the same command meanwhile."""
    record = writer.record
    if record is None:
        return pending
    await record.read()
    progress.repeated(record, record.done([place for place, _ in pending]))
    return [(place, change) for place, change in pending if place not in progress.done_before]


# --- one document -------------------------------------------------------------------------------------------------


def new_document(raw: Raw, validated: Collection | None) -> Change:
    """A document as it is inserted: checked, its ``_id`` first and made where there is none.

    Args:
        validated: the collection whose validator it has to pass; None: it need not.

    Raises:
        DocumentError: it cannot be stored.
    """
    if len(raw) > MAX_DOCUMENT_BYTES:
        raise DocumentError(
            Code.BSONObjectTooLarge,
            f"object to insert too large. size in bytes: {len(raw)}, max size: {MAX_DOCUMENT_BYTES}",
        )
    document = decode(raw)
    if raw[5:9] != _ID_FIRST:
        raw, document = _with_id(raw, document)
    if b"\x11" in raw and _NO_TIME in document.values():
        raw, document = _with_time(document)
    id = document["_id"]
    if type(id) is not ObjectId:
        check_id(id)
    if sum(map(raw.count, _CONTAINERS)) > MAX_DEPTH and depth(document) > MAX_DEPTH:
        raise DocumentError(Code.Overflow, f"cannot insert document because it exceeds {MAX_DEPTH} levels of nesting")
    if validated is not None:
        validate(validated, document)
    return Change(id_key(id), document, raw)


def check_id(id: Any) -> None:
    """Refuse what no document may be known by.

    Raises:
        DocumentError: ``InvalidIdField``; ``DollarPrefixedFieldName``.
    """
    if type(id) is list or isinstance(id, Regex):
        raise DocumentError(Code.InvalidIdField, f"The '_id' value cannot be of type {alias(id)}")
    if type(id) is dict:
        _check_names(id)


def _check_names(value: Any) -> None:
    if type(value) is list:
        for part in value:
            _check_names(part)
    elif type(value) is dict:
        for name, part in value.items():
            if name[:1] == "$":
                raise DocumentError(
                    Code.DollarPrefixedFieldName,
                    f"_id fields may not contain '$'-prefixed fields: The dollar ($) prefixed field '{name}' is not "
                    "valid for storage.",
                )
            _check_names(part)


def _with_id(raw: Raw, document: Document) -> tuple[Raw, Document]:
    if "_id" in document:
        document = {"_id": document["_id"], **document}
        return encode(document), document
    id = ObjectId()
    size = len(raw) + 17
    return size.to_bytes(4, "little") + b"\x07_id\x00" + id.binary + raw[4:], {"_id": id, **document}


def _with_time(document: Document) -> tuple[Raw, Document]:
    """Timestamps of nothing say when they were inserted, but that of ``_id``."""
    now = Timestamp(int(time.time()), 1)
    document = {
        name: now if name != "_id" and type(value) is Timestamp and value == _NO_TIME else value
        for name, value in document.items()
    }
    return encode(document), document
