"""The seam's store on a PostgreSQL database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from importlib.resources import files
from uuid import UUID

from psycopg.pq.abc import PGconn, PGresult

from dbaas_provisioning.errors import DbaasError, Unavailable
from dbaas_provisioning.nouns import Credential

from ...documents.store import Batch, CollectionRecord, Delete, Entry, Put, Refused, Space, Span, Stale
from ...engine import Limits, QueryError, Target
from ..postgres.connection import Connector, connect
from ..postgres.errors import ConnectionLost
from ..postgres.multiplexer import Meter, Multiplexer, Statement
from ..postgres.pool import Pool, transact
from ..postgres.wire import Wire
from . import statements
from .binary import byte_strings, integer, integers, number_of

__all__ = ["PostgresStore", "open_store"]

log = logging.getLogger(__name__)

BATCH_BYTES = 4 * 1024 * 1024
FEW = 1_000
"""So many entries that contain something are looked for without an order, and sorted here."""
QUICK_ROWS = 1_000
"""A scan of so many entries at most, by key alone, shares a connection with others."""

ATTEMPTS = 5
_RELISTEN_SECONDS = 1.0

_UNIQUE, _NO_TABLE, _DEADLOCK, _SERIALIZATION = "23505", "42P01", "40P01", "40001"
_LOST = frozenset({statements.REFUSED, _UNIQUE, _DEADLOCK, _SERIALIZATION})
"""Others were faster; nothing was written."""


async def open_store(target: Target, limits: Limits) -> PostgresStore:
    """Open a document database; what it lacks before its first use is made. Raises ``Unavailable``."""
    store = PostgresStore(target, limits)
    try:
        await store.prepare()
    except BaseException:
        await store.close()
        raise
    return store


class PostgresStore:
    """Implements :class:`~dbaas_server.documents.store.Store`. Belongs to the event loop it was opened on."""

    is_atomic = True

    def __init__(self, target: Target, limits: Limits) -> None:
        self._timeout_ms = limits.statement_timeout_ms
        self._connector = Connector(target)
        self._reading = Multiplexer(
            self._connect, lanes=limits.read_connections, queue=limits.queue, timeout_ms=self._timeout_ms, binary=True
        )
        self._pool = Pool(
            self._connector,
            size=limits.write_connections,
            queue=limits.queue,
            patience=self._timeout_ms / 1000,
            options=statements.SETTINGS,
            binary=True,
        )
        self._opening: Statement = (statements.OPENING, (str(self._timeout_ms).encode(),))
        self._meter = Meter()

    async def prepare(self) -> None:
        """Make what every document database has."""
        async with self._pool.wire("owner", _owner) as wire:
            with suppress(ConnectionLost):
                await wire.execute(files(__package__).joinpath("schema.sql").read_bytes())
                return
        raise _unavailable()

    async def close(self) -> None:
        """Close every connection."""
        await self._reading.close()
        await self._pool.close()

    # --- metadata -----------------------------------------------------------------------------------------------

    async def collections(self) -> Sequence[CollectionRecord]:
        """All collections."""
        rows = await self._read(statements.COLLECTIONS, ())
        return [
            CollectionRecord(UUID(id.decode()), database.decode(), name.decode(), number_of(version), body)
            for id, database, name, version, body in rows
        ]

    async def create_collection(self, record: CollectionRecord, spaces: Sequence[Space]) -> bool:
        """Make a collection; False when one of that name is there."""
        adding = (
            statements.ADD,
            (record.id.bytes, record.database.encode(), record.name.encode(), record.body),
        )
        return await self._change(record.id, adding, [statements.create_space(space) for space in spaces])

    async def change_collection(
        self, record: CollectionRecord, *, make: Sequence[Space] = (), drop: Sequence[Space] = ()
    ) -> bool:
        """Replace a collection's metadata if it is still the one before."""
        replacing = (
            statements.REPLACE,
            (
                record.id.bytes, record.database.encode(), record.name.encode(), integer(record.version), record.body,
            ),
        )  # fmt: skip
        ddl = [statements.create_space(space) for space in make] + [statements.drop_space(space) for space in drop]
        return await self._change(record.id, replacing, ddl)

    async def drop_collection(self, id: UUID, spaces: Sequence[Space]) -> bool:
        """Remove a collection with its spaces."""
        removing = (statements.REMOVE, (id.bytes,))
        return await self._change(id, removing, [statements.drop_space(space) for space in spaces])

    async def _change(self, collection: UUID, change: Statement, ddl: Sequence[bytes]) -> bool:
        """Change metadata and tables in one transaction, once no batch planned before is under way."""

        def verdict(results: list[PGresult]) -> DbaasError | None:
            return None if results[1].ntuples else _NotAsExpected()

        alone = (statements.LOCK_ALONE, (integer(_lock_of(collection)),))
        parts = [(part, ()) for text in ddl for part in text.split(b"; ")]
        async with self._pool.wire("owner", _owner) as wire:
            try:
                await transact(
                    wire,
                    self._opening,
                    [alone, change, *parts, (statements.TELL, ())],
                    timeout_ms=self._timeout_ms,
                    verdict=verdict,
                )
            except _NotAsExpected:
                return False
            except QueryError as error:
                if error.code != _UNIQUE:
                    raise
                return False
        return True

    async def watch_metadata(self) -> AsyncIterator[None]:
        """Yields whenever metadata may have changed."""
        told = asyncio.Event()
        while True:
            try:
                wire = Wire(await self._connect_awake(), on_notify=told.set)
            except (DbaasError, ConnectionLost):
                await asyncio.sleep(_RELISTEN_SECONDS)
                continue
            try:
                await wire.execute(statements.LISTEN)
                yield  # what changed while nobody listened
                while wire.usable:
                    await told.wait()
                    told.clear()
                    yield
            except ConnectionLost:
                continue
            finally:
                wire.close()

    # --- entries ------------------------------------------------------------------------------------------------

    async def get(self, space: Space, keys: Sequence[bytes]) -> Mapping[bytes, Entry]:
        """Those of the entries that are there."""
        if len(keys) == 1:
            result = await self._ask(statements.get_one(space), (keys[0],))
        else:
            result = await self._ask(statements.get(space), (byte_strings(keys),))
        return {entry.key: entry for entry in _entries(result)}

    async def fetch(self, space: Space, keys: Sequence[bytes]) -> AsyncIterator[Sequence[Entry]]:
        """Those of the entries that are there, in the order of the keys."""
        if len(keys) == 1:
            if found := await self.get(space, keys):
                yield list(found.values())
            return
        while keys:
            result = await self._ask(statements.fetch(space), (byte_strings(keys), integer(BATCH_BYTES)))
            if entries := _entries(result):
                yield entries
            if not _is_full(entries):
                return
            keys = keys[keys.index(entries[-1].key) + 1 :]

    async def scan(
        self,
        space: Space,
        span: Span,
        *,
        reverse: bool = False,
        limit: int | None = None,
        containing: Sequence[Sequence[bytes]] = (),
        batch: int = 1_000,
    ) -> AsyncIterator[Sequence[Entry]]:
        """Entries in the order of keys."""
        hints = [part for group in containing for part in group]
        shape = tuple(len(group) for group in containing)
        low, high, left = span.low, span.high, limit
        if hints and (few := await self._few(space, span, shape, hints)) is not None:
            few.sort(key=_key, reverse=reverse)
            few = few[:limit]
            for start in range(0, len(few), batch):
                yield few[start : start + batch]
            return
        while left is None or left > 0:
            size = batch if left is None else min(batch, left)
            text = statements.scan(space, low is not None, high is not None, reverse, shape)
            arguments = (integer(size), integer(BATCH_BYTES), *_given(low, high), *hints)
            if not hints and size <= QUICK_ROWS:
                result = await self._ask(text, arguments)
            else:
                result = await self._ask_alone(text, arguments)
            found = _entries(result)
            if not found:
                return
            yield found
            if len(found) < size and not _is_full(found):
                return
            if reverse:
                high = found[-1].key
            else:
                low = found[-1].key + b"\0"
            left = None if left is None else left - len(found)

    async def _few(
        self, space: Space, span: Span, shape: tuple[int, ...], hints: Sequence[bytes]
    ) -> list[Entry] | None:
        """All entries that contain what is wanted, in no order; None where they are many or large."""
        text = statements.few(space, span.low is not None, span.high is not None, shape)
        patterns = [statements.pattern(part) for part in hints]
        result = await self._ask_alone(
            text, (integer(FEW + 1), integer(BATCH_BYTES), *_given(span.low, span.high), *patterns)
        )
        return None if result.ntuples == 1 and result.get_value(0, 0) is None else _entries(result)

    async def count(self, space: Space, span: Span, *, most: int | None = None) -> int:
        """How many entries, counted up to ``most``."""
        text = statements.count(space, span.low is not None, span.high is not None)
        arguments = (integer(most) if most is not None else None, *_given(span.low, span.high))
        ((found,),) = _rows(await self._ask_alone(text, arguments))
        return number_of(found)

    async def size(self, spaces: Sequence[Space]) -> int:
        """Bytes on disk."""
        return sum([number_of((await self._read(statements.size(space), ()))[0][0]) for space in spaces])

    # --- writing ------------------------------------------------------------------------------------------------

    async def write(self, batch: Batch) -> Sequence[int]:
        """Carry out a batch: one transaction, one round trip."""
        check = (statements.CHECK_VERSION, (batch.collection.bytes, integer(batch.metadata_version)))
        lock = integer(_lock_of(batch.collection))
        shared = (statements.SHARED, (str(self._timeout_ms).encode(), lock))
        writes = [*_statements(batch.writes), check]
        for _ in range(ATTEMPTS):
            try:
                async with self._pool.wire("owner", _owner) as wire:
                    results = await transact(wire, shared, writes, timeout_ms=self._timeout_ms)
            except QueryError as error:
                if error.code in (statements.STALE, _NO_TABLE):
                    raise Stale from None
                if error.code not in _LOST:
                    raise
            else:
                version = number_of(results[-1].get_value(0, 1) or b"")
                return [version if isinstance(write, Put) else 0 for write in batch.writes]
            await self._refuse(batch)
        raise Unavailable("too_busy", "Others keep writing the same documents.", hint="Try again in a moment.")

    async def _refuse(self, batch: Batch) -> None:
        """Say which write did not hold. Returns when all would hold by now. Raises ``Refused``."""
        wanted: dict[Space, list[bytes]] = {}
        for write in batch.writes:
            if write.version is not None:
                wanted.setdefault(write.space, []).append(write.key)
        known = {space: await self.get(space, keys) for space, keys in wanted.items()}
        for place, write in enumerate(batch.writes):
            if write.version is not None:
                found = known[write.space].get(write.key)
                if (found.version if found is not None else 0) != write.version:
                    raise Refused(place, found)

    # --- connections --------------------------------------------------------------------------------------------

    async def _connect(self) -> PGconn:
        return await self._connector.connect(_owner, options=statements.SETTINGS)

    async def _connect_awake(self) -> PGconn:
        """To a server that runs: one that was put to sleep is not woken to hear of its changes."""
        target = self._connector.target
        return await connect(target.endpoint, target.physical_name, target.owner, options=statements.SETTINGS)

    async def _read(self, text: bytes, parameters: Sequence[bytes | None]) -> list[tuple[bytes, ...]]:
        return _rows(await self._ask(text, parameters))

    async def _ask(self, text: bytes, parameters: Sequence[bytes | None]) -> PGresult:
        """Beside others on one connection."""
        try:
            results = await self._reading.ask(self._opening, [(text, parameters)], b"", self._meter)
        except QueryError as error:
            raise _of_read(error) from None
        return results[0]

    async def _ask_alone(self, text: bytes, parameters: Sequence[bytes | None]) -> PGresult:
        """On a connection of its own, for what may take long."""
        try:
            async with self._pool.wire("owner", _owner) as wire:
                results = await transact(wire, self._opening, [(text, parameters)], timeout_ms=self._timeout_ms)
        except QueryError as error:
            raise _of_read(error) from None
        return results[0]


