"""What a client of PostgreSQL says first, and what comes of it."""

from __future__ import annotations

import asyncio
import struct
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_provisioning.engines.postgres.greeting import GSS_REQUEST, SSL_REQUEST, greet, turn_away


class Answers:
    """The side of a connection that is written to."""

    def __init__(self) -> None:
        self.sent = b""

    def write(self, data: bytes) -> None:
        self.sent += data

    async def drain(self) -> None:
        """There is always room."""


def packet(code: int, body: bytes = b"") -> bytes:
    return struct.pack("!II", len(body) + 8, code) + body


def startup(**words: str) -> bytes:
    return packet(3 << 16, b"".join(f"{name}\0{value}\0".encode() for name, value in words.items()) + b"\0")


async def said(data: bytes) -> tuple[bytes | None, bytes]:
    """What is passed on, and what was answered, of a client that says this and goes."""
    reader, answers = asyncio.StreamReader(), Answers()
    reader.feed_data(data)
    reader.feed_eof()
    return await greet(reader, cast(asyncio.StreamWriter, answers)), answers.sent


async def test_encryption_is_declined_and_the_rest_passed_on() -> None:
    asked = startup(user="o_x", database="shop", application_name="psql")
    assert await said(packet(GSS_REQUEST) + packet(SSL_REQUEST) + asked) == (asked, b"NN")
    assert await said(startup(user="o_x")) == (startup(user="o_x"), b"")


@pytest.mark.parametrize(
    "data",
    [
        startup(user="a_x", application_name="jupyter-dbaas"),
        startup(user="dbaas", application_name="dbaas control"),
        struct.pack("!IIII", 16, 80877102, 1, 2),  # cancels something
        packet(SSL_REQUEST) * 2,
        b"GET / HTTP/1.1\r\n\r\n",
        packet(2 << 16, b"x" * 20),
        struct.pack("!II", 2**31, 3 << 16),
        packet(3 << 16),
    ],
)
async def test_nothing_else_wakes_a_server(data: bytes) -> None:
    assert (await said(data))[0] is None


@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda body: packet(3 << 16, body)))
async def test_any_bytes_are_passed_on_whole_or_not_at_all(data: bytes) -> None:
    try:
        passed, _ = await said(data)
    except asyncio.IncompleteReadError:
        return
    assert passed is None or (data.endswith(passed) or data.startswith(passed))


async def test_who_is_turned_away_reads_why() -> None:
    told = turn_away()
    kind, length = struct.unpack("!cI", told[:5])
    assert (kind, length) == (b"E", len(told) - 1) and told.endswith(b"\0\0")
    assert told[5:-2].split(b"\0")[:3] == [b"SFATAL", b"VFATAL", b"C57P03"]
    assert b"\0Mthe database system cannot be started now\0H" in told
