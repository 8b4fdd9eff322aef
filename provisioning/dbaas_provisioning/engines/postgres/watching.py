"""Watching a running cluster from outside: one connection that stays, one statement for each look."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

import psycopg

from ...engine import Sitting, Size
from ...nouns import Cluster, Credential
from .administrator import Connection, connect, refused
from .logins import MADE_FOR
from .standing import FULL
from .storage import MARK

__all__ = ["Watch"]

# What the platform's own administrator does is nobody's use: neither this connection nor its others are told of.
SESSIONS = f"""
select a.pid, coalesce(a.datname, ''), coalesce(a.usename, ''), coalesce(a.state, ''), a.backend_type = 'walsender',
  a.application_name, coalesce(extract(epoch from a.query_start), 0)::float8,
  coalesce(extract(epoch from clock_timestamp() - a.query_start), 0)::float8,
  coalesce(extract(epoch from clock_timestamp() - a.state_change), 0)::float8,
  coalesce(extract(epoch from a.backend_start), 0)::float8,
  a.wait_event_type is not distinct from 'Client', coalesce(c.bytes_processed, 0),
  case when starts_with(m.description, '{MADE_FOR}') then substr(m.description, {len(MADE_FOR) + 1}) else '' end
from pg_stat_activity a left join pg_stat_progress_copy c on c.pid = a.pid
  left join pg_shdescription m on m.objoid = a.usesysid and m.classoid = 'pg_authid'::regclass
where a.backend_type in ('client backend', 'walsender') and a.usename is distinct from current_user
"""  # noqa: S608 - it is ours

SIZES = """
select d.datname, pg_database_size(d.oid), coalesce(%s = any (s.setconfig), false)
  or coalesce(starts_with(shobj_description(d.oid, 'pg_database'), %s), false)
from pg_database d left join pg_db_role_setting s on s.setdatabase = d.oid and s.setrole = 0
where not d.datistemplate and d.datallowconn and (%s::text[] is null or d.datname = any (%s))
  and has_database_privilege(d.oid, 'connect')
"""


class Watch:
    """See :class:`dbaas_provisioning.engine.Watch`."""

    def __init__(self, cluster: Cluster, superuser: Credential) -> None:
        self._cluster = cluster
        self._superuser = superuser
        self._connection: Connection | None = None
        self._connecting = asyncio.Lock()

    async def sessions(self) -> tuple[Sitting, ...]:
        """Who is connected, and what they are at."""
        return tuple(Sitting(*row) for row in await self._ask(SESSIONS))

    async def end_idle(self, seconds: float) -> None:
        """End the sessions that have had nothing to do for so long."""
        await self._ask(
            "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend'"
            " and pid <> pg_backend_pid() and state = 'idle'"
            " and clock_timestamp() - state_change > make_interval(secs => %s)",
            seconds,
        )

    async def sizes(self, databases: Collection[str] | None = None) -> tuple[Size, ...]:
        """What each database takes, or each of these."""
        names = None if databases is None else list(databases)
        return tuple(Size(*row) for row in await self._ask(SIZES, f"{MARK}=on", FULL, names, names))

    async def cancel(self, pid: int) -> None:
        """End what a session is at."""
        await self._ask("select pg_cancel_backend(%s)", pid)

    async def terminate(self, pid: int) -> None:
        """End a session."""
        await self._ask("select pg_terminate_backend(%s)", pid)

    async def close(self) -> None:
        """Let the connection go. Safe to repeat."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()

    async def _ask(self, statement: str, *args: object) -> list[tuple[Any, ...]]:
        try:
            async with self._connecting:
                if self._connection is None:
                    self._connection = await connect(self._cluster, self._superuser, connect_timeout=3)
                connection = self._connection
            return await (await connection.execute(statement.encode(), args)).fetchall()
        except psycopg.Error as error:
            await self.close()
            raise refused(error) from None
