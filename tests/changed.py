"""Changes made by hand, as a feed would tell them, for tests of what happens behind the feed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

from dbaas_server.changes import UNCHANGED, Change, ChangedColumn, ChangedTable, ChangeKind, Value, Values
from dbaas_server.feeds import Resync
from dbaas_server.nouns import Position, TableRef

WHEN = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


async def changed_table(connection: Any, name: str, schema: str = "public") -> ChangedTable:
    """A table of a real database as the log would describe it."""
    cursor = await connection.execute(
        """select c.oid::int8, a.attname, format_type(a.atttypid, a.atttypmod),
             exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary and a.attnum = any (i.indkey)),
             a.attnum
           from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
           where n.nspname = %s and c.relname = %s and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
           order by a.attnum""",
        [schema, name],
    )
    rows = await cursor.fetchall()
    return ChangedTable(rows[0][0], TableRef(name, schema), tuple(ChangedColumn(*row[1:]) for row in rows))


class Log:
    """Makes changes with rising positions."""

    def __init__(self) -> None:
        self._order = 0

    @property
    def position(self) -> Position:
        return Position(1, self._order)

    def _next(self) -> Position:
        self._order += 1
        return self.position

    def insert(self, table: ChangedTable, *values: object) -> Change:
        return Change(self._next(), ChangeKind.insert, table, WHEN, record=texts(values))

    def update(self, table: ChangedTable, old: Sequence[object] | None, new: Sequence[object], **more: Any) -> Change:
        before = texts(old) if old is not None else None
        return Change(self._next(), ChangeKind.update, table, WHEN, record=texts(new), old=before, **more)

    def delete(self, table: ChangedTable, *values: object, **more: Any) -> Change:
        return Change(self._next(), ChangeKind.delete, table, WHEN, old=texts(values), **more)

    def truncate(self, table: ChangedTable) -> Change:
        return Change(self._next(), ChangeKind.truncate, table, WHEN)


def texts(values: Sequence[object]) -> Values:
    def text(value: object) -> Value:
        if value is None or value is UNCHANGED:
            return value  # type: ignore[return-value]
        if isinstance(value, bool):
            return "t" if value else "f"
        return str(value)

    return tuple(text(value) for value in values)


class MemoryFeed:
    """A :class:`~dbaas_server.feeds.Feed` over a list, for what comes after the feed.

    Attributes:
        started: ``live`` answers only once this is set.
        kept_from: what lies before this position is not known any more.
    """

    def __init__(self) -> None:
        self.log = Log()
        self.changes: list[Change] = []
        self.started = asyncio.Event()
        self.started.set()
        self.kept_from = Position(1, 0)
        self.followers = 0
        self._more = asyncio.Condition()
        self._broken: Resync | None = None

    async def live(self) -> Position:
        await self.started.wait()
        return self.log.position

    @property
    def _last(self) -> Position:
        return self.changes[-1].position if self.changes else Position(1, 0)

    async def commit(self, *changes: Change) -> None:
        async with self._more:
            self.changes += changes
            self._more.notify_all()

    async def lose(self) -> None:
        """A part of the log was lost."""
        async with self._more:
            self._broken = Resync("resync", "Changes were lost.", details="slot lost")
            self._more.notify_all()

    async def follow(self, after: Position | None = None) -> AsyncIterator[Sequence[Change]]:
        if after is not None and after < self.kept_from:
            raise Resync("resync", "The history does not reach that far back.", details="history too short")
        place = len(self.changes)
        if after is not None:
            place = next((n for n, change in enumerate(self.changes) if change.position > after), place)
        level: int | None = len(self.changes) if self.log.position == self._last else None
        self.followers += 1
        try:
            while True:
                if level is not None and place >= level:
                    level = None
                    yield ()
                async with self._more:
                    while not self._broken and len(self.changes) == place:
                        await self._more.wait()
                    if self._broken:
                        broken, self._broken = self._broken, None
                        raise broken
                    batch = self.changes[place:]
                place += len(batch)
                yield batch
        finally:
            self.followers -= 1
