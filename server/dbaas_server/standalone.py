"""The API on tornado's bare HTTP server, for the daemon's loopback door and for production on several processes.

``RequestHandler`` costs more than a multiplexed query does, so requests go from tornado's HTTP/1 connection straight
to :mod:`~dbaas_server.dispatch`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable
from http import HTTPStatus
from typing import cast

from tornado.http1connection import HTTP1Connection
from tornado.httpserver import HTTPServer
from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerConnectionDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.iostream import StreamClosedError
from tornado.netutil import bind_sockets

from dbaas_provisioning.errors import DbaasError

from .dispatch import dispatch, next_request_id, refuse
from .http import Request, Response
from .routing import Route, Router
from .services import Services

__all__ = ["Listener", "loopback_sockets"]

log = logging.getLogger("dbaas.http")

_REASONS = {status.value: status.phrase for status in HTTPStatus}
_QUEUED_CHUNKS = 8
_MAX_HEADER_BYTES = 64 * 1024
_IDLE_SECONDS = 300.0
_STALLED_SECONDS = 60.0
_LARGE_DIGITS = 5  # of Content-Length: bodies from 100,000 bytes on
_DRAIN_SECONDS = 20.0
_QUIET_SECONDS = 5.0
_NO_BODY = frozenset({204, 304})


def loopback_sockets(port: int) -> list[socket.socket]:
    """Listen on 127.0.0.1 at ``port`` if it is free, else at any."""
    try:
        return bind_sockets(port, "127.0.0.1", family=socket.AF_INET)
    except OSError:
        return bind_sockets(0, "127.0.0.1", family=socket.AF_INET)


class Listener(HTTPServerConnectionDelegate):
    """Serves a router's routes over HTTP/1.

    Args:
        public_url: what clients call this server, when it is not what they send as Host.
    """

    def __init__(
        self,
        router: Router,
        services: Services,
        public_url: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.router = router
        self.services = services
        self.public_url = public_url
        self.scheme = "https" if tls else "http"
        self.under_way: set[asyncio.Task[None]] = set()
        self._connections: set[object] = set()
        self._last_closed = asyncio.Event()
        # Bodies are bounded by each route; a streamed one by nothing but the disk it ends on.
        self._server = HTTPServer(
            self,
            ssl_options=tls,
            max_header_size=_MAX_HEADER_BYTES,
            max_body_size=1 << 50,
            idle_connection_timeout=_IDLE_SECONDS,
        )

    def listen(self, sockets: list[socket.socket]) -> None:
        """Accept connections from now on."""
        self._server.add_sockets(sockets)

    async def drain(self) -> None:
        """Accept no more, let what is under way finish, then close every connection.

        A client that keeps its connection may be sending the next request just now. So each answer from now on says
        that it is the last on its connection, and only what stays silent is cut off.
        """
        self._server.stop()
        self._server.conn_params.no_keep_alive = True
        self._last_closed.clear()
        if self._connections:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._last_closed.wait(), _QUIET_SECONDS)
        if self.under_way:
            await asyncio.wait(self.under_way, timeout=_DRAIN_SECONDS)
        await self._server.close_all_connections()

    def start_request(self, server_conn: object, request_conn: HTTPConnection) -> HTTPMessageDelegate:
        """One request begins on a connection."""
        self._connections.add(server_conn)
        return _Exchange(self, cast(HTTP1Connection, request_conn))

    def on_close(self, server_conn: object) -> None:
        """A connection ended; its exchange was told by tornado."""
        self._connections.discard(server_conn)
        if not self._connections:
            self._last_closed.set()


class _Exchange(HTTPMessageDelegate):
    """One request and its response."""

    def __init__(self, listener: Listener, connection: HTTP1Connection) -> None:
        self._listener = listener
        self._connection = connection
        self._chunks: list[bytes] = []
        self._queue: asyncio.Queue[bytes | None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._head = False
        self._complete = False

    def headers_received(self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders) -> None:
        """The request line and headers are here; the body is not yet."""
        assert isinstance(start_line, RequestStartLine)
        path, _, query = start_line.path.partition("?")
        lowered = {name.lower(): value for name, value in headers.get_all()}
        base_url = self._listener.public_url or f"{self._listener.scheme}://{lowered.get('host', 'localhost')}"
        self._head = start_line.method == "HEAD"
        self._request = Request(
            start_line.method, path, query, lowered, self._body, base_url, request_id=next_request_id()
        )
        self._route: Route | DbaasError
        try:
            self._route, self._request.params = self._listener.router.find(path)
        except DbaasError as error:
            self._route = error
        else:
            # A large body is read as it comes, so that nobody makes the server hold one before saying who they are.
            large = "transfer-encoding" in lowered or len(lowered.get("content-length", "")) > _LARGE_DIGITS
            if large or self._route.streams_body(lowered.get("content-type", "")):
                self._queue = asyncio.Queue(_QUEUED_CHUNKS)
                self._start()

    def data_received(self, chunk: bytes) -> asyncio.Future[None] | None:
        """Some of the body; the answer, when there is one, holds the connection until there is room."""
        if self._queue is not None:
            if self._task is None or self._task.done():
                return None
            return asyncio.ensure_future(self._offer(chunk))
        if not isinstance(self._route, DbaasError):
            self._chunks.append(chunk)
        return None

    async def _offer(self, chunk: bytes | None) -> None:
        """Put a chunk where the handler reads, unless the handler ends first."""
        assert self._queue is not None and self._task is not None
        put = asyncio.ensure_future(self._queue.put(chunk))
        await asyncio.wait({put, self._task}, return_when=asyncio.FIRST_COMPLETED)
        put.cancel()

    def finish(self) -> None:
        """The body is complete."""
        self._complete = True
        if self._queue is None:
            self._start()
        elif self._task is not None and not self._task.done():
            ending = asyncio.ensure_future(self._offer(None))
            self._listener.under_way.add(ending)
            ending.add_done_callback(self._listener.under_way.discard)

    def on_connection_close(self) -> None:
        """The client went away: so does its handler, and with it the statement in the engine."""
        if self._task is not None:
            self._task.cancel()

    async def _body(self) -> AsyncIterator[bytes]:
        if self._queue is None:
            for chunk in self._chunks:
                yield chunk
            return
        while (part := await self._queue.get()) is not None:
            yield part

    def _start(self) -> None:
        self._connection.set_close_callback(self.on_connection_close)
        self._task = asyncio.get_running_loop().create_task(self._run())
        self._listener.under_way.add(self._task)
        self._task.add_done_callback(self._listener.under_way.discard)

    async def _run(self) -> None:
        if isinstance(self._route, DbaasError):
            response = refuse(self._route)
        else:
            response = await dispatch(self._route, self._request, self._listener.services)
        try:
            await self._send(response)
        except StreamClosedError:
            pass
        except Exception:
            # A status that is out cannot be taken back: cutting the connection is how a client learns of it.
            self._connection.stream.close()
            log.exception("request %s was cut off", self._request.request_id)

    async def _send(self, response: Response) -> None:
        headers = HTTPHeaders()
        for name, value in response.headers:
            headers.add(name, value)
        headers["X-Request-Id"] = self._request.request_id
        if not self._complete:
            headers["Connection"] = "close"  # answered before the body was read: what follows is no request
        start = ResponseStartLine("HTTP/1.1", response.status, _REASONS.get(response.status, "Unknown"))
        body = response.body
        if isinstance(body, bytes):
            if response.status not in _NO_BODY and "Content-Length" not in headers:
                headers["Content-Length"] = str(len(body))
            bodiless = self._head or response.status in _NO_BODY
            self._connection.write_headers(start, headers, body if body and not bodiless else None)
            self._connection.finish()
            return
        async with contextlib.aclosing(body):
            await self._connection.write_headers(start, headers)
            if not self._head:
                async for chunk in body:
                    # A client that takes nothing may not hold an engine's connection for ever.
                    await asyncio.wait_for(_written(self._connection.write(chunk)), _STALLED_SECONDS)
        self._connection.finish()


async def _written(done: Awaitable[None]) -> None:
    await done
