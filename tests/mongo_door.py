"""Accounts that are nobody's but a test's: engines on memory, and a served door."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from dbaas_server.documents.collections.environment import EngineLimits
from dbaas_server.documents.collections.namespace import check_database_name
from dbaas_server.documents.engine import Engine
from dbaas_server.documents.errors import Code, DocumentError
from dbaas_server.documents.store.memory import MemoryStore
from dbaas_server.mongo.accounts import Account
from dbaas_server.mongo.scram import Verifier, verifier_of
from dbaas_server.mongo.server import MongoServer
from dbaas_server.mongo.settings import Settings

__all__ = ["PASSWORD", "MemoryAccounts", "Served", "serve"]

PASSWORD = "correct horse"
_VERIFIER = verifier_of(PASSWORD, iterations=4_096)


@dataclass
class MemoryAccounts:
    """Implements :class:`~dbaas_server.mongo.accounts.Accounts`.

    Attributes:
        tenants: the databases of each.
        verifiers: of users with a password of their own.
        opened: engines by tenant and database.
    """

    tenants: dict[str, set[str]] = field(default_factory=lambda: {"acme": {"app"}, "globex": {"app"}})
    verifiers: dict[str, Verifier] = field(default_factory=dict)
    opened: dict[tuple[str, str], Engine] = field(default_factory=dict)
    changed: list[Callable[[], None]] = field(default_factory=list)

    async def account(self, user: str) -> Account | None:
        tenant, _, database = user.partition(".")
        known = self.tenants.get(tenant)
        if known is None or (database and database not in known):
            return None
        verifier = self.verifiers.get(user, _VERIFIER)
        return Account(user, tenant, database or None, verifier, f"{user} {verifier}".encode())

    def on_change(self, changed: Callable[[], None]) -> None:
        self.changed.append(changed)

    def change(self, **verifiers: Verifier) -> None:
        """Give users other passwords."""
        self.verifiers |= verifiers
        for changed in self.changed:
            changed()

    async def databases(self, account: Account) -> list[str]:
        return [name for name in self.tenants[account.tenant] if account.database in (None, name)]

    async def engine(self, account: Account, database: str, *, create: bool) -> Engine | None:
        check_database_name(database)
        if account.database not in (None, database):
            raise DocumentError(Code.Unauthorized, f"not authorized on {database}")
        if database not in self.tenants[account.tenant]:
            if not create:
                return None
            self.tenants[account.tenant].add(database)
        engine = self.opened.get((account.tenant, database))
        if engine is None:
            engine = self.opened[account.tenant, database] = Engine(MemoryStore(), limits=EngineLimits())
            await engine.start()
        return engine

    async def drop(self, account: Account, database: str) -> None:
        if account.database is not None:
            raise DocumentError(Code.Unauthorized, f"not authorized on {database}")
        self.tenants[account.tenant].discard(database)
        engine = self.opened.pop((account.tenant, database), None)
        if engine is not None:
            await engine.close()

    async def close(self) -> None:
        for engine in self.opened.values():
            await engine.close()


@dataclass
class Served:
    """A door that is open."""

    server: MongoServer
    accounts: MemoryAccounts
    port: int

    def uri(self, user: str = "acme", password: str = PASSWORD, **options: Any) -> str:
        """A connection string."""
        credentials = f"{user}:{password.replace(' ', '%20')}@" if user else ""
        text = "&".join(f"{name}={value}" for name, value in options.items())
        return f"mongodb://{credentials}127.0.0.1:{self.port}/?{text}"


@contextlib.asynccontextmanager
async def serve(settings: Settings | None = None, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Served]:
    """Open a door on loopback."""
    accounts = MemoryAccounts()
    server = MongoServer(accounts, settings or Settings(drain_seconds=0.2))
    port = await server.start("127.0.0.1", 0, tls)
    try:
        yield Served(server, accounts, port)
    finally:
        await server.close()
        await accounts.close()
