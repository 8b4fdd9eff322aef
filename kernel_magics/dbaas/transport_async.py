"""Carries operations to the server over HTTP.

What is asked and what the answers mean is in :mod:`~dbaas.operations`. A server that went away is looked for again,
once: always when the request cannot have arrived, and for reads also when the connection broke in the middle. A write
whose answer was lost is never sent twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from .discovery import Endpoint
from .errors import ConnectionLost, from_response
from .operations import Operation

__all__ = ["AsyncTransport"]

T = TypeVar("T")
Locate = Callable[[bool], Endpoint]
"""Finds the server; with True the one known before did not answer."""

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_SAFE = {"GET", "HEAD"}


class AsyncTransport:
    """An HTTP connection pool to wherever the server is.

    The synchronous one may be used by several threads, the asynchronous one by the tasks of one event loop.

    Args:
        locate: finds the server; called on first use and again when it went away.
        connect_seconds: how long opening a connection may take. Answers are waited for without a limit, since the
            server limits statements; interrupting closes the connection, and that cancels the statement.
    """

    def __init__(self, locate: Locate, *, connect_seconds: float = 10.0) -> None:
        self._locate = locate
        self._connect_seconds = connect_seconds
        self._lock = asyncio.Lock()
        self._endpoint: Endpoint | None = None
        self._http: httpx.AsyncClient | None = None

    @property
    async def endpoint(self) -> Endpoint:
        """Where the server is. Finds (and perhaps starts) it on first use."""
        return (await self._connected())[0]

    async def run(self, operation: Operation[T], *, seconds: float | None = None) -> T:
        """Send one operation and decode its answer.

        Args:
            operation: what to ask.
            seconds: give up waiting for an answer after this long.

        Raises:
            DbaasError: as the server said, or the server cannot be reached.
            ConnectionLost: the connection broke; ``sent`` says whether the request may have arrived.
        """
        async with self.open(operation, seconds=seconds) as response:
            return operation.decode(await response.aread(), response.headers)

    @contextlib.asynccontextmanager
    async def open(self, operation: Operation[Any], *, seconds: float | None = None) -> AsyncIterator[httpx.Response]:
        """The response to an operation, its body unread. An error status raises."""
        response = await self._send(operation, seconds)
        try:
            if response.status_code >= 300:
                raise from_response(response.status_code, _json_or_none(await response.aread()))
            yield response
        except httpx.TransportError as error:
            raise _lost(await self.endpoint, error, sent=operation.method not in _SAFE) from None
        finally:
            await response.aclose()

    async def close(self) -> None:
        """Close every connection; the next use opens new ones."""
        async with self._lock:
            http, self._http, self._endpoint = self._http, None, None
        if http is not None:
            await http.aclose()

    async def _send(self, operation: Operation[Any], seconds: float | None) -> httpx.Response:
        endpoint, http = await self._connected()
        try:
            response = await self._once(http, endpoint, operation, seconds)
        except httpx.TransportError as error:
            arrived = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
            timed_out = isinstance(error, httpx.TimeoutException) and arrived
            if timed_out or (arrived and operation.method not in _SAFE) or not operation.repeatable:
                raise _lost(endpoint, error, sent=arrived and operation.method not in _SAFE) from None
            endpoint, http = await self._connected(instead_of=endpoint)
            try:
                return await self._once(http, endpoint, operation, seconds)
            except httpx.TransportError as again:
                raise _lost(endpoint, again, sent=operation.method not in _SAFE) from None
        if response.status_code == 401 and operation.repeatable and endpoint.local:
            # A platform started anew gave itself a new token.
            renewed, http = await self._connected(instead_of=endpoint)
            if renewed != endpoint:
                await response.aclose()
                return await self._once(http, renewed, operation, seconds)
        return response

    async def _once(
        self, http: httpx.AsyncClient, endpoint: Endpoint, operation: Operation[Any], seconds: float | None
    ) -> httpx.Response:
        headers = dict(operation.headers)
        if endpoint.token and "apikey" not in headers:
            headers["Authorization"] = f"Bearer {endpoint.token}"
        request = http.build_request(
            operation.method,
            endpoint.url + operation.path,
            params=list(operation.query) or None,
            headers=headers,
            content=_parts(operation.body()) if callable(operation.body) else operation.body,
            timeout=httpx.Timeout(seconds, connect=min(self._connect_seconds, seconds or self._connect_seconds)),
        )
        return await http.send(request, stream=True)

    async def _connected(self, *, instead_of: Endpoint | None = None) -> tuple[Endpoint, httpx.AsyncClient]:
        async with self._lock:
            if self._endpoint is None or self._endpoint == instead_of:
                found = await asyncio.to_thread(self._locate, instead_of is not None)
                if self._http is not None and found != self._endpoint:
                    await self._http.aclose()
                    self._http = None
                self._endpoint = found
            if self._http is None:
                loopback = urlsplit(self._endpoint.url).hostname in _LOOPBACK
                self._http = httpx.AsyncClient(trust_env=not loopback, follow_redirects=False)
            return self._endpoint, self._http


async def _parts(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    """A body in parts. They may be read from a file, which others do not wait for."""
    source = iter(chunks)
    while (part := await asyncio.to_thread(next, source, None)) is not None:
        yield part


def _lost(endpoint: Endpoint, error: httpx.TransportError, *, sent: bool) -> ConnectionLost:
    if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout):
        return ConnectionLost("The server did not answer in time.", sent=sent)
    if sent:
        return ConnectionLost(
            "The connection was lost before the server answered, so it is unknown whether this was done.",
            sent=True,
            hint="Look before you run it again.",
        )
    where = "run `dbaas up`" if endpoint.local else f"is {endpoint.url} right? It came from {endpoint.origin}"
    return ConnectionLost(f"No server answers at {endpoint.url}.", sent=False, hint=f"{where[0].upper()}{where[1:]}.")


def _json_or_none(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
