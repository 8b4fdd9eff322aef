"""What people ran in editors: kept beside the answer, told to them alone."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ..errors import DbaasError, NotFound
from ..meta.history import HistoryStore
from ..nouns import HistoryEntry
from .passwords import without_passwords

__all__ = ["History"]

log = logging.getLogger(__name__)

LONGEST_TEXT = 100_000  # bytes in UTF-8; a longer text is not kept, since half a statement is another one
LONGEST_ERROR = 100
MOST_WAITING = 1_000  # entries, while platform_meta does not answer
BATCH = 100


class History:
    """Statements that people ran, per person and database.

    ``note`` returns at once; one task looks for passwords and writes, in the order of the notes. :meth:`close`
    waits for it.
    """

    def __init__(self, store: HistoryStore) -> None:
        self._store = store
        self._waiting: list[tuple[bytes, UUID, HistoryEntry]] = []
        self._writing: asyncio.Task[None] | None = None

    def note(
        self,
        database: UUID,
        person: str,
        *,
        text: str,
        started: datetime,
        duration_ms: float,
        rows: int | None,
        error: str | None,
    ) -> None:
        """Have a statement kept, without the passwords that it sets; some are not kept at all.

        Args:
            person: who ran it; two who must not see each other's statements have different ones.
            error: the code of what went wrong. Not a message: those quote values.
        """
        if len(text) > LONGEST_TEXT or not text.strip():
            return
        if len(self._waiting) >= MOST_WAITING:
            log.warning("A statement is missing in the history: the platform's database does not keep up.")
            return
        entry = HistoryEntry(_new_id(), text, started, duration_ms, rows, error and _storable(error)[:LONGEST_ERROR])
        self._waiting.append((_digest(person), database, entry))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def entries(
        self, database: UUID, person: str, *, search: str | None = None, before: UUID | None = None, limit: int
    ) -> tuple[Sequence[HistoryEntry], bool]:
        """A person's own, newest first, and whether there are more. Notes of this process are among them.

        Args:
            search: what the text has to contain, in whichever case.
            before: older than this one.
        """
        await self._settled()
        wanted = None if search is None else _storable(search)
        found = await self._store.entries(database, _digest(person), search=wanted, before=before, limit=limit + 1)
        return found[:limit], len(found) > limit

    async def forget(self, database: UUID, person: str, entry: UUID | None = None) -> None:
        """Remove one of a person's entries, or all of a database. Raises ``NotFound`` (``entry_not_found``)."""
        await self._settled()
        if not await self._store.delete(database, _digest(person), entry) and entry is not None:
            raise NotFound("entry_not_found", "There is no such entry in your history.")

    async def close(self) -> None:
        """Return when what was noted is kept, or cannot be."""
        await self._settled()

    async def _settled(self) -> None:
        if self._writing is not None:
            await asyncio.shield(self._writing)

    async def _write(self) -> None:
        while batch := self._waiting[:BATCH]:
            try:
                if kept := await asyncio.to_thread(_kept, batch):
                    await self._store.insert(kept)
            except DbaasError as error:
                log.warning("%d statements are missing in the history: %s", len(batch), error.message)
            except Exception:
                log.exception("%d statements are missing in the history", len(batch))
            del self._waiting[: len(batch)]


def _kept(batch: list[tuple[bytes, UUID, HistoryEntry]]) -> list[tuple[bytes, UUID, HistoryEntry]]:
    """The entries that may be kept, without passwords. Looking for them takes long in a long text."""
    kept = []
    for person, database, entry in batch:
        text = without_passwords(_storable(entry.text))
        if text is not None and len(text.encode()) <= LONGEST_TEXT:
            kept.append((person, database, replace(entry, text=text)))
    return kept


def _storable(text: str) -> str:
    """Without what PostgreSQL's texts cannot hold."""
    return text.replace("\0", "�").encode("utf-8", "replace").decode()


def _digest(person: str) -> bytes:
    return hashlib.sha256(person.encode("utf-8", "surrogatepass")).digest()


def _new_id() -> UUID:
    """A version 7 UUID whose first random bits are the clock's: RFC 9562 section 6.2, method 3."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    value = milliseconds << 80 | 7 << 76 | (rest << 12) // 1_000_000 << 64 | 2 << 62 | secrets.randbits(62)
    return UUID(int=value)
