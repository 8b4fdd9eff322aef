"""The door behind TLS."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pymongo import AsyncMongoClient
from pymongo.errors import ServerSelectionTimeoutError

from mongo_door import serve
from mongo_frames import Wire, message


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
