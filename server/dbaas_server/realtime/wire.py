"""Messages of the Phoenix channel protocol as bytes, versions 1.0.0 and 2.0.0. Pure.

1.0.0: a JSON object ``topic, event, payload, ref, join_ref``. 2.0.0: a JSON array ``[join_ref, ref, topic, event,
payload]``, and broadcasts as binary frames. From a client, kind 3: seven bytes (kind; lengths of join_ref, ref, topic,
event and metadata; encoding of the payload, 0 binary, 1 JSON), those strings, the payload. To a client, kind 4: five
bytes (kind; lengths of topic, event and metadata; encoding), those strings, the payload.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import orjson

from dbaas_provisioning.errors import Invalid

from ..frames import binary_frame, text_frame
from ..rooms import Broadcast

__all__ = ["VERSIONS", "Message", "broadcast_frame", "decode", "message_frame"]

VERSIONS = ("1.0.0", "2.0.0")

_PUSH, _BROADCAST = 3, 4
_BINARY, _JSON = 0, 1
_LONGEST = 255  # a length is one byte


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a client's.

    Attributes:
        payload: JSON; a :class:`Broadcast` when it came as a binary frame.
    """

    topic: str
    event: str
    payload: Any
    ref: str | None = None
    join_ref: str | None = None


def decode(version: str, data: str | bytes) -> Message:
    """A message as it came from the socket. Raises ``Invalid`` (``malformed_message``)."""
    if isinstance(data, bytes):
        return _decode_push(data)
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise _malformed("It is not JSON.") from None
    if version == "1.0.0":
        if not isinstance(value, dict):
            raise _malformed("It is not a JSON object.")
        join_ref, ref = value.get("join_ref"), value.get("ref")
        topic, event, payload = value.get("topic"), value.get("event"), value.get("payload")
    else:
        if not isinstance(value, list) or len(value) != 5:
            raise _malformed("It is not a JSON array of five.")
        join_ref, ref, topic, event, payload = value
    if not isinstance(topic, str) or not isinstance(event, str):
        raise _malformed("It has no topic or no event.")
    return Message(topic, event, payload, _ref(ref), _ref(join_ref))


def _ref(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise _malformed("A ref is neither text nor a number.")


def _decode_push(data: bytes) -> Message:
    if len(data) < 7 or data[0] != _PUSH:
        raise _malformed("It is no binary broadcast.")
    sizes, encoding = data[1:6], data[6]
    parts, at = [], 7
    for size in sizes:
        parts.append(data[at : at + size])
        at += size
    if at > len(data) or encoding not in (_BINARY, _JSON):
        raise _malformed("Its lengths or its encoding are wrong.")
    try:
        join_ref, ref, topic, event, _ = (part.decode() for part in parts)
    except UnicodeDecodeError:
        raise _malformed("A text in it is not UTF-8.") from None
    payload = data[at:]
    if encoding == _JSON:
        _check_json(payload)
    broadcast = Broadcast(event, payload, encoding == _BINARY)
    return Message(topic, "broadcast", broadcast, ref or None, join_ref or None)


def _check_json(payload: bytes) -> None:
    try:
        orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise _malformed("Its payload is not JSON.") from None


def _malformed(details: str) -> Invalid:
    return Invalid("malformed_message", "That is no message of this protocol.", details=details)


def message_frame(
    version: str, topic: str, event: str, payload: bytes, ref: str | None = None, join_ref: str | None = None
) -> bytes:
    """A message to a client as a WebSocket frame; ``payload`` is JSON. Without refs it suits all clients of a topic."""
    if version == "1.0.0":
        text = b'{"topic":%b,"event":%b,"payload":%b,"ref":%b,"join_ref":%b}' % (
            orjson.dumps(topic),
            orjson.dumps(event),
            payload,
            orjson.dumps(ref),
            orjson.dumps(join_ref),
        )
    else:
        text = b"[%b,%b,%b,%b,%b]" % (
            orjson.dumps(join_ref),
            orjson.dumps(ref),
            orjson.dumps(topic),
            orjson.dumps(event),
            payload,
        )
    return text_frame(text)


def broadcast_frame(version: str, topic: str, broadcast: Broadcast) -> bytes | None:
    """A broadcast to a client as a WebSocket frame; None when its version cannot carry it."""
    if not broadcast.binary:
        payload = b'{"type":"broadcast","event":%b,"payload":%b}' % (orjson.dumps(broadcast.event), broadcast.payload)
        return message_frame(version, topic, "broadcast", payload)
    name, event = topic.encode(), broadcast.event.encode()
    if version == "1.0.0" or len(name) > _LONGEST or len(event) > _LONGEST:
        return None
    head = struct.pack("!BBBBB", _BROADCAST, len(name), len(event), 0, _BINARY)
    return binary_frame(head + name + event + broadcast.payload)
