"""Statements that people ran, in ``platform_meta``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from ..nouns import HistoryEntry
from .connections import Connections

__all__ = ["MOST_BYTES", "MOST_ENTRIES", "HistoryStore"]

MOST_ENTRIES = 5_000
MOST_BYTES = 64 * 1024 * 1024  # of texts
LOOK_EVERY = 100  # entries that a process wrote for a person: looking through all of them takes some 20 ms
MOST_COUNTED = 10_000  # persons

# Of databases that exist, and go on existing until this is committed.
INSERT = """
with known as (select id from tenant_databases where id = any (%(databases)s) for key share)
insert into query_history (person, id, database_id, text, at, duration_ms, rows, error)
select u.* from unnest(
    %(persons)s::bytea[], %(ids)s::uuid[], %(databases)s::uuid[], %(texts)s::text[], %(ats)s::timestamptz[],
    %(durations)s::float8[], %(rows)s::int8[], %(errors)s::text[]
  ) as u (person, id, database_id, text, at, duration_ms, rows, error)
  join known on known.id = u.database_id
"""

PRUNE = """
delete from query_history h using (
  select person, id, row_number() over newest as place, sum(bytes) over newest as so_far
  from query_history where person = any (%(persons)s) window newest as (partition by person order by id desc)
) old
where h.person = old.person and h.id = old.id and (old.place > %(most)s or old.so_far > %(bytes)s)
"""

# Not LIKE: what is looked for has no wildcards.
ENTRIES = """
select id, text, at, duration_ms, rows, error from query_history
where database_id = %(database)s and person = %(person)s and (%(before)s::uuid is null or id < %(before)s)
  and (%(search)s::text is null or strpos(lower(text), lower(%(search)s)) > 0)
order by id desc limit %(limit)s
"""


class HistoryStore:
    """Reads and writes the history. Every method raises ``Unavailable`` when ``platform_meta`` cannot be reached."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._since: dict[bytes, int] = {}  # person → entries written since the last look

    async def insert(self, entries: Sequence[tuple[bytes, UUID, HistoryEntry]]) -> None:
        """Keep entries (person, database, entry); every now and then, and at first, of each person only the newest."""
        persons, databases, kept = zip(*entries, strict=True)
        columns = {
            "persons": list(persons),
            "databases": list(databases),
            "ids": [each.id for each in kept],
            "texts": [each.text for each in kept],
            "ats": [each.at for each in kept],
            "durations": [each.duration_ms for each in kept],
            "rows": [each.rows for each in kept],
            "errors": [each.error for each in kept],
        }

        async def work(connection: Any) -> None:
            await connection.execute(INSERT, columns)
            if due:
                await connection.execute(PRUNE, {"persons": due, "most": MOST_ENTRIES, "bytes": MOST_BYTES})

        written = Counter(persons)
        due = [each for each, count in written.items() if self._since.get(each, LOOK_EVERY) + count > LOOK_EVERY]
        await self._connections.transaction(work)
        if len(self._since) + len(written) > MOST_COUNTED:
            self._since.clear()
        for each, count in written.items():
            self._since[each] = 0 if each in due else self._since.get(each, 0) + count

    async def entries(
        self, database: UUID, person: bytes, *, search: str | None, before: UUID | None, limit: int
    ) -> Sequence[HistoryEntry]:
        """The newest first."""
        given = {"database": database, "person": person, "search": search, "before": before, "limit": limit}
        return [HistoryEntry(**row) for row in await self._connections.rows(ENTRIES, given)]

    async def delete(self, database: UUID, person: bytes, entry: UUID | None) -> int:
        """One entry, or all that this person has of this database; answers with how many there were."""

        async def work(connection: Any) -> int:
            done = await connection.execute(
                "delete from query_history where database_id = %s and person = %s and id = coalesce(%s, id)",
                [database, person, entry],
            )
            return int(done.rowcount)

        return await self._connections.transaction(work)
