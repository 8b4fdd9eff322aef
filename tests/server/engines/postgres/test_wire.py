"""A connection of one's own: what its loss does to others in the process."""

from __future__ import annotations

import asyncio
import os

import psycopg
import pytest
from psycopg import OperationalError

from conninfo import conninfo
from dbaas_provisioning.errors import DbaasError
from dbaas_provisioning.nouns import Login
from dbaas_server.engines.postgres.connection import connect
from dbaas_server.engines.postgres.errors import ConnectionLost
from dbaas_server.engines.postgres.wire import Wire

from .conftest import target_of


@pytest.fixture
def opened(library):
    """``await opened()``: a connection as the owner, and the process that serves it."""
    target = target_of(library)

    async def open_one() -> tuple[Wire, int]:
        wire = Wire(await connect(target.endpoint, target.physical_name, library.logins[Login.owner]))
        (result,) = await wire.execute(b"select pg_backend_pid()")
        return wire, int(result.get_value(0, 0) or 0)

    return open_one


def terminate(library, backend: int) -> None:
    """Return when the server's process has ended."""
    with psycopg.connect(conninfo(library), autocommit=True) as other:
        assert other.execute("select pg_terminate_backend(%s, 60000)", [backend]).fetchone() == (True,)


async def answers(wire: Wire) -> bool:
    async with asyncio.timeout(30):
        (result,) = await wire.execute(b"select 7")
    return result.get_value(0, 0) == b"7"


async def test_a_lost_connection_leaves_those_alone_that_get_its_sockets_number(library, opened):
    lost, backend = await opened()
    number = lost.pgconn.socket
    terminate(library, backend)
    with pytest.raises(OperationalError):
        while True:  # libpq notices, and closes its socket, before the wire or the loop does
            lost.pgconn.consume_input()
            lost.pgconn.is_busy()
    following = [await opened() for _ in range(3)]
    assert number in [wire.pgconn.socket for wire, _ in following], "the number was given again"
    assert all([await answers(wire) for wire, _ in following])
    lost.close()
    assert all([await answers(wire) for wire, _ in following])
    for wire, _ in following:
        wire.close()


async def test_connections_leave_no_descriptor_behind(library, opened):
    before = len(os.listdir("/proc/self/fd"))
    for end in ("closed", "terminated"):
        for _ in range(3):
            wire, backend = await opened()
            if end == "terminated":
                terminate(library, backend)
                with pytest.raises((ConnectionLost, DbaasError)):
                    await wire.execute(b"select 1")
            wire.close()
            wire.close()
    assert len(os.listdir("/proc/self/fd")) == before
