"""Following a database whatever is in between: decode what comes, and go on from there after a break."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any

from dbaas_provisioning.errors import DbaasError, Unavailable

from ..changes import Change
from ..daemon_link import revived
from ..nouns import Position
from . import Resync, resync
from .records import Damaged, Decoder

__all__ = ["followed"]

log = logging.getLogger("dbaas.feeds")

_PAUSES = (0.1, 0.1, 0.2, 0.5, 1.0, 2.0)


async def followed(
    live: Callable[[], Awaitable[Position]],
    records: Callable[[Position], AsyncGenerator[bytes, None]],
    after: Position | None,
) -> AsyncGenerator[Sequence[Change], None]:
    """Changes behind a position, or from now on.

    Args:
        live: as in :class:`dbaas_server.feeds.Feed`.
        records: the bytes behind a position; ends, or raises ``Unavailable``, at a break.

    Raises:
        Resync: also when the position does not mean anything.
        Unavailable: at the beginning, without a position, when the feed cannot be followed now.
    """
    position = await live() if after is None else after
    breaks = 0
    while True:
        decoder = Decoder(position.epoch, position.order)
        try:
            async with contextlib.aclosing(records(position)) as chunks:
                async for data in chunks:
                    breaks = 0
                    if changes := decoder.feed(data):
                        position = changes[-1].position
                        yield changes
                    if decoder.level:
                        decoder.level = False
                        yield ()
                    if decoder.ended is not None:
                        raise _revived(decoder.ended)
        except Resync:
            raise
        except Damaged as error:
            log.error("a replay log is damaged: %s", error)
            raise resync("the history is damaged") from None
        except Unavailable as error:
            if not breaks:
                log.info("following is interrupted: %s", error.details or error.message)
        await asyncio.sleep(_PAUSES[min(breaks, len(_PAUSES) - 1)])
        breaks += 1


def _revived(fields: dict[str, Any]) -> DbaasError:
    if fields["code"] == "resync":
        return Resync("resync", fields["message"], hint=fields["hint"], details=fields["details"])
    return revived(fields)
