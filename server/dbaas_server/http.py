"""A request and a response that know no framework.

Handlers are ``async def handler(request, services) -> Response``. Two adapters carry them: :mod:`~dbaas_server.app`
inside Jupyter Server, :mod:`~dbaas_server.standalone` on tornado's bare HTTP server. When a client goes away its
adapter cancels the handler's task, and with it the statement in the engine.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from dbaas_provisioning.errors import (
    Conflict,
    DbaasError,
    Forbidden,
    Invalid,
    NotFound,
    Unauthorized,
    Unavailable,
    Unsupported,
)

__all__ = [
    "Request",
    "Response",
    "Upgrade",
    "WebSocket",
    "error_response",
    "json_response",
    "settable",
    "status_of",
    "tagged_response",
]  # fmt: skip


@dataclass(slots=True)
class Request:
    """One HTTP request.

    Attributes:
        method: upper case.
        path: below the mount point, still percent-encoded, without the query string.
        query: the raw query string.
        headers: lower-cased names.
        params: what the route captured, percent-decoded.
        identity: the person whom Jupyter let in, when the request came through Jupyter and was authenticated.
        base_url: scheme, host and mount point as the client sees them, without a trailing slash.
        stream: yields the body's chunks, once; ``body()`` collects them.
        refused: what somebody who is known may not do, where a door answered it; the audit log is told of it.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    stream: Callable[[], AsyncIterator[bytes]]
    base_url: str
    params: dict[str, str] = field(default_factory=dict)
    identity: str | None = None
    request_id: str = ""
    max_body: int = 64 * 1024 * 1024
    refused: DbaasError | None = None

    async def body(self) -> bytes:
        """The whole body. Raises ``Invalid`` (``body_too_large``) past ``max_body``."""
        chunks: list[bytes] = []
        size = 0
        async for chunk in self.stream():
            size += len(chunk)
            if size > self.max_body:
                raise Invalid(
                    "body_too_large",
                    f"The body is larger than {self.max_body:,} bytes.",
                    hint="Send it in parts, or use the load endpoint, which streams.",
                )
            chunks.append(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def json(self) -> Any:
        """The body as JSON. Raises ``Invalid`` (``invalid_json``)."""
        try:
            return orjson.loads(await self.body())
        except orjson.JSONDecodeError as error:
            raise Invalid("invalid_json", "The body is not valid JSON.", details=str(error)) from None

    def header(self, name: str, default: str = "") -> str:
        """A header by its lower-case name."""
        return self.headers.get(name, default)


@dataclass(slots=True)
class Response:
    """One HTTP response. A streamed body is sent chunk by chunk as the client takes it."""

    status: int = 200
    body: bytes | AsyncGenerator[bytes] = b""
    headers: list[tuple[str, str]] = field(default_factory=list)


class WebSocket(Protocol):
    """One open WebSocket, whichever server carries it."""

    @property
    def buffered(self) -> int:
        """Bytes sent that the client has not taken yet."""
        ...

    def send(self, frames: bytes) -> bool | None:
        """Send prebuilt frames (:mod:`~dbaas_server.frames`) as they are, one send for all of them.

        Never waits and never fails: what cannot go out now is kept, so watch ``buffered``; after the end it is dropped.
        Where it returns True nothing is kept, and there is nothing to watch.
        """
        ...

    async def receive(self) -> str | bytes | None:
        """The next message, text or binary; None once the connection ended, for whatever reason."""
        ...

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End the connection once what was sent has gone out. Codes: RFC 6455 section 7.4."""
        ...


@dataclass(slots=True, kw_only=True)
class Upgrade(Response):
    """The answer that turns a connection into a WebSocket; any other answer refuses it.

    Attributes:
        serve: what happens on it; the connection is closed when it returns, and it is cancelled when the server ends.
        subprotocol: which of the client's it speaks.
        max_message: bytes; a larger one ends the connection with 1009.
    """

    status: int = 101
    serve: Callable[[WebSocket], Awaitable[None]]
    subprotocol: str | None = None
    max_message: int = 1024 * 1024


_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110 section 5.6.2
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_FRAMING = frozenset({"connection", "content-length", "keep-alive", "trailer", "transfer-encoding", "upgrade"})
"""Headers that say where a message ends: the server's own to set."""


def settable(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Headers that a tenant's function chose for its response, without those that are the server's own.

    Raises:
        ValueError: a name or a value is none.
    """
    pairs = tuple(headers)
    if not all(_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value) for name, value in pairs):
        raise ValueError("no header")
    return tuple(pair for pair in pairs if pair[0].lower() not in _FRAMING)


def json_response(value: Any, status: int = 200, headers: list[tuple[str, str]] | None = None) -> Response:
    """Render a value as JSON; dates as ISO 8601, UUIDs and paths as text."""
    body = orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
    return Response(status, body, [("Content-Type", "application/json; charset=utf-8"), *(headers or [])])


def tagged_response(request: Request, value: Any) -> Response:
    """JSON with an entity tag, for who asks again and again; 304 without a body where they have it already.

    RFC 9110 section 13.1.2: tags are compared weakly, ``*`` stands for any.
    """
    response = json_response(value)
    assert isinstance(response.body, bytes)
    tag = f'"{hashlib.blake2b(response.body, digest_size=16).hexdigest()}"'
    known = {each.strip().removeprefix("W/") for each in request.header("if-none-match").split(",")}
    caching = [("ETag", tag), ("Cache-Control", "private, no-cache")]
    if tag in known or "*" in known:
        return Response(304, b"", caching)
    response.headers += caching
    return response


_STATUS: tuple[tuple[type[DbaasError], int], ...] = (
    (Invalid, 400),
    (Unauthorized, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (Conflict, 409),
    (Unsupported, 501),
    (Unavailable, 503),
)
_STATUS_OF_CODE = {
    "body_too_large": 413,
    "uri_too_long": 414,
    "headers_too_large": 431,
    "method_not_allowed": 405,
    "too_many_requests": 429,
    "rate_limited": 429,
    "storage_full": 507,
}


def status_of(error: DbaasError) -> int:
    """The HTTP status of an error outside the REST door, which has PostgREST's table of its own."""
    if error.code in _STATUS_OF_CODE:
        return _STATUS_OF_CODE[error.code]
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 400)


def error_response(error: DbaasError) -> Response:
    """An error as ``{code, message, details, hint}``."""
    status = status_of(error)
    headers = [("Retry-After", "1")] if status in (429, 503) else []
    if status == 401:
        headers.append(("WWW-Authenticate", 'Bearer realm="dbaas"'))
    return json_response(error.as_dict(), status, headers)
