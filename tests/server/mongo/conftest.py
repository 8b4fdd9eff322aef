"""A door for each test: nothing of one test is another's."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
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
