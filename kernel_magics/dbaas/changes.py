"""Changes of a table as they are committed: ``async for change in database.changes("orders")``.

The server sends events (https://html.spec.whatwg.org/multipage/server-sent-events.html), each with its position. When
the connection breaks, or the server is restarted, what was missed is asked for from the last position on.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self, TypeVar

import httpx

from . import discovery, operations
from .discovery import Endpoint
from .errors import DbaasError, from_response
from .operations import Operation
from .transport import Transport
from .transport_async import AsyncTransport

__all__ = ["Change", "Changes", "ChangesLost", "Wanted", "read_events"]

_SILENCE_SECONDS = 40.0
"""The server shows every 15 seconds that it lives."""

_PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)
_PASSING = frozenset({"too_slow", "feed_ended", "feed_not_ready", "realtime_starting", "database_unavailable"})


T = TypeVar("T")


class ChangesLost(DbaasError):
    """Some changes are not known any more: read the table again, then follow from now on.

    Attributes:
        position: what comes after it is complete.
    """

    def __init__(self, message: str, position: str, details: str | None = None) -> None:
        super().__init__(message, code="resync", details=details, hint="Read the table again, then follow it anew.")
        self.position = position


@dataclass(frozen=True, slots=True)
class Change:
    """One row that was inserted, updated or deleted.

    Attributes:
        type: ``INSERT``, ``UPDATE``, ``DELETE`` or ``TRUNCATE``.
        record: the row as it is now; None for a delete.
        old: the row as it was, or as much of it as is known; None for an insert.
        position: hand it to ``since`` to go on behind this change.
    """

    type: str
    schema: str
    table: str
    record: Mapping[str, Any] | None
    old: Mapping[str, Any] | None
    position: str
    committed_at: datetime

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Change:
        """From what the server sent."""
        at = datetime.fromisoformat(str(data["commit_timestamp"]).replace("Z", "+00:00"))
        record, old = data.get("record"), data.get("old_record")
        return cls(data["type"], data["schema"], data["table"], record, old, data["position"], at)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is followed; see :meth:`dbaas.client.DatabaseClient.changes`. No database is the tenant's default one."""

    tenant: str
    database: str | None
    table: str
    schema: str | None = None
    where: str | None = None
    event: str | None = None
    key: str | None = None


class Changes:
    """Changes as they are committed, without end: ``async for change in changes``.

    In ``async with`` it is live from the first line on: what is committed inside is told. Otherwise it begins with the
    first change asked for.

    Args:
        since: go on behind this position; None begins now.
        told: called with True when changes flow, with False when they do not for now.

    Raises, while it is awaited:
        ChangesLost: the history does not reach back, or a part of the log was lost.
        DbaasError: what the server refuses for good.
    """

    def __init__(
        self,
        transport: Transport | AsyncTransport,
        wanted: Wanted,
        since: str | None = None,
        told: Callable[[bool], None] = lambda live: None,
    ) -> None:
        self._news = _follow(transport, wanted, since, told)
        self._early: deque[Change] = deque()
        self._position: str | None = None

    async def live(self) -> str:
        """Wait until changes flow; returns the position behind which they do."""
        while self._position is None:
            await self._take()
        return self._position

    async def _take(self) -> None:
        news = await anext(self._news)
        if isinstance(news, Change):
            self._early.append(news)
        elif self._position is None:
            self._position = news

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Change:
        while not self._early:
            await self._take()
        return self._early.popleft()

    async def aclose(self) -> None:
        """Follow no more."""
        await self._news.aclose()

    async def __aenter__(self) -> Self:
        try:
            await self.live()
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


async def _follow(
    transport: Transport | AsyncTransport, wanted: Wanted, since: str | None, told: Callable[[bool], None]
) -> AsyncGenerator[Change | str]:
    """Changes, and a position whenever they begin to flow behind it."""
    position, failures = since, 0
    if wanted.database is None:
        wanted = replace(wanted, database=await _default_database(transport, wanted.tenant))
    while True:
        try:
            async for name, identity, data in _events(transport, wanted, position):
                failures = 0
                if name == "resync":
                    raise ChangesLost(data["message"], data["position"], data.get("details"))
                if name == "error":
                    if data.get("code") not in _PASSING:
                        raise DbaasError(data["message"], code=data["code"], hint=data.get("hint"))
                    break
                position = identity or position
                if name == "live":
                    told(True)
                    yield data["position"]
                else:
                    yield Change.of(data)
        except httpx.TransportError:
            pass
        except DbaasError as error:
            if error.status not in (429, 502, 503, 504):
                raise
        told(False)
        await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
        failures += 1
        with suppress(DbaasError):
            # It may be elsewhere now. One that does not run is not started for this: it was stopped on purpose.
            if discovery.find() is not None:
                await _run(transport, operations.platform())


async def _events(
    transport: Transport | AsyncTransport, wanted: Wanted, position: str | None
) -> AsyncIterator[tuple[str, str | None, Any]]:
    endpoint = await _endpoint(transport)
    names = {"schema": wanted.schema, "filter": wanted.where, "event": wanted.event, "since": position}
    query = {"table": f"{wanted.database}.{wanted.table}"} | {name: value for name, value in names.items() if value}
    headers = {"Authorization": f"Bearer {wanted.key or endpoint.token}", "Accept": "text/event-stream"}
    timeout = httpx.Timeout(10.0, read=_SILENCE_SECONDS)
    async with httpx.AsyncClient(timeout=timeout, trust_env=False) as http:
        url = f"{endpoint.url}/v1/{wanted.tenant}/changes"
        async with http.stream("GET", url, params=query, headers=headers) as response:
            if response.status_code >= 300:
                body = await response.aread()
                raise from_response(response.status_code, _json_or_none(body))
            async for event in read_events(response.aiter_lines()):
                yield event


async def _default_database(transport: Transport | AsyncTransport, tenant: str) -> str:
    name = (await _run(transport, operations.tenant(tenant))).default_database
    if name is None:
        raise DbaasError(f"The tenant {tenant} has no database yet.", code="no_database")
    return name


async def _endpoint(transport: Transport | AsyncTransport) -> Endpoint:
    if isinstance(transport, AsyncTransport):
        return await transport.endpoint
    return await asyncio.to_thread(lambda: transport.endpoint)


async def _run(transport: Transport | AsyncTransport, operation: Operation[T]) -> T:
    if isinstance(transport, AsyncTransport):
        return await transport.run(operation)
    return await asyncio.to_thread(transport.run, operation)


async def read_events(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, str | None, Any]]:
    """Events out of a stream's lines: name, id (None without one), data as JSON."""
    name, identity, data = "message", None, list[str]()
    async for line in lines:
        if not line:
            if data:
                yield name, identity, json.loads("\n".join(data))
            name, identity, data = "message", None, []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            name = value
        elif field == "id":
            identity = value


def _json_or_none(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
