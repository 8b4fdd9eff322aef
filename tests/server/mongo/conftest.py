"""A door for each test: nothing of one test is another's."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pymongo import AsyncMongoClient

from mongo_door import PASSWORD, Served, serve
from mongo_frames import Wire


@pytest.fixture
async def door() -> AsyncIterator[Served]:
    async with serve() as served:
        yield served


@pytest.fixture
async def client(door: Served) -> AsyncIterator[AsyncMongoClient[dict[str, Any]]]:
    async with AsyncMongoClient(door.uri()) as client:
        yield client


@pytest.fixture
async def stranger(door: Served) -> AsyncIterator[Wire]:
    wire = await Wire.open(door.port)
    yield wire
    await wire.close()


@pytest.fixture
async def wire(door: Served) -> AsyncIterator[Wire]:
    """A connection of tenant acme's, logged in."""
    wire = await Wire.open(door.port)
    assert (await wire.log_in("acme", PASSWORD))["done"]
    yield wire
    await wire.close()


@pytest.fixture
def door_in_thread() -> Iterator[Served]:
    """For a client that blocks."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    context = serve()
    try:
        served = asyncio.run_coroutine_threadsafe(context.__aenter__(), loop).result()
        yield served
        asyncio.run_coroutine_threadsafe(context.__aexit__(None, None, None), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """One that signs itself, and its key, in a file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
