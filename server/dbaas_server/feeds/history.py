"""The replay log of one database: what was told lately, for who was away.

1. It is files in a folder that only the daemon writes. What was just written is read from the system's memory.
2. Written is told at once; on the disk it is before the engine is allowed to forget it (:meth:`History.sync`). What a
   crash of the machine takes away, the engine tells again under the same numbers.
3. It is bounded in bytes and age. Whoever asks for more hears :class:`~dbaas_server.feeds.Resync`.
4. Writing waits a while for a reader that was level once and fell far behind; never for one that stands still, nor for
   one that still catches up, whose pace may be a slow client's (:meth:`History.pace`).
"""

from __future__ import annotations

import asyncio
import math
import os
import shutil
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dbaas_provisioning.errors import Unavailable

from ..changelog import Piece, Reached, Row
from ..changes import ChangedTable
from . import resync
from .records import Damaged, encode_level, encode_mark, encode_rows, encode_table, order_of, read_head
from .segment import Segment

__all__ = ["History"]

SEGMENT_BYTES = 4 * 1024 * 1024
KEPT_BYTES = 64 * 1024 * 1024
KEPT_SECONDS = 3600.0
STANDS_STILL_SECONDS = 5.0
PATIENCE_SECONDS = 30.0
"""How long writing waits for one reader, all together, between two times that it is level."""

_CHUNK = 256 * 1024
_LOOK_SECONDS = 0.02
_KNOWN_TABLES = 10_000


@dataclass(slots=True, eq=False)
class _Reader:
    """How far somebody is.

    Attributes:
        moved_at: by the monotonic clock.
        patience: seconds that writing still waits for it; none before it was level for the first time.
    """

    segment: Segment
    place: int
    moved_at: float
    patience: float = 0.0


