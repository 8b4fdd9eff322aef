"""WebSockets inside Jupyter Server: the routes' own, on tornado's connection."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.httputil import HTTPServerRequest
from tornado.iostream import IOStream, StreamClosedError
from tornado.routing import Matcher
from tornado.websocket import WebSocketHandler

from dbaas_provisioning.errors import DbaasError, Invalid

from .dispatch import next_request_id, refuse, serve_socket
from .frames import close_reason
from .http import Request, Response, Upgrade
from .jupyter_requests import path_below, request_from
from .routing import Route, Router

__all__ = ["PlatformSocket", "Upgrading"]

_PING_SECONDS = 45.0
_HANDSHAKE = frozenset({"connection", "upgrade", "content-length", "transfer-encoding"})


class Upgrading(Matcher):
    """Requests below a path that ask for a WebSocket."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        """Whether this is one."""
        asks = request.headers.get("Upgrade", "").lower() == "websocket"
        return {} if asks and request.path.startswith(self._prefix) else None


class PlatformSocket(WebSocketHandler):
    """Asks a route, and becomes a WebSocket if that is its answer.

    The routes ask for a key and take no cookie, so Jupyter's session and the page's origin do not matter here.
    """

    def initialize(self, prefix: str, router: Router, answer: Callable[[Route, Request], Awaitable[Response]]) -> None:
        """What tornado hands to each request's handler.

        Args:
            prefix: the mount point.
            router: of paths below it.
            answer: asks the platform; raises nothing.
        """
        self._prefix = prefix
        self._router = router
        self._ask = answer
        self._upgrade: Upgrade | None = None
        self._socket: _Socket | None = None
        self._work: asyncio.Task[Any] | None = None
        self._request_id = next_request_id()

    def check_origin(self, origin: str) -> bool:
        """Any: what opens the door is a key in the request."""
        return True

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """What the route chose."""
        return self._upgrade.subprotocol if self._upgrade is not None else None

    @property
    def ping_interval(self) -> float:
        """Seconds."""
        return _PING_SECONDS

    @property
    def max_message_size(self) -> int:
        """Bytes."""
        return self._upgrade.max_message if self._upgrade is not None else 0

    @allow_unauthenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Let the route decide."""
        self._work = asyncio.create_task(self._answer())
        try:
            response = await self._work
        except asyncio.CancelledError:
            return  # the client left while it waited
        if isinstance(response, Upgrade):
            self._upgrade = response
            await super().get(*args, **kwargs)
        else:
            await self._refuse(response)

    async def _answer(self) -> Response:
        try:
            route, params = self._router.find(path_below(self._prefix, self.request))
        except DbaasError as error:
            return refuse(error)
        request = request_from(self.request, self._prefix, params, _nothing)
        self._request_id = request.request_id
        response = await self._ask(route, request)
        if isinstance(response, Upgrade) or isinstance(response.body, bytes):
            return response
        await response.body.aclose()
        return refuse(Invalid("no_websocket", "This URL does not speak WebSocket."))

    async def _refuse(self, response: Response) -> None:
        self.set_status(response.status)
        for name, value in response.headers:
            if name.lower() not in _HANDSHAKE:
                self.add_header(name, value)
        self.set_header("X-Request-Id", self._request_id)
        assert isinstance(response.body, bytes)
        await self.finish(response.body)

    async def open(self, *args: str, **kwargs: str) -> None:
        """The handshake is done."""
        assert self._upgrade is not None
        self._socket = _Socket(self)
        self._work = asyncio.create_task(serve_socket(self._upgrade, self._socket, self._request_id))

    def on_message(self, message: str | bytes) -> Awaitable[None] | None:
        """One message; the client is not read from while too many wait."""
        return self._socket.take(message) if self._socket is not None else None

    def on_close(self) -> None:
        """The connection ended: so does what was under way on it."""
        if self._socket is not None:
            self._socket.lost()
        if self._work is not None:
            self._work.cancel()


class _Socket:
    """:class:`~dbaas_server.http.WebSocket` on tornado's."""

    _WAITING_MESSAGES = 64

    def __init__(self, handler: PlatformSocket) -> None:
        self._handler = handler
        connection = handler.ws_connection
        assert connection is not None and connection.stream is not None, "it is open"
        self._stream: IOStream = connection.stream
        self._messages: deque[str | bytes] = deque()
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._ended = False
        self._unsent = 0

    @property
    def buffered(self) -> int:
        """Bytes sent that the client has not taken yet."""
        return self._unsent

    def send(self, frames: bytes) -> None:
        """Send prebuilt frames as they are."""
        if self._ended:
            return
        try:
            written = self._stream.write(frames)
        except StreamClosedError:
            self.lost()
            return
        self._unsent += len(frames)
        written.add_done_callback(lambda done: self._sent(done, len(frames)))

    def _sent(self, done: asyncio.Future[None], size: int) -> None:
        self._unsent -= size
        if not done.cancelled():
            done.exception()  # a lost connection is told by `receive`

    async def receive(self) -> str | bytes | None:
        """The next message; None once the connection ended."""
        while not self._messages:
            if self._ended:
                return None
            self._arrived.clear()
            await self._arrived.wait()
        message = self._messages.popleft()
        if not self._messages:
            self._room.set()
        return message

    def take(self, message: str | bytes) -> Awaitable[None] | None:
        """A message arrived; the answer, when there is one, is awaited before the next is read."""
        self._messages.append(message)
        self._arrived.set()
        if len(self._messages) <= self._WAITING_MESSAGES:
            return None
        self._room.clear()
        return self._have_room()

    async def _have_room(self) -> None:
        await self._room.wait()

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Say why, and end."""
        if not self._ended:
            with contextlib.suppress(StreamClosedError):
                self._handler.close(code, close_reason(reason))
            self.lost()

    def lost(self) -> None:
        """The connection is gone, or as good as gone."""
        self._ended = True
        self._arrived.set()
        self._room.set()


async def _nothing() -> AsyncIterator[bytes]:
    """The body of a handshake."""
    return
    yield b""
