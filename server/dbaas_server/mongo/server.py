"""The listener: accepts connections, and holds what they share."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import ssl
from collections import Counter
from itertools import count
from typing import Any, Final

from dbaas_provisioning.errors import DbaasError

from ..documents.engine import Engine
from ..documents.errors import Code, DocumentError
from . import commands  # noqa: F401  (registers them)
from .accounts import Account, Accounts
from .budget import Budget
from .client import Client
from .connection import Connection
from .cursors import Cursors
from .failpoints import FailPoints
from .nowhere import Nowhere
from .operations import Operations
from .registry import SERVERS_OWN
from .settings import Settings

__all__ = ["MongoServer"]

log = logging.getLogger("dbaas.mongo")

_LOOK_SECONDS: Final = 5.0
_DRAIN_STEP_SECONDS: Final = 0.02
_BACKLOG: Final = 512
_AGAIN_SECONDS: Final = 1.0
_LAST_WORDS_SECONDS: Final = 1.0  # for the answers of commands that were cut short


class MongoServer:
    """Serves MongoDB's protocol to all tenants.

    Args:
        accounts: who may log in, and what they reach.
        settings: bounds.

    Attributes:
        secret: of this process, for what must look the same each time and be known to nobody.
    """

    def __init__(self, accounts: Accounts, settings: Settings | None = None) -> None:
        self.accounts = accounts
        self.settings = settings or Settings()
        self.operations = Operations()
        self.cursors = Cursors(self.settings)
        self.failpoints = FailPoints()
        self.secret = secrets.token_bytes(32)
        self._ids = count(1)
        self._connections: dict[int, Connection] = {}
        self._strangers: dict[int, Connection] = {}  # those of them not logged in, the oldest first
        self._tenants: dict[str, set[int]] = {}
        self._budgets: dict[str, Budget] = {}
        self._servers: list[asyncio.Server] = []
        self._watching: list[asyncio.Task[None]] = []
        self._changes = 0  # of accounts
        self._changed = asyncio.Event()
        accounts.on_change(self._accounts_changed)
        self._nothing = Engine(Nowhere())

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Listen; may be called for several addresses.

        Returns:
            The port, which was found if 0 was asked for.

        Raises:
            OSError: the address cannot be had.
        """
        return await self._listen(tls, host=host, port=port)

    async def start_on(self, listening: socket.socket, tls: ssl.SSLContext | None = None) -> int:
        """As :meth:`start`, on a socket that somebody else bound. Returns its port."""
        return await self._listen(tls, sock=listening)

    async def _listen(self, tls: ssl.SSLContext | None, **where: Any) -> int:
        if not self._watching:
            await self._nothing.start()
            self._watching = [asyncio.create_task(self._look()), asyncio.create_task(self._review())]
        server = await asyncio.get_running_loop().create_server(
            lambda: Connection(self, next(self._ids)), ssl=tls, backlog=_BACKLOG, **where
        )
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening, give commands a moment to end, and end the rest so that drivers try them again."""
        for server in self._servers:
            server.close()
        await self._drain(self.settings.drain_seconds)
        over = DocumentError(Code.InterruptedAtShutdown, "interrupted at shutdown")
        for operation in self.operations.all():
            operation.kill(over)
        await self._drain(_LAST_WORDS_SECONDS)
        left = list(self._connections.values())
        for connection in left:
            connection.end()
        await asyncio.gather(*(one.task for one in left if one.task is not None), return_exceptions=True)
        await self.cursors.close_all()
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        await self._nothing.close()

    # --- engines ----------------------------------------------------------------------------------------------------

    async def engine_for(self, account: Account, database: str, *, create: bool) -> Engine:
        """A database's engine; one that holds nothing, and takes nothing, where there is no such database.

        Raises:
            DocumentError: ``Unauthorized``.
        """
        if database in SERVERS_OWN or account.database not in (None, database):
            raise DocumentError(Code.Unauthorized, f"not authorized on {database} to execute this command")
        return await self.accounts.engine(account, database, create=create) or self._nothing

    # --- connections ------------------------------------------------------------------------------------------------

    def opened(self, connection: Connection) -> bool:
        """A client connects; False where there are too many already."""
        if len(self._connections) >= self.settings.connections:
            log.warning("a connection is refused: there are %d", len(self._connections))
            return False
        self._connections[connection.client.id] = self._strangers[connection.client.id] = connection
        if len(self._strangers) > self.settings.strangers:
            self._make_room()
        return True

    def _make_room(self) -> None:
        """End the oldest stranger of the address that has the most."""
        ((busiest, _),) = Counter(one.host for one in self._strangers.values()).most_common(1)
        oldest = next(one for one in self._strangers.values() if one.host == busiest)
        del self._strangers[oldest.client.id]
        oldest.end()

    def closed(self, connection: Connection) -> None:
        """A client is gone."""
        self._strangers.pop(connection.client.id, None)
        if self._connections.pop(connection.client.id, None) is not None:
            self._leave(connection.client)

    async def is_current(self, account: Account) -> bool:
        """Whether an account is as it was when its login began. What changes from then on is looked at again."""
        while True:
            seen = self._changes
            now = await self.accounts.account(account.user)
            if seen == self._changes:
                return now is not None and now.stamp == account.stamp

    def log_in(self, client: Client, account: Account) -> None:
        """A client has shown who it is.

        Raises:
            DocumentError: the tenant has too many connections.
        """
        members = self._tenants.setdefault(account.tenant, set())
        if len(members) >= self.settings.tenant_connections:
            raise DocumentError(Code.OperationFailed, "Too many connections are logged in to this tenant.")
        members.add(client.id)
        client.account = account
        client.owner = account.stamp
        budget = self._budgets.setdefault(account.tenant, Budget(self.settings.tenant_bytes))
        self._connections[client.id].use(budget)
        self._strangers.pop(client.id, None)

    def log_out(self, client: Client) -> None:
        """It is nobody again."""
        self._leave(client)
        if client.id in self._connections:
            self._connections[client.id].use(None)
            self._strangers[client.id] = self._connections[client.id]
        client.account, client.owner = None, b""

    def connections(self, tenant: str) -> int:
        """How many are logged in to a tenant."""
        return len(self._tenants.get(tenant, ()))

    def _leave(self, client: Client) -> None:
        if client.account is None:
            return
        tenant = client.account.tenant
        members = self._tenants.get(tenant, set())
        members.discard(client.id)
        if not members:
            self._tenants.pop(tenant, None)
            if tenant in self._budgets and not self._budgets[tenant].taken:
                del self._budgets[tenant]

    def _accounts_changed(self) -> None:
        self._changes += 1
        self._changed.set()

    async def _review(self) -> None:
        """End the connections of accounts that are others by now, whenever some may be."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            known = {one.client.account for one in self._connections.values() if one.client.account is not None}
            for account in known:
                try:
                    is_current = await self.is_current(account)
                except DbaasError:  # nobody can tell now
                    self._changed.set()
                    await asyncio.sleep(_AGAIN_SECONDS)
                    break
                if not is_current:
                    self._end(account)

    def _end(self, account: Account) -> None:
        for connection in list(self._connections.values()):
            if connection.client.account == account:
                connection.end()
        self.cursors.kill_sessions(account.tenant, account.stamp, None)

    async def _drain(self, seconds: float) -> None:
        """Wait until no command is at work, ending connections as they come to rest."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while self._connections and loop.time() < until:
            for connection in list(self._connections.values()):
                if connection.is_idle:
                    connection.end()
            await asyncio.sleep(_DRAIN_STEP_SECONDS)

    async def _look(self) -> None:
        """Look for what has stalled or rested too long."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(_LOOK_SECONDS, self.settings.stalled_seconds / 2, self.settings.cursor_seconds / 2))
            for connection in list(self._connections.values()):
                connection.look(loop.time())
            self.cursors.sweep()
