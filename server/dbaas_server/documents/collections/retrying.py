"""Retryable writes: what was done once is not done again.

A session has one record, of its latest transaction number: which statements were done, and what was answered. It is
written with the write it tells of, in one batch, at the version that it was read at. So of two who carry out the same
statement one is refused, looks again and finds what the other did. What is remembered of a record here may therefore be
old; it is read again before anybody is told that nothing was done.

Source of the rules: the drivers' specification "Retryable Writes", and MongoDB's manual of the same name.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
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

__all__ = ["SESSIONS", "Record", "Sessions"]

SESSIONS: Final = (INTERNAL, "sessions")
"""The database's and the collection's name that the records are kept under."""

_REMEMBERED: Final = 4_096


@dataclass(frozen=True, slots=True)
class _Kept:
    """A session's record as of one version; 0: there is none.

    Attributes:
        runs: ``[first, last, result]`` of statements that followed each other and had the same result.
    """

    version: int = 0
    transaction: int = -1
    runs: tuple[tuple[int, int, Document], ...] = ()


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
        record = Record(self, environment.store, space, retry, self._remembered.get(retry.session))
        await record.open()
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
                if int(decode(entry.value)["at"]) < oldest:
                    removed += await self._remove(environment.store, id, entry)
        return removed

    async def _remove(self, store: Store, id: UUID, entry: Entry) -> bool:
        try:
            await store.write(Batch(id, 1, [Delete(_space_of(id), entry.key, entry.version)]))
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

    def remember(self, session: bytes, kept: _Kept) -> None:
        """Remember what was read or written."""
        self._remembered[session] = kept
        self._remembered.move_to_end(session)
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)


async def _find(store: Store) -> UUID | None:
    """The id of what a store keeps the records in."""
    return next((one.id for one in await store.collections() if (one.database, one.name) == SESSIONS), None)


def _space_of(id: UUID) -> Space:
    return f"s_{id.hex}"


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
    _remembered: _Kept | None
    _is_fresh: bool = False

    async def open(self) -> None:
        """Know what there is, if only from before. Raises as :meth:`read`."""
        if self._remembered is None:
            await self.read()
        else:
            self._check()

    async def read(self) -> None:
        """Look again.

        Raises:
            DocumentError: ``TransactionTooOld``: this command came after a later one.
        """
        session = self._retry.session
        found = (await self._store.get(self._space, [session])).get(session)
        self._is_fresh = True
        if found is None:
            self._keep(_Kept())
        else:
            body = decode(found.value)
            runs = tuple((first, last, result) for first, last, result in body["done"])
            self._keep(_Kept(found.version, int(body["transaction"]), runs))
        self._check()

    def _keep(self, kept: _Kept) -> None:
        self._remembered = kept
        self._sessions.remember(self._retry.session, kept)

    def _check(self) -> None:
        known = self._kept.transaction
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
        number = self.statement(place)
        return next((result for first, last, result in self._runs if first <= number <= last), None)

    def done(self, places: Sequence[int]) -> set[int]:
        """Which statements were done."""
        return {place for place in places if self.result(place) is not None} if self._runs else set()

    async def surely(self, place: int) -> Document | None:
        """The same, and not from what is merely remembered."""
        if not self._is_fresh:
            await self.read()
        return self.result(place)

    def put(self, results: Mapping[int, Document]) -> Put:
        """The write that goes with those of some statements, whose results it keeps."""
        return Put(self._space, self._retry.session, self._body(results), self._kept.version)

    def written(self, results: Mapping[int, Document], version: int) -> None:
        """The write was carried out."""
        self._keep(_Kept(version, self._retry.transaction, tuple(self._with(results))))

    @property
    def _kept(self) -> _Kept:
        return self._remembered or _Kept()

    @property
    def _runs(self) -> Sequence[tuple[int, int, Document]]:
        kept = self._kept
        return kept.runs if kept.transaction == self._retry.transaction else ()

    def _with(self, results: Mapping[int, Document]) -> list[tuple[int, int, Document]]:
        runs = list(self._runs)
        for place, result in results.items():
            number = self.statement(place)
            if runs and runs[-1][1] == number - 1 and runs[-1][2] == result:
                runs[-1] = (runs[-1][0], number, result)
            else:
                runs.append((number, number, result))
        return runs

    def _body(self, results: Mapping[int, Document]) -> Raw:
        # It may hold a whole document, and is then larger than documents are.
        body: dict[str, Any] = {
            "transaction": Int64(self._retry.transaction),
            "at": DatetimeMS(int(time.time() * 1_000)),
            "done": [list(run) for run in self._with(results)],
        }
        return bson.encode(body, codec_options=CODEC)