class _NotAsExpected(DbaasError):
    """Metadata was changed by somebody else."""

    def __init__(self) -> None:
        super().__init__("not_as_expected", "The metadata is not what was expected.")


def _statements(writes: Sequence[Put | Delete]) -> list[Statement]:
    """A statement for each space and kind of write."""
    inserted: dict[Space, list[Put]] = {}
    overwritten: dict[Space, list[Put]] = {}
    replaced: dict[Space, list[Put]] = {}
    removed: dict[Space, list[Delete]] = {}
    removed_any: dict[Space, list[Delete]] = {}
    removed_holding: dict[Space, list[Delete]] = {}
    for write in writes:
        if isinstance(write, Delete) and write.holding is not None:
            removed_holding.setdefault(write.space, []).append(write)
        elif isinstance(write, Delete):
            (removed_any if write.version is None else removed).setdefault(write.space, []).append(write)
        elif write.version is None:
            overwritten.setdefault(write.space, []).append(write)
        else:
            (replaced if write.version else inserted).setdefault(write.space, []).append(write)
    # Removed first: a value of a unique index may move from one document to another within a batch. What is removed
    # whatever is there comes before what is removed if it holds a value: an index that settles is moved in that order.
    return [
        *((statements.remove_any(space), (_keys(some),)) for space, some in removed_any.items()),
        *(
            (statements.remove_holding(space), (_keys(some), byte_strings([write.holding or b"" for write in some])))
            for space, some in removed_holding.items()
        ),
        *((statements.remove(space), (_keys(some), _versions(some))) for space, some in removed.items()),
        *(
            (statements.replace(space), (_keys(some), _values(some), _versions(some)))
            for space, some in replaced.items()
        ),
        *((statements.insert(space), (_keys(some), _values(some))) for space, some in inserted.items()),
        *((statements.overwrite(space), (_keys(some), _values(some))) for space, some in overwritten.items()),
    ]


