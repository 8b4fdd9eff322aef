"""``getMore`` and ``killCursors``."""

from __future__ import annotations

import asyncio
import time

from bson import Int64

from ...documents.codec import Document, Raw
from ...documents.errors import Code, DocumentError
from ..answers import cursor_answer
from ..arguments import integer, wrong_type
from ..cursors import Cursor
from ..registry import Call, command

__all__: list[str] = []


@command("getMore", "collection batchSize term lastKnownCommittedOpTime", stable=True)
async def get_more(call: Call) -> Raw:
    """The next batch."""
    fields = call.fields
    id = call.body[call.name]
    if type(id) is not Int64 and type(id) is not int:
        raise wrong_type("getMore.getMore", id, "long")
    if call.seconds is not None:
        raise DocumentError(Code.BadValue, "cannot set maxTimeMS on getMore command for a non-awaitData cursor")
    batch_size = fields.natural("batchSize") or None
    namespace = f"{call.database}.{fields.required_text('collection')}"
    await call.engine()  # it is used, and stays open
    cursors = call.server.cursors
    cursor = cursors.begin(call.client, int(id), namespace, call.operation)
    try:
        batch = await _take(cursor, batch_size)
    except BaseException:
        await cursors.close(cursor)
        raise
    if cursor.results.done:
        await cursors.close(cursor)
        return cursor_answer(batch, 0, namespace, first=False)
    cursors.end(cursor)
    return cursor_answer(batch, cursor.id, namespace, first=False)


@command("killCursors", "cursors", stable=True)
async def kill_cursors(call: Call) -> Document:
    """End cursors."""
    killed: list[Int64] = []
    unknown: list[Int64] = []
    for id in call.fields.array("cursors") or ():
        number = integer(id)
        if number is None:
            raise wrong_type("killCursors.cursors", id, "long")
        (killed if call.server.cursors.kill(call.client, number) else unknown).append(Int64(number))
    return {"cursorsKilled": killed, "cursorsNotFound": unknown, "cursorsAlive": [], "cursorsUnknown": []}


async def _take(cursor: Cursor, batch_size: int | None) -> list[Raw]:
    """The next documents, in what is left of the time that was given with the question."""
    if cursor.seconds_left is None:
        return await cursor.results.take(batch_size)
    began = time.monotonic()
    try:
        async with asyncio.timeout(max(cursor.seconds_left, 0)) as clock:
            batch = await cursor.results.take(batch_size)
    except TimeoutError:
        if not clock.expired():
            raise
        raise DocumentError(Code.MaxTimeMSExpired, "operation exceeded time limit") from None
    cursor.seconds_left -= time.monotonic() - began
    return batch
