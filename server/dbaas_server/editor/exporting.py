"""``POST …/editor/export``: every row of a statement as a file, streamed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial
from typing import TypeVar
from urllib.parse import quote

from dbaas_provisioning.errors import Invalid

from ..body import required
from ..engine import QueryError
from ..http import Request, Response
from ..nouns import Extract
from ..services import Services
from .results.asked import asked
from .results.formats import Encoder, Sheet, encoder_of
from .results.marks import marked

__all__ = ["disposition", "export"]

FIRST_BYTES = 64 * 1024
"""A file that ends before has a status of its own whatever goes wrong."""

_UNFIT = re.compile(r'[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069/\\:*?"<>|]+')
_LONGEST_NAME = 100

_T = TypeVar("_T")


async def export(request: Request, services: Services) -> Response:
    """Run a statement that only reads, and answer with all its rows in one of the formats.

    What goes wrong before the first bytes are sent has a status of its own; after that, the connection is cut.
    """
    question = await asked(request, services, {"format": str, "table": str, "name": str})
    fields = question.fields
    kind = await encoder_of(required(fields, "format"))
    try:
        with question.acting(services, "export", format=kind.suffix):  # noted when its first bytes are there
            extract = await question.session.extract(
                question.question.text,
                question.question.args,
                question.caller,
                arrangement=question.question.arrangement,
                form=kind.form,
            )
            chunks = _file(extract, kind, fields.get("table") or fields.get("name") or "result")
            first = await anext(chunks, b"")
    except QueryError as error:
        raise await marked(error, question) from None

    async def body() -> AsyncGenerator[bytes]:
        # Closed here and now when the client goes away: the engine's connection must not wait for a collector.
        async with aclosing(chunks):
            yield first
            async for chunk in chunks:
                yield chunk

    headers = [
        ("Content-Type", kind.content_type),
        ("Content-Disposition", disposition(fields.get("name") or fields.get("table") or "result", kind.suffix)),
        ("X-Content-Type-Options", "nosniff"),
    ]
    return Response(200, body(), headers)


async def _file(extract: Extract, kind: type[Encoder], table: str) -> AsyncGenerator[bytes]:
    """The file's bytes. The first of them come late enough for a small file to be all of it."""
    held: list[bytes] = []
    size = 0
    async with aclosing(extract.chunks) as chunks:
        if not extract.columns:
            raise Invalid("no_columns", "The statement gives no columns, so there is nothing to export.")
        encoder = await _in_thread(partial(kind, Sheet(extract.columns, extract.names, table)))
        try:
            async with aclosing(_encoded(encoder, chunks)) as parts:
                async for part in parts:
                    held.append(part)
                    size += len(part)
                    if size >= FIRST_BYTES:
                        yield b"".join(held)
                        held, size = [], 0
            yield b"".join(held)
        finally:
            encoder.close()


async def _encoded(encoder: Encoder, chunks: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """What an encoder makes of rows. While it works on some, the next ones are read."""
    working: asyncio.Task[bytes] | None = None
    waiting: list[bytes] = []
    size = 0
    yield encoder.begin()
    try:
        async for chunk in chunks:
            waiting.append(chunk)
            size += len(chunk)
            if size >= encoder.together:
                rows = b"".join(waiting)
                waiting, size = [], 0
                if encoder.light:
                    yield encoder.rows(rows)
                    continue
                if working is not None:
                    yield await asyncio.shield(working)
                working = asyncio.create_task(asyncio.to_thread(encoder.rows, rows))
        if working is not None:
            yield await asyncio.shield(working)
        if waiting:
            yield await _in_thread(partial(encoder.rows, b"".join(waiting)))
        rest = encoder.end()
        while (part := await _in_thread(partial(next, rest, None))) is not None:
            yield part
    finally:
        if working is not None and not working.done():
            await asyncio.wait([working])  # nobody else may use what it uses meanwhile


async def _in_thread(work: Callable[[], _T]) -> _T:
    """What some work gives in a thread. Cancelled, it is waited for: nobody else may use what it uses meanwhile."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def disposition(name: str, suffix: str) -> str:
    """``Content-Disposition`` of a file to be kept (RFC 6266), whatever somebody named it."""
    clean = _UNFIT.sub("_", name).strip(" .")[:_LONGEST_NAME] or "result"
    file = f"{clean}.{suffix}"
    plain = re.sub(r"[^\x20-\x7e]|[%;]", "_", file)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file, safe='')}"
