"""Sessions on a database, without a server before them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dbaas_provisioning.platform import Access
from dbaas_server import sessions
from dbaas_server.engine import Limits, Target
from dbaas_server.engines.postgres import open_session
from dbaas_server.engines.postgres.session import PostgresSession

__all__ = ["opened_session", "target_of"]


def target_of(access: Access) -> Target:
    async def wake() -> Target:
        return target

    target = sessions.target_of(access, wake)
    return target


@asynccontextmanager
async def opened_session(access: Access, **limits: int) -> AsyncIterator[PostgresSession]:
    """A session, closed at the end."""
    session = await open_session(target_of(access), Limits(**limits))
    try:
        yield session
    finally:
        await session.close()
