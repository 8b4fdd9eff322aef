"""A reader of server-sent events, for tests that look at single events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from live_project import LiveProject

__all__ = ["Events", "events"]


class Events:
    """The events of a stream, one by one."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def next(self) -> dict[str, Any]:
        """The next event, as a browser would give it: ``event``, ``id`` where there is one, ``data`` as JSON."""
        found: dict[str, Any] = {}
        async for line in self._lines:
            if line == "":
                if "data" in found:
                    found["data"] = json.loads(found["data"])
                    return found
                found = {}
                continue
            name, _, value = line.partition(": ")
            if name == "data" and "data" in found:
                value = f"{found['data']}\n{value}"
            if name:
                found[name] = value
        raise EOFError(str(found))


@asynccontextmanager
async def events(
    project: LiveProject, key: str, headers: dict[str, str] | None = None, **query: str
) -> AsyncIterator[Events]:
    """Follow ``/changes`` of a project with a key."""
    async with httpx.AsyncClient(timeout=60) as client:
        url, all_headers = f"{project.url}/changes", {"apikey": key, **(headers or {})}
        async with client.stream("GET", url, params=query, headers=all_headers) as response:
            assert response.status_code == 200, await response.aread()
            assert response.headers["content-type"].startswith("text/event-stream")
            yield Events(response)
