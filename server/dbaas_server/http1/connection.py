"""One client's connection: bytes in, exchanges in order, bytes out."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol, cast

import httptools

from dbaas_provisioning.errors import DbaasError, Invalid

from ..dispatch import refuse
from ..routing import Router
from ..services import Services
from .exchange import Exchange
from .head import response_head
from .socket import Socket

__all__ = ["Connection", "Owner"]

MAX_HEAD_BYTES = 64 * 1024
PADDING = 8  # bytes around a byte of a body
PACE_BYTES = 4096  # of a body in STALLED_SECONDS
UNSENT_BYTES = 256 * 1024  # of a streamed response, before its producer waits
IDLE_SECONDS = 300.0  # between requests
STALLED_SECONDS = 60.0  # in the middle of one, or of taking a response
RESTARTING = 1012  # a close code of the registry that RFC 6455 section 11.7 opens
LINGER_SECONDS = 5.0  # for a client to read the refusal of a body that it is still sending

_HOP = frozenset({"connection", "upgrade", "http2-settings"})


class Owner(Protocol):
    """What a connection needs of the server that accepted it."""

    router: Router
    services: Services
    public_url: str | None
    prefix: str
    scheme: str
    closing: bool

    def opened(self, connection: Connection) -> None:
        """A connection began."""
        ...

    def closed(self, connection: Connection) -> None:
        """A connection ended."""
        ...


class Connection(asyncio.Protocol):
    """Parses requests, lets each be answered in its turn, and guards against clients that stall or pad."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport = cast(asyncio.Transport, None)
        self._url = b""
        self._headers: dict[str, str] = {}
        self._fields = 0  # bytes of the URL and the headers
        self._hosts = 0
        self._in_head = False
        self._body_bytes = 0
        self._padding = 0  # bytes of the current request that are neither
        self._pace = (0, 0.0)  # bytes of its body at a time
        self._arriving: Exchange | None = None
        self._current: Exchange | None = None
        self._waiting: deque[Exchange] = deque()
        self._paused_by = 0
        self._socket: Socket | None = None
        self._early = b""
        self._declined = False
        self._ending = False
        self._drained: asyncio.Future[None] | None = None
        self._gone = False
        self._active_at = self._loop.time()
        self._written = 0
        self._taken = 0
        self._taken_at = self._active_at

    # --- asyncio.Protocol ---------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client connected."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=UNSENT_BYTES)
        self.owner.opened(self)

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone: so is whatever was under way on it."""
        self._gone = True
        self.owner.closed(self)
        if self._socket is not None:
            self._socket.lost()
        self.resume_writing()
        self._waiting.clear()
        if self._current is not None:
            self._current.cancel()

    def pause_writing(self) -> None:
        """The client takes less than it is sent."""
        self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        """It has caught up."""
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None

    def data_received(self, data: bytes) -> None:
        """Bytes of requests, or of a WebSocket's frames."""
        self._active_at = self._loop.time()
        if self._socket is not None:
            self._socket.feed(data)
            return
        if self._ending:
            return  # what comes after the last answer is no request
        if self._current is not None and self._current.upgrade:
            self._early += data  # of a protocol that is not agreed on yet
            if len(self._early) > MAX_HEAD_BYTES:
                self._transport.abort()
            return
        self._feed(data)

    def _feed(self, data: bytes) -> None:
        known = self._body_bytes
        in_message = self._in_head or self._arriving is not None
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as switch:
            self._early = data[switch.args[0] :]
            if self._declined:
                self._stay()
        except httptools.HttpParserError:
            self._refuse(Invalid("invalid_request", "This is not HTTP/1.1 as RFC 9112 has it."))
            return
        if in_message and (self._in_head or self._arriving is not None):
            self._padding += len(data) - max(self._body_bytes - known, 0)
            # Long fields without an end, endless trailers, chunks with more around them than in them.
            if self._padding > MAX_HEAD_BYTES + PADDING * self._body_bytes:
                self._refuse(_too_large())

    def _stay(self) -> None:
        """Parse a request that asks for a protocol which is not spoken here as if it had not asked (RFC 9110, 7.8)."""
        self._declined = False
        rest, self._early = self._early, b""
        method = self._parser.get_method()
        self._parser = httptools.HttpRequestParser(self)
        fields = {name: value for name, value in self._headers.items() if name not in _HOP}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self._feed(method + b" " + self._url + b" HTTP/1.1\r\n" + head.encode("latin-1") + b"\r\n" + rest)

    # --- httptools ----------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A request begins."""
        self._url = b""
        self._headers = {}
        self._fields = self._hosts = self._body_bytes = self._padding = 0
        self._in_head = True
        self._pace = (0, self._active_at)

    def on_url(self, url: bytes) -> None:
        """Some of its URL."""
        self._fields += len(url)
        if self._fields <= MAX_HEAD_BYTES:
            self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header, whole. Repeated ones are one list (RFC 9110 section 5.3). What trails a body is no header."""
        self._fields += len(name) + len(value)
        if not self._in_head or self._fields > MAX_HEAD_BYTES:
            return
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1")
        if key == "host":
            self._hosts += 1
        if key in self._headers:
            text = f"{self._headers[key]}, {text}"
        self._headers[key] = text

    def on_headers_complete(self) -> None:
        """Its head is complete, and its body may follow."""
        self._in_head = False
        self._padding = 0
        parser = self._parser
        upgrade = parser.should_upgrade()
        if upgrade and self._headers.get("upgrade", "").lower() != "websocket" and parser.get_method() != b"CONNECT":
            self._declined = True
            return
        old_version = parser.get_http_version() == "1.0"
        exchange = self._arriving = Exchange(
            self,
            parser.get_method().decode("latin-1"),
            self._url.decode("latin-1"),
            self._headers,
            keep_alive=parser.should_keep_alive(),
            old_version=old_version,
            upgrade=upgrade,
            refusal=self._fault(old_version),
        )
        if self._current is None:
            self._current = exchange
            if exchange.ready:
                self._begin(exchange)
        else:
            self._waiting.append(exchange)
            self.pause()

    def _fault(self, old_version: bool) -> DbaasError | None:
        if self._fields > MAX_HEAD_BYTES:
            return _too_large()
        if self._hosts > 1 or (self._hosts == 0 and not old_version):  # RFC 9112 section 3.2
            return Invalid("invalid_host", "A request has one Host header.")
        return None

    def on_body(self, chunk: bytes) -> None:
        """Some of its body."""
        self._body_bytes += len(chunk)
        if self._arriving is not None:
            self._arriving.feed(chunk)

    def on_message_complete(self) -> None:
        """It is complete."""
        exchange, self._arriving = self._arriving, None
        if exchange is not None:
            exchange.end()
            if exchange is self._current and exchange.task is None:
                self._begin(exchange)

    # --- exchanges ----------------------------------------------------------------------------------------------

    def _begin(self, exchange: Exchange) -> None:
        exchange.task = self._loop.create_task(exchange.run())

    def finished(self, exchange: Exchange) -> None:
        """An exchange is over; the next one's turn comes."""
        self._active_at = self._loop.time()
        self._current = None
        if self._gone:
            return
        if not exchange.keep_alive:
            self._end(lingering=not exchange.complete)
        elif self._waiting:
            following = self._current = self._waiting.popleft()
            self.resume()
            if following.ready:
                self._begin(following)

    def become_socket(self, max_message: int) -> Socket:
        """From now on the bytes are a WebSocket's."""
        self._socket = Socket(self._transport, max_message)
        if self._early:
            self._socket.feed(self._early)
            self._early = b""
        return self._socket

    def _refuse(self, error: DbaasError) -> None:
        """Answer what cannot be parsed, and end. What was asked before it is still answered."""
        if self._arriving is not None and self._arriving is self._current:
            self._transport.abort()  # in the middle of a body that a handler may be reading
        elif self._current is not None:
            self._ending = True
            self._waiting.clear()
            self._current.keep_alive = False
        else:
            response = refuse(error)
            assert isinstance(response.body, bytes)
            extra = f"Connection: close\r\nContent-Length: {len(response.body)}\r\n"
            self.write(response_head(response.status, response.headers, extra) + response.body)
            self._end(lingering=True)

    def _end(self, *, lingering: bool) -> None:
        """Close; a client that may still be sending gets time to read why, which a reset would take from it."""
        self._ending = True
        if lingering and self._transport.can_write_eof():
            self._transport.write_eof()
            self._loop.call_later(LINGER_SECONDS, self._transport.abort)
        else:
            self._transport.close()

    # --- flow ---------------------------------------------------------------------------------------------------

    def pause(self) -> None:
        """Read no more from the client until :meth:`resume` was called as often."""
        self._paused_by += 1
        if self._paused_by == 1 and not self._gone:
            self._transport.pause_reading()

    def resume(self) -> None:
        """Take one :meth:`pause` back."""
        self._paused_by -= 1
        if self._paused_by == 0 and not self._gone:
            self._pace = (self._body_bytes, self._loop.time())
            self._transport.resume_reading()

    def write(self, data: bytes) -> None:
        """Send; what the client does not take now is kept. Raises ``ConnectionResetError`` when it is gone."""
        if self._gone:
            raise ConnectionResetError
        self._written += len(data)
        self._transport.write(data)

    async def writable(self) -> None:
        """Wait until the client has taken most of what was sent. Raises ``ConnectionResetError``."""
        if self._drained is not None:
            await self._drained
        if self._gone:
            raise ConnectionResetError

    def abort(self) -> None:
        """Cut the connection."""
        self._transport.abort()

    def check(self, now: float) -> None:
        """End what stalls: a request that does not go on, a response that is not taken, a connection not used.

        Args:
            now: the loop's time.
        """
        unsent = self._transport.get_write_buffer_size()
        if self._socket is not None:
            self._socket.check(now)
        elif self._in_head or (self._arriving is not None and not self._paused_by):
            self._check_pace(now)
        elif self._current is None and not self._ending and now - self._active_at > IDLE_SECONDS:
            self._transport.close()
        written = self._socket.sent if self._socket is not None else self._written
        if not unsent or written - unsent > self._taken:
            self._taken, self._taken_at = written - unsent, now
        elif now - self._taken_at > STALLED_SECONDS:
            self._transport.abort()

    def _check_pace(self, now: float) -> None:
        """A request that comes byte by byte would hold its connection for as long as it likes."""
        known, since = self._pace
        if self._body_bytes - known >= PACE_BYTES:
            self._pace = (self._body_bytes, now)
        elif now - since > STALLED_SECONDS:
            self._transport.abort()

    @property
    def busy(self) -> bool:
        """Whether a request is under way, or its answer on its way."""
        return self._current is not None or self._transport.get_write_buffer_size() > 0

    def end_socket(self) -> None:
        """The server ends: a WebSocket's client is told; any other learns it from its next answer."""
        if self._socket is not None:
            self._socket.close(RESTARTING, "The server restarts: connect again.")


def _too_large() -> DbaasError:
    return Invalid("headers_too_large", f"The URL and headers are longer than {MAX_HEAD_BYTES:,} bytes.")
