"""The messages of ``graphql-transport-ws``. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from ...frames import text_frame
from ..errors import Refused
from ..limits import Limits
from ..requests import Asked, asked_by, loaded

__all__ = [
    "ACK", "PING", "PROTOCOL", "Message", "Violation", "complete_frame", "error_frame", "next_frame", "next_head",
    "parse", "pong_frame",
]  # fmt: skip

PROTOCOL = "graphql-transport-ws"

INVALID, UNAUTHORIZED, FORBIDDEN, NO_PROTOCOL, LATE, TWICE, TOO_MANY_INITS = 4400, 4401, 4403, 4406, 4408, 4409, 4429
TRY_AGAIN_LATER, GOING_AWAY = 1013, 1001

_LONGEST_ID = 256
_KINDS = frozenset({"connection_init", "ping", "pong", "subscribe", "complete"})


class Violation(Exception):
    """What ends a connection, with its code. Stays inside this door."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Message(NamedTuple):
    """What a client sent.

    Attributes:
        id: of ``subscribe`` and ``complete``.
        payload: of ``connection_init`` and ``ping``.
        asked: of ``subscribe``.
    """

    kind: str
    id: str = ""
    payload: dict[str, Any] | None = None
    asked: Asked | None = None


def parse(data: str | bytes, limits: Limits) -> Message:
    """A client's message. Raises ``Violation`` (4400)."""
    if isinstance(data, bytes):
        raise _invalid("Messages are text")
    try:
        value = loaded(data.encode(), limits)
    except Refused as refused:
        raise _invalid(refused.errors[0]["message"]) from None
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in _KINDS:
        raise _invalid("A message is an object whose `type` a client may send")
    payload = value.get("payload")
    if kind in ("connection_init", "ping", "pong"):
        if payload is not None and not isinstance(payload, dict):
            raise _invalid("`payload` is an object")
        return Message(kind, payload=payload)
    identity = value.get("id")
    if not isinstance(identity, str) or not 0 < len(identity) <= _LONGEST_ID:
        raise _invalid(f"`id` is a string of 1 to {_LONGEST_ID} characters")
    if kind == "complete":
        return Message(kind, identity)
    try:
        return Message(kind, identity, asked=asked_by(payload))
    except Refused as refused:
        raise _invalid(refused.errors[0]["message"]) from None


def _invalid(reason: str) -> Violation:
    return Violation(INVALID, f"Invalid message: {reason.rstrip('.')}.")


ACK = text_frame(b'{"type":"connection_ack"}')
PING = text_frame(b'{"type":"ping"}')


def pong_frame(payload: dict[str, Any] | None) -> bytes:
    """The answer to a ping, with what it brought."""
    return text_frame(orjson.dumps({"type": "pong"} if payload is None else {"type": "pong", "payload": payload}))


def next_head(identity: str) -> bytes:
    """The beginning of a ``next`` message; behind its payload there is a brace to close."""
    return b'{"id":%b,"type":"next","payload":' % orjson.dumps(identity)


def next_frame(identity: str, payload: bytes) -> bytes:
    """A result."""
    return text_frame(next_head(identity) + payload + b"}")


def error_frame(identity: str, errors: Sequence[dict[str, Any]]) -> bytes:
    """An operation ends with errors."""
    return text_frame(orjson.dumps({"id": identity, "type": "error", "payload": list(errors)}))


def complete_frame(identity: str) -> bytes:
    """An operation is done."""
    return text_frame(orjson.dumps({"id": identity, "type": "complete"}))
