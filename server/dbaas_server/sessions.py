"""Open databases and what is known of tenants, once per process.

What is remembered is forgotten when ``platform_meta`` says that it changed, so a revoked key or a rotated password
takes effect at once in every process.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import cast
from uuid import UUID

from dbaas_provisioning import engines
from dbaas_provisioning.errors import DbaasError, Unsupported
from dbaas_provisioning.nouns import Database, DatabaseState, JwtSecret, Login, Plan, Tenant
from dbaas_provisioning.platform import Access, Platform

from .engine import Limits, Session, Target

__all__ = ["Known", "Sessions", "target_of"]

_LINGER_SECONDS = 5.0

OpenSession = Callable[[Target, Limits], Awaitable[Session]]


@dataclass(frozen=True, slots=True)
class Known:
    """What authentication and limits need of a tenant.

    Attributes:
        keeps_to_documents: there is a key that runs stored documents only.
    """

    tenant: Tenant
    jwt: JwtSecret
    plan: Plan
    keeps_to_documents: bool = False


@dataclass(frozen=True, slots=True)
class _Opened:
    """An open session and what it was opened on."""

    tenant_id: UUID
    database_id: UUID
    plan: str
    session: Session

    def concerns(self, kind: str, identity: str) -> bool:
        """Whether a change may be one of what this was opened with."""
        mine = (self.plan,) if kind == "plan" else (str(self.tenant_id), str(self.database_id))
        return not identity or identity in mine


class Sessions:
    """Opens each database once and keeps it open."""

    def __init__(self, platform: Platform, limits: Limits | None = None) -> None:
        self._platform = platform
        self._limits = limits or Limits()
        self._known: dict[str, Known] = {}
        self._found: dict[tuple[str, str | None], Database] = {}
        self._databases: dict[str, tuple[str, ...]] = {}
        self._changes = 0
        self._open: dict[tuple[str, str | None], asyncio.Task[_Opened]] = {}
        self._closing: set[asyncio.Task[None]] = set()
        platform.on_change(self._forget)

    async def known(self, subdomain: str) -> Known:
        """A tenant and its signing secret. Raises ``NotFound``."""
        known = self._known.get(subdomain)
        if known is None:
            changes = self._changes
            tenant = await self._platform.tenant(subdomain)
            keys = await self._platform.keys(subdomain)
            known = Known(
                tenant,
                await self._platform.jwt_secret(subdomain),
                await self._platform.plan(tenant.plan_type),
                any(key.documents_only and key.revoked_at is None for key in keys),
            )
            if changes == self._changes:  # else it may be of before the change
                self._known[subdomain] = known
        return known

    async def database(self, subdomain: str, name: str | None = None) -> Database:
        """A tenant's database, the default one when ``name`` is None. Raises ``NotFound``."""
        found = self._found.get((subdomain, name))
        if found is None:
            changes = self._changes
            found = await self._platform.database(subdomain, name)
            if changes == self._changes:
                self._found[subdomain, name] = found
        return found

    def known_now(self, subdomain: str) -> Known | None:
        """The same without waiting; None when it has to be looked up."""
        return self._known.get(subdomain)

    async def databases(self, subdomain: str) -> tuple[str, ...]:
        """Names of a tenant's databases that sessions open: the default one first, the others as they were made.

        Starts nothing. Raises ``NotFound`` (no such tenant).
        """
        names = self._databases.get(subdomain)
        if names is None:
            changes = self._changes
            found = await self._platform.databases(subdomain)
            ready = [one.name for one in found if one.state is DatabaseState.ready and _has_session(one)]
            default = (await self._platform.tenant(subdomain)).default_database
            names = tuple(sorted(ready, key=lambda name: name != default))
            if changes == self._changes:
                self._databases[subdomain] = names
        return names

    async def session(self, subdomain: str, database: str | None = None) -> Session:
        """The session of a tenant's database, the default one when ``database`` is None.

        Starts the database's cluster when it sleeps. Raises ``NotFound``, ``Unavailable``; ``Unsupported``
        (``wrong_engine``) for a document database.
        """
        key = (subdomain, database)
        task = self._open.get(key)
        if task is None:
            task = self._open[key] = asyncio.create_task(self._connect(subdomain, database))
            task.add_done_callback(lambda done: self._drop_failed(key, done))
        return (await asyncio.shield(task)).session

    def session_now(self, subdomain: str, database: str | None = None) -> Session | None:
        """The same without waiting; None when it is not open yet."""
        task = self._open.get((subdomain, database))
        return task.result().session if task is not None and task.done() else None

    def _drop_failed(self, key: tuple[str, str | None], task: asyncio.Task[_Opened]) -> None:
        """A failure is told to those who waited and not kept: names that do not exist cost no memory."""
        if (task.cancelled() or task.exception() is not None) and self._open.get(key) is task:
            del self._open[key]

    async def _connect(self, subdomain: str, database: str | None) -> _Opened:
        if not _has_session(found := await self._platform.database(subdomain, database)):
            raise Unsupported(
                "wrong_engine",
                f"{found.name!r} is a {found.engine} database: MongoDB's clients open it, this door does not.",
                hint=f"`dbaas connection-string {subdomain}/{found.name}` prints what they take.",
            )
        access = await self._platform.access(subdomain, database)
        if database is None:  # the default database shares its session with its own name
            session = await self.session(subdomain, access.database.name)
        else:
            engine = importlib.import_module(f"dbaas_server.engines.{access.database.engine}")
            open_session = cast(OpenSession, engine.open_session)
            limits = replace(
                self._limits,
                statement_timeout_ms=access.plan.statement_timeout_ms,
                storage_full=access.tenant.storage_full,
            )
            session = await open_session(self._target(access), limits)
        return _Opened(access.tenant.id, access.database.id, access.plan.name, session)

    def _target(self, access: Access) -> Target:
        async def wake() -> Target:
            return self._target(await self._platform.access(access.tenant.subdomain, access.database.name))

        return target_of(access, wake)

    def _forget(self, kind: str, identity: str) -> None:
        """Drop what may be stale. An empty identity means that changes may have been missed: drop everything."""
        if kind == "member":
            return
        self._changes += 1
        self._known.clear()
        self._found.clear()
        self._databases.clear()
        if kind in ("key", "document") and identity:
            return
        for key, task in list(self._open.items()):
            opened = task.result() if task.done() else None
            if opened is None or opened.concerns(kind, identity):
                del self._open[key]
                if key[1] is not None:
                    self._closing.add(closing := asyncio.get_running_loop().create_task(_close_later(task)))
                    closing.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Close every session."""
        for closing in self._closing:
            closing.cancel()
        sessions = [task.result().session for key, task in self._open.items() if key[1] is not None and task.done()]
        self._open.clear()
        await asyncio.gather(*(session.close() for session in sessions), *self._closing, return_exceptions=True)


def target_of(access: Access, wake: Callable[[], Awaitable[Target]]) -> Target:
    """What a session is opened on, and how it wakes its engine."""
    return Target(
        endpoint=access.endpoint,
        physical_name=access.database.physical_name,
        owner=access.logins[Login.owner],
        api=access.logins[Login.api],
        service=access.logins[Login.service],
        exposure=access.database.exposure,
        wake=wake,
    )


def _has_session(database: Database) -> bool:
    return engines.engine(database.engine).can.sql


async def _close_later(opening: asyncio.Task[_Opened]) -> None:
    """Close a session that nobody asks for any more, once requests under way had time to finish."""
    try:
        opened = await opening
    except DbaasError:
        return
    try:
        await asyncio.sleep(_LINGER_SECONDS)
    finally:
        await opened.session.close()