class History:
    """Opened with :meth:`create` or :meth:`open`; one event loop's.

    Attributes:
        epoch: of the engine's log that this is the tail of.
        end: where the engine's log goes on; everything before it that is wanted was written here.
    """

    def __init__(self, folder: Path, epoch: int, segments: list[Segment], end: int) -> None:
        self.epoch = epoch
        self.end = end
        self._folder = folder
        self._segments = segments
        self._unsynced: list[Segment] = []
        self._synced = end
        self._numbers: dict[ChangedTable, int] = {}
        self._seen: dict[int, tuple[ChangedTable, int]] = {}
        self._readers: set[_Reader] = set()
        self._waiting: set[asyncio.Future[None]] = set()
        self._closed: Unavailable | None = None

    @classmethod
    def create(cls, folder: Path, epoch: int, start: int) -> History:
        """An empty one that begins at a place of the engine's log; what was in the folder is removed.

        Raises ``OSError``.
        """
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        history = cls(folder, epoch, [Segment.create(folder, order_of(start, 0), 0)], start)
        history._note_mark(start)
        return history

    @classmethod
    def open(cls, folder: Path, epoch: int) -> History | None:
        """The one in this folder; None when there is none that makes sense. Blocks while it is checked."""
        segments: list[Segment] = []
        try:
            for path in sorted(folder.glob("*.log")):
                segments.append(Segment.open(path))
            if not segments:
                return None
            segments[-1].recover()
            for segment in reversed(segments):
                if segment is not segments[-1]:
                    segment.start(segment.begin)
                if segment.end:
                    return cls(folder, epoch, segments, segment.end)
        except (Damaged, OSError):
            pass
        for segment in segments:
            segment.release()
        return None

    # --- writing ----------------------------------------------------------------------------------------------------

    @property
    def begin(self) -> int:
        """Changes after this order can be told."""
        return self._segments[0].begin

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return sum(segment.size for segment in self._segments)

    @property
    def last(self) -> int:
        """The order of the newest row."""
        return self._segments[-1].last

    def append(self, items: Sequence[Piece | Reached]) -> None:
        """Write what was read and tell it to who waits. What was written before is passed over. Raises ``OSError``."""
        last, end = self.last, self.end
        buffer: list[bytes] = []
        for item in items:
            if isinstance(item, Piece):
                if order_of(item.commit, item.first) <= last:
                    item = _rest(item, last)
                if item.rows:
                    buffer += self._definitions(item.rows)
                    buffer.append(encode_rows(item, self._number))
                    last = order_of(item.commit, item.first) + len(item.rows) - 1
            if item.end is not None and item.end > self.end:
                self.end = item.end
        if buffer:
            self._write(buffer)
        elif self.end > end:
            self._wake()  # who waits may be level now

    async def pace(self) -> None:
        """Return when there is room for more without anybody who may be waited for losing what they have not read."""
        while lagging := [reader for reader in self._readers if self._lags(reader)]:
            await asyncio.sleep(_LOOK_SECONDS)
            for reader in lagging:
                reader.patience -= _LOOK_SECONDS

    def _lags(self, reader: _Reader) -> bool:
        if reader.patience <= 0 or reader.segment not in self._segments:
            return False
        if time.monotonic() - reader.moved_at > STANDS_STILL_SECONDS:
            return False
        behind = self._segments[self._segments.index(reader.segment) :]
        return sum(segment.size for segment in behind) - reader.place > KEPT_BYTES // 2

    def _definitions(self, rows: Sequence[Row]) -> list[bytes]:
        """What has to be defined in this file before these rows."""
        segment = self._segments[-1]
        found = []
        for row in rows:
            number = self._number(row.table)
            if number not in segment.numbers:
                segment.numbers.add(number)
                found.append(encode_table(row.table, number))
        return found

    def _number(self, table: ChangedTable) -> int:
        """A table's number in the files. By object first: to look at all of a table for each of its rows takes long."""
        seen = self._seen.get(id(table))
        if seen is not None and seen[0] is table:
            return seen[1]
        if len(self._seen) > _KNOWN_TABLES:
            self._numbers.clear()
            self._seen.clear()
        number = self._numbers.get(table)
        if number is None:
            segment = self._segments[-1]
            number = self._numbers[table] = segment.next_number
            segment.next_number += 1
        self._seen[id(table)] = (table, number)
        return number

    def _write(self, records: list[bytes]) -> None:
        segment = self._segments[-1]
        place = segment.size
        segment.write(b"".join(records), time.time())
        for record in records:
            segment.note(read_head(record), place)
            place += len(record)
        if segment.size >= SEGMENT_BYTES:
            self._unsynced.append(segment)
            self._segments.append(Segment.create(self._folder, segment.last, segment.next_number))
        self._trim()
        self._wake()

    def _trim(self) -> None:
        """Remove the oldest files while there is too much, or while they are too old."""
        total = sum(segment.size for segment in self._segments)
        oldest = time.time() - KEPT_SECONDS
        while len(self._segments) > 1 and (total > KEPT_BYTES or self._segments[0].written_at < oldest):
            segment = self._segments.pop(0)
            total -= segment.size
            if segment in self._unsynced:
                self._unsynced.remove(segment)
            segment.remove()

    def _note_mark(self, end: int) -> None:
        segment = self._segments[-1]
        record = encode_mark(end)
        place = segment.size
        segment.write(record, time.time())
        segment.note(read_head(record), place)

    async def sync(self) -> int:
        """Put everything on the disk; returns the place up to which the engine may forget. Raises ``OSError``."""
        end = self.end
        if end == self._synced:
            return end
        if self._segments[-1].end < end:
            self._note_mark(end)
        segments = [segment.hold() for segment in [*self._unsynced, self._segments[-1]]]
        self._unsynced.clear()
        try:
            await asyncio.to_thread(_sync, self._folder, segments)
        finally:
            for segment in segments:
                segment.release()
        self._synced = end
        return end

    # --- reading ----------------------------------------------------------------------------------------------------

    async def read(self, after: int, level: int | None = None) -> AsyncGenerator[bytes, None]:
        """Records behind ``after``, as they come, without end; some before it may come along.

        Args:
            level: once everything up to this order was told, a record says so.

        Raises:
            Resync: they are not known any more, at once or later.
        """
        segment = self._segment_of(after)
        definitions, place = segment.start(after)
        reader = _Reader(segment, place, time.monotonic())
        self._readers.add(reader)
        try:
            if definitions:
                yield definitions
            while True:
                if self._closed is not None:
                    raise self._closed
                reader.moved_at = time.monotonic()
                if data := reader.segment.read(reader.place, _CHUNK):
                    reader.place += len(data)
                    yield data
                elif reader.segment is self._segments[-1]:
                    if level is not None and level <= max(self.last, order_of(self.end, 0)):
                        level = None
                        yield encode_level()
                        continue
                    reader.moved_at = math.inf  # who has read everything does not stand still
                    reader.patience = PATIENCE_SECONDS
                    await self._news()
                else:
                    following = self._following(reader.segment).hold()
                    reader.segment.release()
                    reader.segment = following
                    reader.place = following.start(following.begin)[1]
        finally:
            self._readers.discard(reader)
            reader.segment.release()

    def _segment_of(self, after: int) -> Segment:
        if self._closed is not None:
            raise self._closed
        if after < self.begin:
            raise resync("the history does not reach back that far")
        return next(segment for segment in reversed(self._segments) if segment.begin <= after).hold()

    def _following(self, segment: Segment) -> Segment:
        if segment not in self._segments:
            raise resync("what follows is not kept any more: it was read too slowly")
        return self._segments[self._segments.index(segment) + 1]

    async def _news(self) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            await waiter
        finally:
            self._waiting.discard(waiter)

    def _wake(self) -> None:
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    def close(self, lost: str | None) -> None:
        """Nothing is added any more. Safe to repeat.

        Args:
            lost: what readers hear as :class:`Resync`; None where they may come again, and hear ``Unavailable``.
        """
        if self._closed is None:
            self._closed = resync(lost) if lost is not None else _interrupted()
            for segment in self._segments:
                segment.release()
        self._wake()


def _interrupted() -> Unavailable:
    return Unavailable("feed_interrupted", "The changes are not read just now.", hint="Follow again from here.")


def _rest(piece: Piece, last: int) -> Piece:
    """The rows of a piece behind an order."""
    known = min(len(piece.rows), last - order_of(piece.commit, piece.first) + 1)
    return piece._replace(first=piece.first + known, rows=piece.rows[known:])


def _sync(folder: Path, segments: Sequence[Segment]) -> None:
    for segment in segments:
        segment.sync()
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
