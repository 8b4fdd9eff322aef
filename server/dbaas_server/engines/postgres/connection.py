"""One connection on raw libpq, driven by the running asyncio loop.

Nothing here knows roles, requests or SQL; it connects, sends, and waits without blocking.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from contextlib import suppress

from psycopg import OperationalError, pq
from psycopg.pq import ConnStatus, PollingStatus
from psycopg.pq.abc import PGconn

from dbaas_provisioning.errors import Unavailable
from dbaas_provisioning.nouns import Credential, Endpoint

from ...engine import Target
from .errors import ConnectionLost

__all__ = ["Connector", "connect", "readiness", "socket_of"]

log = logging.getLogger(__name__)

CONNECT_SECONDS = 10.0
APPLICATION = "jupyter-dbaas"

# Whatever a tenant chose for its database or roles, values arrive in the formats that are decoded.
_FORMATS = "-c datestyle=ISO -c intervalstyle=postgres -c bytea_output=hex -c extra_float_digits=1"

# What a failed connection attempt says when trying again cannot help.
_HOPELESS = (
    "password authentication failed",
    "does not exist",
    "not permitted to log in",
    "permission denied for database",
)


async def readiness(fd: int, *, write: bool) -> None:
    """Return once a socket is readable, or with ``write`` writable."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    (loop.add_writer if write else loop.add_reader)(fd, wake)
    try:
        await ready
    finally:
        (loop.remove_writer if write else loop.remove_reader)(fd)


def socket_of(pgconn: PGconn) -> int:
    """A descriptor of the connection's socket, for the loop to watch; whoever asked for it closes it.

    libpq closes its own as soon as it notices a loss, and the next connection anywhere in the process may get the same
    number: what the loop still watched, or stopped watching, under that number would be somebody else's.

    Raises ``OperationalError`` when there is no socket any more.
    """
    try:
        return os.dup(pgconn.socket)
    except OSError as error:
        raise OperationalError(str(error)) from None


async def connect(
    endpoint: Endpoint,
    database: str,
    login: Credential,
    *,
    options: str = "",
    replication: bool = False,
    name: str = APPLICATION,
) -> PGconn:
    """Open a nonblocking connection.

    Args:
        replication: to the database's log; such a connection takes replication commands.
        name: what the server shows of it.

    Raises:
        ConnectionLost: it could not be made now (refused, starting up, too slow).
        Unavailable: the server does not accept this login, which waiting will not change.
    """
    settings = {
        **endpoint.parameters,
        "dbname": database,
        "user": login.username,
        "password": login.secret,
        "client_encoding": "UTF8",
        "application_name": name,
        "gssencmode": "disable",
        "require_auth": "scram-sha-256",  # whoever sits on the port of a stopped server learns no password
        "options": f"{_FORMATS} {options}".strip(),
        **({"replication": "database"} if replication else {}),
    }
    conninfo = " ".join(f"{name}='{_escape(value)}'" for name, value in settings.items()).encode()
    pgconn: PGconn = pq.PGconn.connect_start(conninfo)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await _establish(pgconn)
        pgconn.nonblocking = 1
    except TimeoutError:
        pgconn.finish()
        raise ConnectionLost("no answer to the connection attempt") from None
    except OperationalError as error:
        pgconn.finish()
        raise ConnectionLost(str(error)) from None
    except BaseException:
        pgconn.finish()
        raise
    return pgconn


async def _establish(pgconn: PGconn) -> None:
    if pgconn.status == ConnStatus.BAD:
        raise _refusal(pgconn)
    status = PollingStatus.WRITING  # what libpq asks to assume before the first poll
    while True:
        await readiness(pgconn.socket, write=status == PollingStatus.WRITING)
        status = PollingStatus(pgconn.connect_poll())
        if status == PollingStatus.OK:
            return
        if status == PollingStatus.FAILED:
            raise _refusal(pgconn)


def _refusal(pgconn: PGconn) -> Exception:
    reason = pgconn.get_error_message().strip()
    if any(words in reason for words in _HOPELESS):
        log.warning("database login refused: %s", reason)
        return Unavailable(
            "database_login_refused",
            "The database does not accept the platform's login.",
            hint="If its credentials were just rotated, try again; otherwise ask the platform's operator.",
        )
    return ConnectionLost(reason)


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


class Connector:
    """Where the database is now. Wakes it when a connection is refused.

    Attributes:
        on_connected: called after each connection that was made.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self.on_connected: Callable[[], None] | None = None
        self._waking: asyncio.Task[Target] | None = None

    async def connect(
        self,
        login: Callable[[Target], Credential],
        *,
        options: str = "",
        patience: float = CONNECT_SECONDS,
        name: str = APPLICATION,
    ) -> PGconn:
        """Connect with one of the target's logins.

        Args:
            login: picks the credential, anew for each attempt since waking may change it.
            patience: seconds to keep trying while the server is away.
            name: what the server shows of it.

        Raises:
            Unavailable: it did not work; nothing was sent.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience
        delay = 0.02
        renewed = False
        while True:
            try:
                target = self.target
                pgconn = await connect(target.endpoint, target.physical_name, login(target), options=options, name=name)
            except Unavailable:
                if renewed:
                    raise
                renewed = True  # the login may have been rotated since this target was made
                await self._wake()
            except ConnectionLost as lost:
                log.info("no connection to %s: %s", self.target.physical_name, lost.reason)
                if loop.time() + delay > deadline:
                    raise Unavailable(
                        "database_unavailable", "The database is not reachable just now.", hint="Try again in a moment."
                    ) from None
                with suppress(Unavailable):  # it may be starting already; the next attempt tells
                    await self._wake()
                await asyncio.sleep(delay)
                delay = min(delay * 2, 0.4)
            else:
                if self.on_connected is not None:
                    self.on_connected()
                return pgconn

    async def _wake(self) -> None:
        """Have the engine started, once for all who wait."""
        if self._waking is None or self._waking.done():
            self._waking = asyncio.get_running_loop().create_task(_coroutine(self.target))
        self.target = await asyncio.shield(self._waking)


async def _coroutine(target: Target) -> Target:
    return await target.wake()
