"""WebSocket frames from server to client, built once and sent to many (RFC 6455 section 5.2).

1. A frame to a client is not masked, so the same bytes serve every client.
2. There is no compression: that would need a frame of its own for every connection.
"""

from __future__ import annotations

import struct

__all__ = ["binary_frame", "close_reason", "text_frame"]

_FINAL = 0x80
_TEXT, _BINARY = 0x1, 0x2
_REASON_BYTES = 123  # that a close frame holds at most, beside its code (RFC 6455 section 5.5)


def text_frame(payload: bytes) -> bytes:
    """One whole text message; ``payload`` is valid UTF-8."""
    return _frame(_TEXT, payload)


def binary_frame(payload: bytes) -> bytes:
    """One whole binary message."""
    return _frame(_BINARY, payload)


def close_reason(reason: str) -> str | None:
    """As much of a reason as fits into a close frame; None for an empty one."""
    return reason.encode()[:_REASON_BYTES].decode(errors="ignore") or None


def _frame(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", _FINAL | opcode, size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", _FINAL | opcode, 126, size)
    else:
        head = struct.pack("!BBQ", _FINAL | opcode, 127, size)
    return head + payload
