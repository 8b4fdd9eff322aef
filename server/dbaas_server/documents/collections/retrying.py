"""Retryable writes: what was done once is not done again.

A session has one record, of its latest transaction number: which statements were done, and what was answered. It is
written with the write it tells of, in one batch, at the version that it was read at. So of two who carry out the same
statement one is refused, looks again and finds what the other did. What is remembered of a record here may therefore be
old; it is read again before anybody is told that nothing was done.

A record is an entry that changes with each write, and pages that do not change any more. What was answered is moved to
the next page before the entry grows large, so that a command of many statements writes each answer a bounded number of
times. Pages belong to one transaction number and go with the first write of the next.

Source of the rules: the drivers' specification "Retryable Writes", and MongoDB's manual of the same name.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

import bson
from bson import DatetimeMS, Int64

from ..codec import CODEC, Document, Raw, decode, encode
from ..errors import Code, DocumentError
from ..requests import Retry
from ..store import Batch, CollectionRecord, Delete, Entry, Put, Refused, Space, Span, Store
from .namespace import INTERNAL

if TYPE_CHECKING:
    from .environment import Environment

__all__ = ["SESSIONS", "Record", "Sessions", "Telling"]

SESSIONS: Final = (INTERNAL, "sessions")
"""The database's and the collection's name that the records are kept under."""

_REMEMBERED: Final = 4_096
_REMEMBERED_BYTES: Final = 2_048  # of one record: it may hold whole documents

_MOST_RUNS: Final = 16
_MOST_BYTES: Final = 16 * 1024
_PAGES_AT_ONCE: Final = 64
_ATTEMPTS: Final = 30

_Run = tuple[int, int, Document]
"""The first and the last of statements that followed each other and had the same result, and that result."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A session's record as of one version; 0: there is none.

    Attributes:
        pages: how many there are.
        runs: those that are on no page; None: it is not remembered which were done.
    """

    version: int = 0
    transaction: int = -1
    pages: int = 0
    runs: tuple[_Run, ...] | None = ()


@dataclass(frozen=True, slots=True)
class Telling:
    """What tells a record of some statements.

    Attributes:
        head: refused if the record is not what was known of it.
        beside: of pages.
    """

    head: Put
    beside: list[Put | Delete]
    results: Mapping[int, Document]
    pages: int
    runs: tuple[_Run, ...]


class Sessions:
    """The records of one store, and what is remembered of them."""

    def __init__(self) -> None:
        self._id: UUID | None = None
        self._next_sweep = 0.0
        self._remembered: OrderedDict[bytes, _Kept] = OrderedDict()

    async def record(self, environment: Environment, retry: Retry | None) -> Record | None:
        """The record that a command's statements are told in; None where the command is none to be retried.

        Raises:
            DocumentError: ``TransactionTooOld``.
        """
        if retry is None:
            return None
        space = await self._space(environment.store)
        record = Record(self, environment.store, space, retry)
        await record.open(self._remembered.get(retry.session))
        return record

    async def sweep(self, environment: Environment) -> int:
        """Remove records that nobody is going to ask for any more, and say how many; none soon after the last time."""
        kept = environment.limits.sessions_kept_seconds
        if time.monotonic() < self._next_sweep:
            return 0
        self._next_sweep = time.monotonic() + kept / 2
        id = await _find(environment.store)
        if id is None:
            return 0
        oldest = int((time.time() - kept) * 1_000)
        removed = 0
        async for entries in environment.store.scan(_space_of(id), Span()):
            for entry in entries:
                body = decode(entry.value)
                if "at" in body and int(body["at"]) < oldest:  # pages have none, and go with their record
                    removed += await self._remove(environment.store, id, entry, body)
        return removed

    async def _remove(self, store: Store, id: UUID, entry: Entry, body: Document) -> bool:
        space = _space_of(id)
        pages = _page_keys(entry.key, int(body["transaction"]), 0, int(body["pages"]))
        try:
            await store.write(
                Batch(id, 1, [Delete(space, entry.key, entry.version), *(Delete(space, key, None) for key in pages)])
            )
        except Refused:  # it was used again just now
            return False
        self._remembered.pop(entry.key, None)
        return True

    async def _space(self, store: Store) -> Space:
        """Where the records are; made by the first retryable write of a store."""
        while self._id is None:
            self._id = await _find(store)
            if self._id is None:
                id = uuid4()
                await store.create_collection(CollectionRecord(id, *SESSIONS, 1, encode({})), [_space_of(id)])
        return _space_of(self._id)

    def remember(self, session: bytes, kept: _Kept, size: int) -> None:
        """Remember what was read or written.

        Args:
            size: of the record without its pages, in bytes; of a large one, or one with pages, no results are kept.
        """
        if kept.pages or size > _REMEMBERED_BYTES:
            kept = replace(kept, runs=None)
        self._remembered[session] = kept
        self._remembered.move_to_end(session)
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)


async def _find(store: Store) -> UUID | None:
    """The id of what a store keeps the records in."""
    return next((one.id for one in await store.collections() if (one.database, one.name) == SESSIONS), None)


def _space_of(id: UUID) -> Space:
    return f"s_{id.hex}"


def _page_keys(session: bytes, transaction: int, first: int, end: int) -> list[bytes]:
    """Where pages of a record are. They end otherwise than sessions, whose last bytes are a digest of the user."""
    prefix = b"%b/%b" % (session, transaction.to_bytes(8, "big", signed=True))
    return [prefix + page.to_bytes(4, "big") for page in range(first, end)]


def _encode(body: Document) -> Raw:
    # It may hold a whole document, and is then larger than documents are.
    return bson.encode(body, codec_options=CODEC)


def _runs(body: Document) -> tuple[_Run, ...]:
    return tuple((first, last, result) for first, last, result in body["done"])


@dataclass(slots=True)
class Record:
    """What one command's statements did, or are about to do.

    Statements are named by their place in the command. What it knows changes with its own writes and when it is read,
    never with those of another command of the session: what it demands of the store is what it looked at.
    """

    _sessions: Sessions
    _store: Store
    _space: Space
    _retry: Retry
    _kept: _Kept = field(default_factory=_Kept)
    _done: dict[int, Document] = field(default_factory=dict)
    _pages_read: int = 0

    async def open(self, remembered: _Kept | None) -> None:
        """Know what there is, if only from before. Raises as :meth:`read`."""
        if remembered is None or (remembered.transaction == self._retry.transaction and remembered.runs is None):
            await self.read()
            return
        self._check(remembered.transaction)
        self._know(remembered)

    async def read(self) -> None:
        """Look again.

        Raises:
            DocumentError: ``TransactionTooOld``: this command came after a later one.
        """
        session = self._retry.session
        for _ in range(_ATTEMPTS):
            found = (await self._store.get(self._space, [session])).get(session)
            if found is None:
                self._know(_Kept())
                self._sessions.remember(session, self._kept, 0)
                return
            if found.version == self._kept.version:
                return  # it may be long, and is known
            body = decode(found.value)
            kept = _Kept(found.version, int(body["transaction"]), int(body["pages"]), _runs(body))
            if kept.transaction != self._retry.transaction or await self._read_pages(kept.pages):
                self._know(kept)
                self._sessions.remember(session, kept, len(found.value))
                self._check(kept.transaction)
                return
        raise DocumentError(Code.WriteConflict, "Others keep using the same session; try again.")

    async def _read_pages(self, end: int) -> bool:
        """Read those pages that were not read yet; False: a later transaction, or the sweep, took them away."""
        while self._pages_read < end:
            first = self._pages_read
            keys = _page_keys(self._retry.session, self._retry.transaction, first, min(end, first + _PAGES_AT_ONCE))
            found = await self._store.get(self._space, keys)
            if len(found) < len(keys):
                return False
            for key in keys:
                self._note(_runs(decode(found[key].value)))
            self._pages_read += len(keys)
        return True

    def _know(self, kept: _Kept) -> None:
        self._kept = kept
        if kept.transaction == self._retry.transaction:
            self._note(kept.runs or ())

    def _note(self, runs: Sequence[_Run]) -> None:
        for first, last, result in runs:
            for number in range(first, last + 1):
                self._done[number] = result

    def _check(self, known: int) -> None:
        if known > self._retry.transaction:
            raise DocumentError(
                Code.TransactionTooOld,
                f"Retryable write with txnNumber {self._retry.transaction} is prohibited on session because a newer "
                f"retryable write with txnNumber {known} has already started on this session.",
            )

    def statement(self, place: int) -> int:
        """A statement's own number."""
        return self._retry.first_statement + place

    def result(self, place: int) -> Document | None:
        """What a statement answered when it was done; None: it was not."""
        return self._done.get(self.statement(place))

    def done(self, places: Sequence[int]) -> set[int]:
        """Which statements were done."""
        return {place for place in places if self.result(place) is not None} if self._done else set()

    async def surely(self, place: int) -> Document | None:
        """The same as :meth:`result`, and not from what is merely remembered.

        What was read before a statement was tried says nothing of who did the same meanwhile.
        """
        await self.read()
        return self.result(place)

    def telling(self, results: Mapping[int, Document]) -> Telling:
        """What goes with the writes of some statements, to keep their results."""
        session, transaction, kept = self._retry.session, self._retry.transaction, self._kept
        goes_on = kept.transaction == transaction
        pages, runs = (kept.pages, kept.runs or ()) if goes_on else (0, ())
        runs = self._with(runs, results)
        beside: list[Put | Delete] = []
        if not goes_on:
            old = _page_keys(session, kept.transaction, 0, kept.pages)
            beside += [Delete(self._space, key, None) for key in old]
        raw = self._body(pages, runs)
        if len(runs) > _MOST_RUNS or (len(runs) > 1 and len(raw) > _MOST_BYTES):
            (key,) = _page_keys(session, transaction, pages, pages + 1)
            beside.append(Put(self._space, key, _encode({"done": [list(run) for run in runs]}), None))
            pages, runs = pages + 1, ()
            raw = self._body(pages, runs)
        return Telling(Put(self._space, session, raw, kept.version), beside, results, pages, runs)

    def told(self, telling: Telling, version: int) -> None:
        """The writes were carried out; ``version`` is the head's."""
        for place, result in telling.results.items():
            self._done[self.statement(place)] = result
        self._kept = _Kept(version, self._retry.transaction, telling.pages, telling.runs)
        self._pages_read = telling.pages
        self._sessions.remember(self._retry.session, self._kept, len(telling.head.value))

    def _with(self, runs: Sequence[_Run], results: Mapping[int, Document]) -> tuple[_Run, ...]:
        found = list(runs)
        for place, result in results.items():
            number = self.statement(place)
            if found and found[-1][1] == number - 1 and found[-1][2] == result:
                found[-1] = (found[-1][0], number, result)
            else:
                found.append((number, number, result))
        return tuple(found)

    def _body(self, pages: int, runs: Sequence[_Run]) -> Raw:
        return _encode(
            {
                "transaction": Int64(self._retry.transaction),
                "at": DatetimeMS(int(time.time() * 1_000)),
                "pages": pages,
                "done": [list(run) for run in runs],
            }
        )
