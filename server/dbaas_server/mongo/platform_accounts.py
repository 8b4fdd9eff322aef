"""The door's accounts, as the platform has them: its tenants, their document databases, the engines on those."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dbaas_provisioning import engines
from dbaas_provisioning.errors import Conflict, DbaasError, Invalid, NotFound, Unavailable, Unsupported
from dbaas_provisioning.nouns import Database, DatabaseState, Login, Plan
from dbaas_provisioning.platform import Access, Platform

from ..documents.collections.environment import EngineLimits
from ..documents.engine import Engine
from ..documents.errors import Code, DocumentError
from ..engine import Limits, Target
from ..engines.document import open_store
from .accounts import Account
from .scram import Verifier, verifier_of

__all__ = ["PlatformAccounts"]

log = logging.getLogger("dbaas.mongo")

IDLE_SECONDS = 1_800.0
_LOOK_SECONDS = 5.0
_LINGER_SECONDS = 5.0
_VERIFIERS = 10_000

_Key = tuple[str, str]  # a tenant's id, a database's name


@dataclass(slots=True, eq=False)
class _Opened:
    """An engine that is open, and what it was opened on."""

    tenant: str
    database: Database
    plan: Plan
    engine: Engine
    used: float = field(default_factory=time.monotonic)


class PlatformAccounts:
    """Implements :class:`~.accounts.Accounts`. Belongs to one event loop.

    Args:
        folder: for what is too large for memory.
        limits: of each engine.
        idle_seconds: after which an engine that nobody used is closed, and with it its database's connections.
    """

    def __init__(
        self,
        platform: Platform,
        folder: Path,
        *,
        limits: EngineLimits | None = None,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._platform = platform
        self._folder = folder
        self._limits = limits
        self._idle_seconds = idle_seconds
        self._opened: dict[_Key, _Opened] = {}
        self._opening: dict[_Key, asyncio.Task[_Opened | None]] = {}
        self._verifiers: OrderedDict[str, tuple[bytes, Verifier]] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed: list[Callable[[], None]] = []
        platform.on_change(self._heard)
        self._begin(self._close_idle())

    async def close(self) -> None:
        """Close every engine."""
        for task in [*self._tasks, *self._opening.values()]:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._opening.values(), return_exceptions=True)
        await asyncio.gather(*(opened.engine.close() for opened in self._opened.values()), return_exceptions=True)
        self._opened.clear()

    # --- who may log in ---------------------------------------------------------------------------------------------

    async def account(self, user: str) -> Account | None:
        """See :meth:`.accounts.Accounts.account`."""
        subdomain, name = _names(user)
        if "\0" in user:
            return None
        try:
            ids = [str((await self._platform.tenant(subdomain)).id)]
            if name is not None:
                ids.append(str((await self._platform.database(subdomain, name)).id))
            login = await self._platform.mongo_login(subdomain, name)
        except (NotFound, Unsupported):
            return None
        except Unavailable as error:
            if error.code == "database_not_ready":  # as good as not there
                return None
            raise
        stamp = hashlib.sha256("\0".join([user, *ids, login.secret]).encode()).digest()
        return Account(user, ids[0], name, await self._verifier(user, login.secret), stamp)

    def on_change(self, changed: Callable[[], None]) -> None:
        """See :meth:`.accounts.Accounts.on_change`."""
        self._changed.append(changed)

    async def _verifier(self, user: str, secret: str) -> Verifier:
        """Made once of each secret: that takes milliseconds by design, and drivers remember it by its salt."""
        digest = hashlib.sha256(secret.encode()).digest()
        known = self._verifiers.get(user)
        if known is None or known[0] != digest:
            known = (digest, await asyncio.to_thread(verifier_of, secret))
            self._verifiers[user] = known
            if len(self._verifiers) > _VERIFIERS:
                self._verifiers.popitem(last=False)
        self._verifiers.move_to_end(user)
        return known[1]

    # --- databases --------------------------------------------------------------------------------------------------

    async def databases(self, account: Account) -> list[str]:
        """See :meth:`.accounts.Accounts.databases`."""
        try:
            if not await self._is_there(account):
                return []
            found = await self._platform.databases(_subdomain(account))
        except NotFound:
            return []
        return [
            one.name
            for one in found
            if _is_documents(one) and one.state is DatabaseState.ready and account.database in (None, one.name)
        ]

    async def engine(self, account: Account, database: str, *, create: bool) -> Engine | None:
        """See :meth:`.accounts.Accounts.engine`."""
        _check_reach(account, database)
        key = (account.tenant, database)
        opened = self._opened.get(key) or await self._open(account, database)
        if opened is None and create:
            await self._create(account, database)
            opened = self._opened.get(key) or await self._open(account, database)
            if opened is None:
                raise Unavailable("database_not_ready", f"The database '{database}' is just being dropped.")
        if opened is None:
            return None
        opened.used = time.monotonic()
        return opened.engine

    async def drop(self, account: Account, database: str) -> None:
        """See :meth:`.accounts.Accounts.drop`. The only database of a user is emptied: its login stays with it."""
        _check_reach(account, database)
        if account.database is not None:
            engine = await self.engine(account, database, create=False)
            if engine is not None:
                await engine.drop_database(database)
            return
        with contextlib.suppress(NotFound):
            subdomain = _subdomain(account)
            found = await self._platform.database(subdomain, database)
            if not _is_documents(found) or str(found.tenant_id) != account.tenant:
                return
            self._forget((account.tenant, database))
            await self._platform.drop_database(subdomain, database, actor=_actor(account))

    async def _is_there(self, account: Account) -> bool:
        """Whether the tenant is still there, and not another one of its name."""
        return str((await self._platform.tenant(_subdomain(account))).id) == account.tenant

    async def _create(self, account: Account, database: str) -> None:
        subdomain = _subdomain(account)
        if account.database is not None or not await self._is_there(account):
            raise DocumentError(Code.Unauthorized, f"not authorized on {database} to execute command")
        try:
            await self._platform.create_database(subdomain, "document", database, options={}, actor=_actor(account))
        except Conflict as error:
            if error.code == "storage_full":
                raise DocumentError(Code.OutOfDiskSpace, error.message) from None
            found = await self._platform.database(subdomain, database)
            if not _is_documents(found):
                raise DocumentError(
                    Code.InvalidNamespace, f"The name '{database}' belongs to a {found.engine} database of this tenant."
                ) from None
        except Invalid as error:
            raise DocumentError(Code.InvalidNamespace, f"Invalid database name: '{database}'. {error.hint}") from None

    # --- engines ----------------------------------------------------------------------------------------------------

    async def _open(self, account: Account, database: str) -> _Opened | None:
        """Open an engine, once for all who wait for it; None where there is no such database."""
        key = (account.tenant, database)
        task = self._opening.get(key)
        if task is None:
            task = self._opening[key] = asyncio.get_running_loop().create_task(self._connect(account, database))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())  # told to who waits
        return await asyncio.shield(task)

    async def _connect(self, account: Account, name: str) -> _Opened | None:
        try:
            return await self._connect_now(account, name)
        finally:
            del self._opening[account.tenant, name]  # at the moment when it is in the other

    async def _connect_now(self, account: Account, name: str) -> _Opened | None:
        subdomain = _subdomain(account)
        try:
            found = await self._platform.database(subdomain, name)
            if not _is_documents(found) or str(found.tenant_id) != account.tenant:
                return None
            access = await self._platform.access(subdomain, name)
        except NotFound:
            return None
        if access.database.id != found.id:
            return None

        async def wake() -> Target:
            return _target(await self._platform.access(subdomain, name), wake)

        store = await open_store(_target(access, wake), Limits(statement_timeout_ms=access.plan.statement_timeout_ms))
        engine = Engine(store, folder=self._folder, limits=self._limits)
        engine.storage_full = access.tenant.storage_full
        try:
            await engine.start()
        except BaseException:
            await engine.close()
            raise
        opened = self._opened[account.tenant, name] = _Opened(subdomain, access.database, access.plan, engine)
        self._begin(self._review((account.tenant, name), opened))  # it may have been dropped meanwhile
        return opened

    def _forget(self, key: _Key, *, linger: float = 0.0) -> None:
        """Nobody is given this engine any more; it is closed once commands under way had time to end."""
        opened = self._opened.pop(key, None)
        if opened is not None:
            self._begin(_close_after(linger, opened.engine))

    def _heard(self, kind: str, identity: str) -> None:
        """Look after what may have been dropped or changed. No identity: anything may have been."""
        if kind != "member" and (kind in ("database", "tenant") or not identity):
            for changed in self._changed:
                changed()
        for key, opened in self._opened.items():
            concerned = {"plan": (opened.plan.name,), "database": (str(opened.database.id),)}
            if not identity or identity in concerned.get(kind, (str(opened.database.tenant_id),)):
                self._begin(self._review(key, opened))

    async def _review(self, key: _Key, opened: _Opened) -> None:
        try:
            tenant = await self._platform.tenant(opened.tenant)
            database = await self._platform.database(opened.tenant, key[1])
            plan = tenant.limited(await self._platform.plan(tenant.plan_type))
        except NotFound:
            fits, linger = False, 0.0
        except DbaasError:
            return  # nobody can tell now; a command will see
        else:
            fits = database.id == opened.database.id and database.state is DatabaseState.ready
            linger = _LINGER_SECONDS if fits else 0.0
            fits = fits and plan == opened.plan
            opened.engine.storage_full = tenant.storage_full
        if not fits and self._opened.get(key) is opened:
            self._forget(key, linger=linger)

    async def _close_idle(self) -> None:
        while True:
            await asyncio.sleep(min(_LOOK_SECONDS, self._idle_seconds))
            now = time.monotonic()
            for key, opened in list(self._opened.items()):
                limit = min(self._idle_seconds, opened.plan.idle_stop_seconds or self._idle_seconds)
                if now - opened.used > limit and not opened.engine.builds():
                    self._forget(key)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _close_after(seconds: float, engine: Engine) -> None:
    try:
        await asyncio.sleep(seconds)
    finally:
        with contextlib.suppress(DbaasError):
            await engine.close()


def _is_documents(database: Database) -> bool:
    return engines.engine(database.engine).can.documents


def _check_reach(account: Account, database: str) -> None:
    if account.database not in (None, database):
        raise DocumentError(Code.Unauthorized, f"not authorized on {database} to execute command")


def _names(user: str) -> tuple[str, str | None]:
    """The tenant's subdomain and the database's name in a user's name."""
    subdomain, dot, name = user.partition(".")
    return subdomain, name if dot else None


def _subdomain(account: Account) -> str:
    return _names(account.user)[0]


def _actor(account: Account) -> str:
    return f"mongo:{account.user}"


def _target(access: Access, wake: Callable[[], Awaitable[Target]]) -> Target:
    """One role keeps the documents, whoever asks."""
    keeper = access.logins[Login.service]
    return Target(
        endpoint=access.endpoint, physical_name=access.database.physical_name, owner=keeper, api=keeper,
        service=keeper, exposure=access.database.exposure, wake=wake,
    )  # fmt: skip
