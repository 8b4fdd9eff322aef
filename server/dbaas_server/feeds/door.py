"""The daemon's side of the socket to other processes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

from dbaas_provisioning.errors import DbaasError

from ..changes import format_position, parse_position
from .keeper import DaemonFeeds
from .records import encode_ended

__all__ = ["serve_follower", "tell_figures", "tell_live"]

log = logging.getLogger("dbaas.feeds")


async def tell_live(feeds: DaemonFeeds, message: dict[str, Any]) -> dict[str, Any]:
    """Answers ``{"do": "live", "tenant": …, "database": …}``."""
    tap = await feeds.tap(message["tenant"], message["database"])
    return {"position": format_position(await tap.live())}


async def tell_figures(feeds: DaemonFeeds, message: dict[str, Any]) -> dict[str, Any]:
    """Answers ``{"do": "figures", "tenant": …, "database": …}``."""
    tap = await feeds.tap(message["tenant"], message["database"])
    return (await tap.figures()).as_dict()


async def serve_follower(
    feeds: DaemonFeeds, message: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answers ``{"do": "follow", "tenant": …, "database": …, "after": …}`` with records, until one side goes away.

    A follower that takes nothing is waited for; it reads on from the history's files, which are bounded.
    """
    sending = asyncio.get_running_loop().create_task(_send(feeds, message, writer))
    leaving = asyncio.get_running_loop().create_task(reader.read(1))
    try:
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        sending.cancel()
        leaving.cancel()
        failure, _ = await asyncio.gather(sending, leaving, return_exceptions=True)
        if isinstance(failure, Exception):
            log.error("a follower was cut off", exc_info=failure)


async def _send(feeds: DaemonFeeds, message: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        try:
            tap = await feeds.tap(message["tenant"], message["database"])
            async with contextlib.aclosing(tap.records(parse_position(message["after"]))) as records:
                async for data in records:
                    writer.write(data)
                    await writer.drain()
        except DbaasError as error:
            writer.write(encode_ended(error))
            await writer.drain()
