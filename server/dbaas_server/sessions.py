"""Open databases and what is known of tenants, once per process.

What is remembered is forgotten when ``platform_meta`` says that it changed, so a revoked key or a rotated password
takes effect at once in every process.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from dbaas_provisioning.nouns import JwtSecret, Login, Tenant
from dbaas_provisioning.platform import Access, Platform

from .engine import Limits, Session, Target

__all__ = ["Known", "Sessions"]

OpenSession = Callable[[Target, Limits], Awaitable[Session]]


@dataclass(frozen=True, slots=True)
class Known:
    """What authentication needs of a tenant."""

    tenant: Tenant
    jwt: JwtSecret


class Sessions:
    """Opens each database once and keeps it open."""

    def __init__(self, platform: Platform, limits: Limits | None = None) -> None:
        self._platform = platform
        self._limits = limits or Limits()
        self._known: dict[str, Known] = {}
        self._open: dict[tuple[str, str | None], asyncio.Task[tuple[UUID, Session]]] = {}
        self._closing: set[asyncio.Task[None]] = set()
        platform.on_change(self._forget)

    async def known(self, subdomain: str) -> Known:
        """A tenant and its signing secret. Raises ``NotFound``."""
        known = self._known.get(subdomain)
        if known is None:
            tenant = await self._platform.tenant(subdomain)
            known = self._known[subdomain] = Known(tenant, await self._platform.jwt_secret(subdomain))
        return known

    def known_now(self, subdomain: str) -> Known | None:
        """The same without waiting; None when it is not known yet."""
        return self._known.get(subdomain)

    async def session(self, subdomain: str, database: str | None = None) -> Session:
        """The session of a tenant's database, the default one when ``database`` is None.

        Starts the database's cluster when it sleeps. Raises ``NotFound``, ``Unavailable``.
        """
        key = (subdomain, database)
        task = self._open.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._open[key] = asyncio.create_task(self._connect(subdomain, database))
        return (await asyncio.shield(task))[1]

    def session_now(self, subdomain: str, database: str | None = None) -> Session | None:
        """The same without waiting; None when it is not open yet."""
        task = self._open.get((subdomain, database))
        if task is None or not task.done() or task.cancelled() or task.exception() is not None:
            return None
        return task.result()[1]

    async def _connect(self, subdomain: str, database: str | None) -> tuple[UUID, Session]:
        access = await self._platform.access(subdomain, database)
        if database is None:  # the default database shares its session with its own name
            named = await self.session(subdomain, access.database.name)
            return access.database.id, named
        engine = importlib.import_module(f"dbaas_server.engines.{access.database.engine}")
        open_session = cast(OpenSession, engine.open_session)
        return access.database.id, await open_session(self._target(access), self._limits_of(access))

    def _target(self, access: Access) -> Target:
        async def wake() -> Target:
            return self._target(await self._platform.access(access.tenant.subdomain, access.database.name))

        return Target(
            endpoint=access.endpoint,
            physical_name=access.database.physical_name,
            owner=access.logins[Login.owner],
            api=access.logins[Login.api],
            service=access.logins[Login.service],
            exposure=access.database.exposure,
            wake=wake,
        )

    def _limits_of(self, access: Access) -> Limits:
        from dataclasses import replace

        return replace(self._limits, statement_timeout_ms=access.plan.statement_timeout_ms)

    def _forget(self, kind: str, identity: str) -> None:
        """Drop what may be stale; sessions are closed once nobody asks for them any more."""
        self._known.clear()
        if kind not in ("database", "tenant"):
            return
        for key, task in list(self._open.items()):
            if task.done() and not task.cancelled() and task.exception() is None:
                database_id, session = task.result()
                if kind == "database" and identity not in ("", str(database_id)):
                    continue
                del self._open[key]
                if key[1] is not None:
                    self._close_later(session)

    def _close_later(self, session: Session) -> None:
        task = asyncio.get_running_loop().create_task(session.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Close every session."""
        for key, task in list(self._open.items()):
            if key[1] is not None and task.done() and not task.cancelled() and task.exception() is None:
                await task.result()[1].close()
        self._open.clear()
        await asyncio.gather(*self._closing, return_exceptions=True)
