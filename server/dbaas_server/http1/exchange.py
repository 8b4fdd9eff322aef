"""One request and its response."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from dbaas_provisioning.errors import DbaasError, Invalid, NotFound

from ..dispatch import dispatch, next_request_id, refuse, serve_socket
from ..http import Request, Response, Upgrade
from ..logs import log_cut_off
from ..routing import Route
from .body import Body
from .head import CONTINUE, NO_BODY, response_head, switching_head

if TYPE_CHECKING:
    from .connection import Connection

__all__ = ["Exchange"]

log = logging.getLogger("dbaas.http")

LARGE_DIGITS = 5  # of Content-Length: bodies from 100,000 bytes on
WEBSOCKET_VERSION = "13"


class Exchange:
    """A request that came on a connection, from its headers to the end of its response.

    Attributes:
        complete: the whole request is here.
        keep_alive: the client may send another request after this one.
        old_version: the request is HTTP/1.0.
        upgrade: the client asks for another protocol, and sends nothing more until it is answered.
    """

    __slots__ = (
        "_body",
        "_chunks",
        "_connection",
        "_route",
        "complete",
        "keep_alive",
        "old_version",
        "request",
        "task",
        "upgrade",
    )

    def __init__(
        self,
        connection: Connection,
        method: str,
        url: str,
        headers: dict[str, str],
        *,
        keep_alive: bool,
        old_version: bool,
        upgrade: bool,
        refusal: DbaasError | None,
    ) -> None:
        self._connection = connection
        self.keep_alive = keep_alive and refusal is None
        self.old_version = old_version
        self.upgrade = upgrade
        self.complete = False
        self.task: asyncio.Task[None] | None = None
        self._chunks: list[bytes] = []
        self._body: Body | None = None
        owner = connection.owner
        path, _, query = url.partition("?")
        base_url = owner.public_url or f"{owner.scheme}://{headers.get('host', 'localhost')}{owner.prefix}"
        if owner.prefix:
            path, refusal = _below(owner.prefix, path, refusal)
        self.request = Request(method, path, query, headers, self._stream, base_url, request_id=next_request_id())
        self._route: Route | DbaasError
        if refusal is not None:
            self._route = refusal
        else:
            try:
                self._route, self.request.params = owner.router.find(path)
            except DbaasError as error:
                self._route = error
        if self._comes_in_parts(headers):
            self._hand_on()

    def _comes_in_parts(self, headers: dict[str, str]) -> bool:
        """Whether the body is handed on while it arrives.

        A large one is, so that nobody makes the server hold it before saying who they are.
        """
        if "transfer-encoding" in headers or "expect" in headers:
            return True
        if len(headers.get("content-length", "")) > LARGE_DIGITS:
            return True
        return not isinstance(self._route, DbaasError) and self._route.streams_body(headers.get("content-type", ""))

    def _hand_on(self) -> None:
        self._body = Body(self._wanted, self._connection.pause, self._connection.resume)

    def _wanted(self) -> None:
        if self.request.headers.get("expect", "").lower() == "100-continue" and not self.complete:
            self._connection.write(CONTINUE)

    async def _stream(self) -> AsyncIterator[bytes]:
        if self._body is not None:
            async for chunk in self._body.chunks():
                yield chunk
        else:
            for chunk in self._chunks:
                yield chunk

    # --- from the connection ------------------------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """Whether the handler may begin."""
        return self.complete or self._body is not None

    def feed(self, chunk: bytes) -> None:
        """Some of the request's body."""
        if self._body is None:
            self._chunks.append(chunk)
        elif self.task is None or not self.task.done():
            self._body.feed(chunk)

    def end(self) -> None:
        """The request is complete."""
        self.complete = True
        if self._body is not None:
            self._body.end()

    def cancel(self) -> None:
        """The client went away."""
        if self.task is not None:
            self.task.cancel()

    # --- answering ----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Ask the route and send what it answers."""
        connection = self._connection
        try:
            if isinstance(self._route, DbaasError):
                response = refuse(self._route)
            else:
                response = await dispatch(self._route, self.request, connection.owner.services)
            if isinstance(response, Upgrade):
                if not self._fits(response):
                    response = _refuse_upgrade()
                else:
                    await self._switch(response)
                    return
            await self._send(response)
        except ConnectionResetError:
            return
        except Exception as error:
            # A status that is out cannot be taken back: cutting the connection is how a client learns of it.
            log_cut_off(log, f"request {self.request.request_id}", error)
            connection.abort()
            return
        finally:
            if self._body is not None:
                self._body.forget()
        connection.finished(self)

    async def _send(self, response: Response) -> None:
        connection, status, body = self._connection, response.status, response.body
        if not self.complete or connection.owner.closing or self.upgrade:
            self.keep_alive = False  # answered before the body was read: what follows is no request
        extra = f"X-Request-Id: {self.request.request_id}\r\n"
        if not self.keep_alive:
            extra += "Connection: close\r\n"
        elif self.old_version:
            extra += "Connection: keep-alive\r\n"
        head = self.request.method == "HEAD"
        if isinstance(body, bytes):
            if status not in NO_BODY and not (head and not body):
                extra += f"Content-Length: {len(body)}\r\n"
            lines = response_head(status, response.headers, extra)
            connection.write(lines + body if body and not head and status not in NO_BODY else lines)
            return
        async with contextlib.aclosing(body):
            if self.old_version:
                self.keep_alive = False  # its end is the end of the connection
            else:
                extra += "Transfer-Encoding: chunked\r\n"
            connection.write(response_head(status, response.headers, extra))
            if head:
                return
            async for chunk in body:
                if not chunk:
                    continue
                connection.write(chunk if self.old_version else b"%x\r\n%b\r\n" % (len(chunk), chunk))
                await connection.writable()
            if not self.old_version:
                connection.write(b"0\r\n\r\n")

    def _fits(self, response: Upgrade) -> bool:
        """Whether the client asked for a WebSocket, in a way that can be answered."""
        headers = self.request.headers
        return (
            self.upgrade
            and self.complete
            and headers.get("upgrade", "").lower() == "websocket"
            and headers.get("sec-websocket-version") == WEBSOCKET_VERSION
            and bool(headers.get("sec-websocket-key"))
        )

    async def _switch(self, response: Upgrade) -> None:
        extra = f"X-Request-Id: {self.request.request_id}\r\n"
        key = self.request.headers["sec-websocket-key"]
        self._connection.write(switching_head(key, response.headers, extra, response.subprotocol))
        await serve_socket(response, self._connection.become_socket(response.max_message), self.request.request_id)


def _below(prefix: str, path: str, refusal: DbaasError | None) -> tuple[str, DbaasError | None]:
    """A path below the prefix, and why there is nothing at any other."""
    below = path.removeprefix(prefix)
    if below != path and below[:1] in ("", "/"):
        return below or "/", refusal
    return path, refusal or NotFound("no_such_url", f"What there is, is below {prefix}/.")


def _refuse_upgrade() -> Response:
    response = refuse(
        Invalid("upgrade_needed", "This URL speaks WebSocket.", hint="Connect with a WebSocket client, version 13.")
    )
    response.status = 426
    response.headers += [("Upgrade", "websocket"), ("Sec-WebSocket-Version", WEBSOCKET_VERSION)]
    return response
