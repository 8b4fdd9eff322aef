"""How a connection begins: what a client of a sleeping server says before a server is there to hear it.

See "Start-up" and "Message Formats" in PostgreSQL's chapter on its frontend/backend protocol.
"""

from __future__ import annotations

import asyncio
import struct

__all__ = ["greet", "turn_away"]

PROTOCOL = 3
SSL_REQUEST, GSS_REQUEST = 80877103, 80877104
MOST_BYTES = 10_000  # the server's own bound of a startup packet
OWN = (b"dbaas", b"dbaas control", b"jupyter-dbaas", b"jupyter-dbaas catalog")
"""What the platform's own connections are called: they are of no use to anybody while a server sleeps."""


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes | None:
    """The packet that asks for a connection, to be passed on; None for what is no reason to start a server.

    Encryption is declined, as a server on this machine does. Raises ``IncompleteReadError`` when the client goes.
    """
    asked = set()
    while True:
        head = await reader.readexactly(8)
        length, code = struct.unpack("!II", head)
        if length == 8 and code in (SSL_REQUEST, GSS_REQUEST) and code not in asked:
            asked.add(code)
            writer.write(b"N")
            await writer.drain()
            continue
        if code >> 16 != PROTOCOL or not 8 < length <= MOST_BYTES:
            return None  # it cancels what cannot run here, or is no client of PostgreSQL's
        body = await reader.readexactly(length - 8)
        return None if _application(body) in OWN else head + body


def _application(body: bytes) -> bytes:
    words = body.split(b"\0")
    return dict(zip(words[::2], words[1::2], strict=False)).get(b"application_name", b"")


def turn_away() -> bytes:
    """The message with which a server that cannot be started ends the connection (57P03).

    It names neither files nor reasons: whoever reads it has not said a password.
    """
    message, hint = "the database system cannot be started now", "Its operator finds the reason with `dbaas status`."
    fields = {"S": "FATAL", "V": "FATAL", "C": "57P03", "M": message, "H": hint}
    told = b"".join(f"{name}{text}\0".encode() for name, text in fields.items()) + b"\0"
    return b"E" + struct.pack("!I", len(told) + 4) + told