def _keys(writes: Sequence[Put] | Sequence[Delete]) -> bytes:
    return byte_strings([write.key for write in writes])


def _values(writes: Sequence[Put]) -> bytes:
    return byte_strings([write.value for write in writes])


def _versions(writes: Sequence[Put] | Sequence[Delete]) -> bytes:
    return integers([write.version or 0 for write in writes])


def _rows(result: PGresult) -> list[tuple[bytes, ...]]:
    value, columns = result.get_value, range(result.nfields)
    return [tuple([value(row, column) or b"" for column in columns]) for row in range(result.ntuples)]


def _entries(result: PGresult) -> list[Entry]:
    """The rows of keys, values and versions; a column at a time, which is faster."""
    value, rows = result.get_value, range(result.ntuples)
    keys = [value(row, 0) or b"" for row in rows]
    values = [value(row, 1) or b"" for row in rows]
    versions = [int.from_bytes(value(row, 2) or b"") for row in rows]
    return list(map(Entry, keys, values, versions))


def _is_full(entries: Sequence[Entry]) -> bool:
    """There may be more of what was asked for, which did not fit."""
    return sum([len(entry.value) for entry in entries]) >= BATCH_BYTES


def _given(low: bytes | None, high: bytes | None) -> list[bytes]:
    return [bound for bound in (low, high) if bound is not None]


def _key(entry: Entry) -> bytes:
    return entry.key


def _of_read(error: QueryError) -> Exception:
    """A space that is not there any more was dropped: what the caller knew of the collection is old."""
    return Stale() if error.code == _NO_TABLE else error


def _lock_of(collection: UUID) -> int:
    return int.from_bytes(collection.bytes[:8], "big", signed=True)


def _owner(target: Target) -> Credential:
    return target.owner


def _unavailable() -> Unavailable:
    return Unavailable("database_unavailable", "The database is not reachable just now.", hint="Try again in a moment.")
