"""The API on sockets of its own, for the daemon's loopback door and for production on several processes.

tornado's HTTP/1 server alone costs several times what a multiplexed query does (:mod:`~dbaas_server.http1` says what is
here instead), so tornado serves inside Jupyter only.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import socket
import ssl

from tornado.netutil import bind_sockets

from .http1 import Connection
from .routing import Router
from .services import Services

__all__ = ["Listener", "loopback_sockets"]

log = logging.getLogger("dbaas.http")

_DRAIN_SECONDS = 20.0
_QUIET_SECONDS = 5.0
_CHECK_SECONDS = 5.0
_HANDSHAKE_SECONDS = 20.0
_RESERVED_DESCRIPTORS = 256  # for databases, files and what else is needed to serve those who are in


def loopback_sockets(port: int) -> list[socket.socket]:
    """Listen on 127.0.0.1 at ``port`` if it is free, else at any."""
    try:
        return bind_sockets(port, "127.0.0.1", family=socket.AF_INET)
    except OSError:
        return bind_sockets(0, "127.0.0.1", family=socket.AF_INET)


def _descriptors() -> int:
    """How many files and sockets this process may have open, once it asked for as many as it may ask for."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


class Listener:
    """Serves a router's routes over HTTP/1 and WebSocket.

    Args:
        public_url: what clients call this server, when it is not what they send as Host.
        prefix: the path that the routes are below, as ``/services/dbaas``; empty for none.

    Attributes:
        closing: no request is taken after those under way.
    """

    def __init__(
        self,
        router: Router,
        services: Services,
        public_url: str | None = None,
        tls: ssl.SSLContext | None = None,
        prefix: str = "",
    ) -> None:
        self.router = router
        self.services = services
        self.public_url = public_url
        self.prefix = prefix
        self.scheme = "https" if tls else "http"
        self.closing = False
        self._tls = tls
        self._sockets: list[socket.socket] = []
        self._most = 0
        self._connections: set[Connection] = set()
        self._shaking: set[asyncio.Task[None]] = set()
        self._last_closed = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None

    def listen(self, sockets: list[socket.socket]) -> None:
        """Accept connections from now on."""
        loop = asyncio.get_running_loop()
        self._most = _descriptors() - _RESERVED_DESCRIPTORS
        for listening in sockets:
            listening.setblocking(False)
            loop.add_reader(listening.fileno(), self._accept, listening)
        self._sockets += sockets
        self._watch = loop.create_task(self._check())

    def _accept(self, listening: socket.socket) -> None:
        """Take one connection, and leave the next one to whichever process is free first."""
        if len(self._connections) >= self._most:
            self._rest(listening)
            return
        try:
            accepted, _ = listening.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:
            log.error("a connection could not be accepted: %s", error)
            self._rest(listening)
            return
        accepted.setblocking(False)
        loop = asyncio.get_running_loop()
        shaking = loop.create_task(self._connect(accepted))
        self._shaking.add(shaking)
        shaking.add_done_callback(self._shaking.discard)

    def _rest(self, listening: socket.socket) -> None:
        """Let connections wait in the kernel until some of ours have ended."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(listening.fileno())
        loop.call_later(
            1.0, lambda: None if self.closing else loop.add_reader(listening.fileno(), self._accept, listening)
        )

    async def _connect(self, accepted: socket.socket) -> None:
        timeout = _HANDSHAKE_SECONDS if self._tls else None
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: Connection(self), accepted, ssl=self._tls, ssl_handshake_timeout=timeout
            )
        except (OSError, EOFError):
            accepted.close()  # it did not get as far as a request

    async def _check(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_CHECK_SECONDS)
            for connection in list(self._connections):
                connection.check(loop.time())

    def opened(self, connection: Connection) -> None:
        """A connection began."""
        self._connections.add(connection)

    def closed(self, connection: Connection) -> None:
        """A connection ended."""
        self._connections.discard(connection)
        if not self._connections:
            self._last_closed.set()

    async def drain(self) -> None:
        """Accept no more, let what is under way finish, then close every connection.

        A client that keeps its connection may be sending the next request just now. So each answer from now on says
        that it is the last on its connection, and only what stays silent is cut off. Safe to repeat.
        """
        self.closing = True
        loop = asyncio.get_running_loop()
        for listening in self._sockets:
            loop.remove_reader(listening.fileno())
            listening.close()
        self._sockets.clear()
        for connection in list(self._connections):
            connection.end_socket()
        self._last_closed.clear()
        if self._connections:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._last_closed.wait(), _QUIET_SECONDS)
        for connection in list(self._connections):
            if not connection.busy:
                connection.abort()
        if self._connections:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._last_closed.wait(), _DRAIN_SECONDS)
        for connection in list(self._connections):
            connection.abort()
        if self._watch is not None:
            self._watch.cancel()
