"""A WebSocket to a platform elsewhere, tied to one of a client here."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.httputil import HTTPHeaders
from tornado.simple_httpclient import HTTPTimeoutError
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, websocket_connect

from dbaas_provisioning.errors import Invalid

from ..frames import binary_frame, text_frame
from ..http import Request, Response, Upgrade, WebSocket
from .headers import answered_headers

__all__ = ["open_socket"]

_CONNECT_SECONDS = 20.0
_PING_SECONDS = 45.0
_LARGEST_MESSAGE = 16 * 1024 * 1024
_UNTAKEN_BYTES = 1024 * 1024  # sent to the client, before the platform is not read from
_LOOK_SECONDS = 0.05
_STALLED_SECONDS = 60.0
_GONE = 1012  # come again: the registry of RFC 6455 section 11.7
_UNSENDABLE = frozenset({1004, 1005, 1006, 1015})  # RFC 6455 section 7.4.1


async def open_socket(request: Request, address: str, headers: Sequence[tuple[str, str]]) -> Response:
    """Connect to the platform first: what it says to that is the answer here.

    Raises:
        OSError: it is not reached.
    """
    if request.header("sec-websocket-version") != "13" or not request.header("sec-websocket-key"):
        raise Invalid(
            "upgrade_needed", "This URL speaks WebSocket.", hint="Connect with a WebSocket client, version 13."
        )
    wanted = [each.strip() for each in request.header("sec-websocket-protocol").split(",") if each.strip()]
    sent = HTTPHeaders()
    for name, value in headers:
        sent.add(name, value)
    asked = HTTPRequest(address.replace("http", "ws", 1), headers=sent, connect_timeout=_CONNECT_SECONDS)
    try:
        platform = await websocket_connect(
            asked,
            ping_interval=_PING_SECONDS,
            max_message_size=_LARGEST_MESSAGE,
            subprotocols=wanted or None,
        )
    except HTTPTimeoutError:
        raise TimeoutError from None
    except HTTPClientError as error:
        if error.response is None:
            raise ConnectionError from None
        kept = answered_headers(error.response.headers.get_all(), address, address)
        return Response(error.code, error.response.body, [pair for pair in kept if pair[0] != "content-length"])
    return Upgrade(
        serve=lambda client: _tie(platform, client),
        subprotocol=platform.selected_subprotocol,
        max_message=_LARGEST_MESSAGE,
    )


async def _tie(platform: WebSocketClientConnection, client: WebSocket) -> None:
    """Carry messages both ways until one side ends; then the other does."""
    up = asyncio.create_task(_up(client, platform))
    down = asyncio.create_task(_down(platform, client))
    try:
        done, _ = await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        for ended in done:
            ended.result()
    finally:
        up.cancel()
        down.cancel()
        platform.close()
    if down.done() and not down.cancelled():
        code = platform.close_code or _GONE
        client.close(_GONE if code in _UNSENDABLE else code, platform.close_reason or "")


async def _up(client: WebSocket, platform: WebSocketClientConnection) -> None:
    while (message := await client.receive()) is not None:
        try:
            await platform.write_message(message, binary=isinstance(message, bytes))
        except WebSocketClosedError:
            return


async def _down(platform: WebSocketClientConnection, client: WebSocket) -> None:
    loop = asyncio.get_running_loop()
    while (message := await platform.read_message()) is not None:
        client.send(text_frame(message.encode()) if isinstance(message, str) else binary_frame(message))
        since = loop.time()
        while client.buffered > _UNTAKEN_BYTES:
            if loop.time() - since > _STALLED_SECONDS:
                return
            await asyncio.sleep(_LOOK_SECONDS)
