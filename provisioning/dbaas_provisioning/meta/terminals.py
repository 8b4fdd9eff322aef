"""Logins of terminals, in ``platform_meta``, while they are under way."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ..errors import Unavailable
from ..nouns import PendingLogin
from .connections import Connections

__all__ = ["TerminalStore"]

FAILURES = "select count(*) as failures from login_failures where person = %s and at > now() - %s"
FIND = """
select asked_by, created_at, expires_at from logins
where code_sha256 = %s and person is null and expires_at > now()
"""
CONFIRM = """
update logins set person = %s, valid_until = %s
where code_sha256 = %s and person is null and expires_at > now() returning asked_by
"""
TAKE = "delete from logins where device_sha256 = %s and person is not null and expires_at > now() returning *"
WAITS = "select 1 from logins where device_sha256 = %s and expires_at > now()"


class TerminalStore:
    """Reads and writes logins. Every method raises ``Unavailable`` when ``platform_meta`` cannot be reached."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def insert(self, device: bytes, code: bytes, asked_by: str, *, valid: timedelta, most: int) -> datetime:
        """Keep a login that begins, and forget those that expired; when it expires.

        Args:
            device, code: SHA-256 of what the terminal and the person have.
            most: at a time, of everybody: anybody may begin one.

        Raises ``Unavailable`` (``too_many_logins``).
        """

        async def work(connection: Any) -> datetime | None:
            await connection.execute("delete from logins where expires_at <= now()")
            made = await connection.execute(
                "insert into logins (device_sha256, code_sha256, asked_by, expires_at)"
                " select %s, %s, %s, now() + %s where (select count(*) from logins) < %s returning expires_at",
                [device, code, asked_by, valid, most],
            )
            row = await made.fetchone()
            return None if row is None else row["expires_at"]

        expires_at = await self._connections.transaction(work)
        if expires_at is None:
            raise Unavailable(
                "too_many_logins", "Too many logins are under way.", hint="They end within minutes: try again then."
            )
        return expires_at

    async def failures(self, person: str, within: timedelta) -> int:
        """How many wrong codes a person tried lately."""

        async def work(connection: Any) -> int:
            found = await connection.execute(FAILURES, [person, within])
            return int((await found.fetchone())["failures"])

        return await self._connections.transaction(work, reads=True)

    async def fail(self, person: str, within: timedelta) -> None:
        """Count a wrong code, and forget old ones."""

        async def work(connection: Any) -> None:
            await connection.execute("delete from login_failures where at <= now() - %s", [within])
            await connection.execute("insert into login_failures (person) values (%s)", [person])

        await self._connections.transaction(work)

    async def find(self, code: bytes) -> PendingLogin | None:
        """The login that a code belongs to, while nobody confirmed it."""

        async def work(connection: Any) -> PendingLogin | None:
            row = await (await connection.execute(FIND, [code])).fetchone()
            return None if row is None else PendingLogin(**row)

        return await self._connections.transaction(work, reads=True)

    async def confirm(self, code: bytes, person: str, until: datetime | None) -> str | None:
        """Give a login to a person, once; who asked for it, None for a code that is none (any more)."""

        async def work(connection: Any) -> str | None:
            row = await (await connection.execute(CONFIRM, [person, until, code])).fetchone()
            return None if row is None else row["asked_by"]

        return await self._connections.transaction(work)

    async def take(self, device: bytes) -> tuple[str, datetime | None] | bool | None:
        """A confirmed login, which is over with that: the person, and when their token ends at the latest.

        Returns:
            None while nobody confirmed it; False when there is no such login (any more).
        """

        async def work(connection: Any) -> tuple[str, datetime | None] | bool | None:
            row = await (await connection.execute(TAKE, [device])).fetchone()
            if row is not None:
                return row["person"], row["valid_until"]
            waits = await (await connection.execute(WAITS, [device])).fetchone()
            return None if waits is not None else False

        return await self._connections.transaction(work)
