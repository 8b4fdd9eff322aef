"""Open cursors: found from every connection of the user who opened them, and of nobody else."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from ..documents.errors import Code, DocumentError
from .results import Results
from .settings import Settings

if TYPE_CHECKING:
    from .client import Client
    from .operations import Operation

__all__ = ["FIRST_BATCH", "Cursor", "Cursors"]

FIRST_BATCH: Final = 101
"""Documents of a first batch whose size the client left to us."""


class Cursor:
    """One open result.

    Attributes:
        tenant: whose documents they are.
        owner: digest of the user's name.
        session: key of the session that it dies with.
        seconds_left: of ``maxTimeMS``, of which only work counts; None: without an end.
        stays: ``noCursorTimeout``.
        used_at: ``time.monotonic()`` seconds.
        user: the command that works with it now.
    """

    __slots__ = (
        "id",
        "namespace",
        "owner",
        "results",
        "seconds_left",
        "session",
        "stays",
        "tenant",
        "used_at",
        "user",
        "weight",
    )

    def __init__(self, id: int, tenant: str, owner: bytes, namespace: str, results: Results) -> None:
        self.id = id
        self.tenant = tenant
        self.owner = owner
        self.namespace = namespace
        self.results = results
        self.session: bytes | None = None
        self.seconds_left: float | None = None
        self.stays = False
        self.used_at = time.monotonic()
        self.user: Operation | None = None
        self.weight = 0


class Cursors:
    """All of a listener's."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tenants: dict[str, dict[int, Cursor]] = {}  # in the order of last use
        self._closing: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return sum(map(len, self._tenants.values()))

    def open(self, client: Client, namespace: str, results: Results) -> Cursor:
        """Keep a result for later; the tenant's longest unused ones make room."""
        assert client.account is not None
        tenant = client.account.tenant
        cursors = self._tenants.setdefault(tenant, {})
        id = secrets.randbits(63) or 1
        cursor = cursors[id] = Cursor(id, tenant, client.owner, namespace, results)
        self._make_room(cursors, cursor)
        return cursor

    def begin(self, client: Client, id: int, namespace: str, operation: Operation) -> Cursor:
        """Work with a cursor; nobody else does until :meth:`end`.

        Raises:
            DocumentError: ``CursorNotFound``, ``CursorInUse``, or ``Unauthorized`` for another collection.
        """
        cursor = self._find(client, id)
        if cursor is None:
            raise DocumentError(Code.CursorNotFound, f"cursor id {id} not found")
        if cursor.namespace != namespace:
            raise DocumentError(
                Code.Unauthorized,
                f"Requested getMore on namespace '{namespace}', but cursor belongs to a different namespace "
                f"{cursor.namespace}",
            )
        if cursor.user is not None:
            raise DocumentError(Code.CursorInUse, f"cursor id {id} is already in use")
        cursor.user = operation
        return cursor

    def end(self, cursor: Cursor) -> None:
        """It rests again, at the end of the row of those that have to make room."""
        cursor.user = None
        cursor.used_at = time.monotonic()
        cursors = self._tenants.get(cursor.tenant, {})
        if cursors.pop(cursor.id, None) is not None:
            cursors[cursor.id] = cursor
            self._make_room(cursors, cursor)

    async def close(self, cursor: Cursor) -> None:
        """It is done with."""
        self._forget(cursor)
        await cursor.results.close()

    def kill(self, client: Client, id: int) -> bool:
        """End a cursor, and the command that works with it; False where there is none."""
        cursor = self._find(client, id)
        if cursor is None:
            return False
        self._kill(cursor)
        return True

    def kill_sessions(self, tenant: str, owner: bytes, sessions: Collection[bytes] | None) -> None:
        """End the cursors of a user's sessions; None: of all of them, and without one."""
        for cursor in list(self._tenants.get(tenant, {}).values()):
            if cursor.owner == owner and (sessions is None or cursor.session in sessions):
                self._kill(cursor)

    def kill_database(self, tenant: str, database: str) -> None:
        """End the cursors on a database that is no more."""
        for cursor in list(self._tenants.get(tenant, {}).values()):
            if cursor.namespace.startswith(f"{database}."):
                self._kill(cursor)

    def sweep(self) -> None:
        """End those that have rested too long."""
        before = time.monotonic() - self._settings.cursor_seconds
        for cursors in list(self._tenants.values()):
            for cursor in list(cursors.values()):
                if cursor.used_at < before and cursor.user is None and not cursor.stays:
                    self._kill(cursor)

    async def close_all(self) -> None:
        """End all of them."""
        for cursors in list(self._tenants.values()):
            for cursor in list(cursors.values()):
                self._kill(cursor)
        await asyncio.gather(*self._closing, return_exceptions=True)

    def count(self, tenant: str) -> int:
        """A tenant's open cursors."""
        return len(self._tenants.get(tenant, ()))

    def _find(self, client: Client, id: int) -> Cursor | None:
        if client.account is None:
            return None
        cursor = self._tenants.get(client.account.tenant, {}).get(id)
        return cursor if cursor is not None and cursor.owner == client.owner else None

    def _kill(self, cursor: Cursor) -> None:
        self._forget(cursor)
        if cursor.user is not None:
            cursor.user.kill()  # which closes it
            return
        task = asyncio.get_running_loop().create_task(_close(cursor.results))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _forget(self, cursor: Cursor) -> None:
        cursors = self._tenants.get(cursor.tenant)
        if cursors is not None and cursors.pop(cursor.id, None) is not None and not cursors:
            del self._tenants[cursor.tenant]

    def _make_room(self, cursors: dict[int, Cursor], newest: Cursor) -> None:
        newest.weight = newest.results.waiting_bytes
        if len(cursors) <= self._settings.tenant_cursors and not newest.weight:
            return
        weight = sum(cursor.weight for cursor in cursors.values())
        for cursor in _resting(cursors.values(), newest):
            if len(cursors) <= self._settings.tenant_cursors and weight <= self._settings.tenant_cursor_bytes:
                return
            weight -= cursor.weight
            self._kill(cursor)


def _resting(cursors: Iterable[Cursor], but: Cursor) -> list[Cursor]:
    return [cursor for cursor in cursors if cursor.user is None and cursor is not but]


async def _close(results: Results) -> None:
    with suppress(Exception):  # nobody is left to be told
        await results.close()
