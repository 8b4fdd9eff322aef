"""MongoDB's protocol by hand: frames as a driver would not send them, too."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import bson
import google_crc32c

from dbaas_server.documents.codec import CODEC
from dbaas_server.mongo.compression import compress

__all__ = ["Wire", "compressed", "message", "query"]

MESSAGE, COMPRESSED, QUERY, REPLY = 2013, 2012, 2004, 1


def frame(operation: int, payload: bytes, *, id: int = 1) -> bytes:
    return struct.pack("<iiii", 16 + len(payload), id, 0, operation) + payload


def message(
    body: Mapping[str, Any] | bytes,
    sequences: Mapping[str, Sequence[bytes]] | None = None,
    *,
    flags: int = 0,
    id: int = 1,
) -> bytes:
    """OP_MSG, with a checksum where the flags say so."""
    raw = body if isinstance(body, bytes) else bson.encode(body)
    payload = struct.pack("<I", flags) + b"\0" + raw
    for name, documents in (sequences or {}).items():
        section = name.encode() + b"\0" + b"".join(documents)
        payload += b"\1" + struct.pack("<i", 4 + len(section)) + section
    if flags & 1:
        whole = struct.pack("<iiii", 20 + len(payload), id, 0, MESSAGE) + payload
        return whole + struct.pack("<I", google_crc32c.value(whole))
    return frame(MESSAGE, payload, id=id)


def query(body: Mapping[str, Any], collection: str = "admin.$cmd", *, id: int = 1) -> bytes:
    """OP_QUERY of one document."""
    return frame(
        QUERY, struct.pack("<i", 0) + collection.encode() + b"\0" + struct.pack("<ii", 0, -1) + bson.encode(body), id=id
    )


def compressed(whole: bytes, compressor: int, *, size: int | None = None) -> bytes:
    """A message in OP_COMPRESSED; ``size`` is what it claims to be."""
    _, id, _, operation = struct.unpack_from("<iiii", whole)
    payload = whole[16:]
    head = struct.pack("<iiB", operation, len(payload) if size is None else size, compressor)
    return frame(COMPRESSED, head + compress(compressor, payload), id=id)


class Wire:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, port: int) -> Wire:
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=64 * 1024 * 1024))

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def frame(self) -> bytes:
        """The next whole message."""
        head = await self.reader.readexactly(16)
        return head + await self.reader.readexactly(struct.unpack_from("<i", head)[0] - 16)

    async def receive(self) -> dict[str, Any]:
        """The next OP_MSG's or OP_REPLY's document."""
        whole = await self.frame()
        operation = struct.unpack_from("<i", whole, 12)[0]
        assert operation in (MESSAGE, REPLY), operation
        return bson.decode(whole[21:] if operation == MESSAGE else whole[36:], CODEC)  # any date that BSON can hold

    async def ask(
        self, body: Mapping[str, Any], sequences: Mapping[str, Sequence[bytes]] | None = None
    ) -> dict[str, Any]:
        """A command and its answer."""
        self.send(message(body, sequences))
        return await self.receive()

    async def ends(self) -> bool:
        """Whether the server closes the connection, after whatever it still says."""
        try:
            while await self.reader.read(65_536):
                pass
        except ConnectionError:
            pass
        return True

    async def log_in(self, user: str, password: str, *, skip_empty: bool = True) -> dict[str, Any]:
        """SCRAM-SHA-256; the server's last answer."""
        bare = f"n={user},r=clientnonce"
        start = {
            "saslStart": 1,
            "mechanism": "SCRAM-SHA-256",
            "payload": f"n,,{bare}".encode(),
            "options": {"skipEmptyExchange": skip_empty},
            "$db": "admin",
        }
        first = await self.ask(start)
        if not first["ok"]:
            return first
        said = bytes(first["payload"]).decode()
        fields = dict(part.split("=", 1) for part in said.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(fields["s"]), int(fields["i"]))
        key = hmac.digest(salted, b"Client Key", "sha256")
        without = f"c=biws,r={fields['r']}"
        signature = hmac.digest(hashlib.sha256(key).digest(), f"{bare},{said},{without}".encode(), "sha256")
        proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, signature, strict=True))).decode()
        return await self.ask(
            {
                "saslContinue": 1,
                "conversationId": first["conversationId"],
                "payload": f"{without},p={proof}".encode(),
                "$db": "admin",
            }
        )
