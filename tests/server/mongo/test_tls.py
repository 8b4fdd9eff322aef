"""The door behind TLS."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import ServerSelectionTimeoutError

from mongo_door import serve
from mongo_frames import Wire, message


async def test_a_driver_works_through_tls(certificate: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    async with (
        serve(tls=context) as door,
        AsyncMongoClient(door.uri(tls="true", tlsCAFile=certificate, compressors="zlib")) as client,
    ):
        documents = [{"_id": place, "text": "x" * 5_000} for place in range(1_000)]
        await client.app.things.insert_many(documents)
        assert await client.app.things.find().to_list() == documents


async def test_plain_words_are_not_heard_behind_tls(certificate: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    async with serve(tls=context) as door:
        wire = await Wire.open(door.port)
        wire.send(message({"hello": 1, "$db": "admin"}))
        assert await wire.ends()
        async with AsyncMongoClient(door.uri(serverSelectionTimeoutMS=300)) as client:
            with pytest.raises(ServerSelectionTimeoutError):
                await client.admin.command("ping")
