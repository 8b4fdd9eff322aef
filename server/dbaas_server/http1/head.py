"""The bytes before a response's body (RFC 9112)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha1
from http import HTTPStatus

__all__ = ["CONTINUE", "NO_BODY", "response_head", "switching_head"]

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
NO_BODY = frozenset({204, 304})
"""Statuses whose responses never have a body nor a length (RFC 9110 section 8.6)."""

_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}
_WEBSOCKET_SECRET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3; no secret but its name


def response_head(status: int, headers: Iterable[tuple[str, str]], extra: str) -> bytes:
    """Status line and headers.

    Args:
        headers: names and values as a handler gave them.
        extra: finished header lines of the server's own, each ending in CR LF.

    Raises:
        ValueError: a value would end its line.
    """
    lines = [_STATUS_LINES.get(status) or f"HTTP/1.1 {status} Unknown\r\n"]
    for name, value in headers:
        if "\n" in value or "\r" in value or "\n" in name:
            raise ValueError(f"the header {name!r} holds a line end")
        lines.append(f"{name}: {value}\r\n")
    lines.append(extra)
    lines.append("\r\n")
    return "".join(lines).encode("latin-1")


def switching_head(key: str, headers: Iterable[tuple[str, str]], extra: str, subprotocol: str | None) -> bytes:
    """The answer that makes a connection a WebSocket (RFC 6455 section 4.2.2)."""
    # SHA-1 is the protocol's choice; it proves that a WebSocket was meant, and protects nothing.
    accept = b64encode(sha1(key.encode("latin-1") + _WEBSOCKET_SECRET, usedforsecurity=False).digest()).decode()
    lines = f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n{extra}"
    if subprotocol is not None:
        lines += f"Sec-WebSocket-Protocol: {subprotocol}\r\n"
    return response_head(101, headers, lines)
