"""A process's end of the relay: connected for as long as it is needed, again and again."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import orjson

from dbaas_provisioning.errors import DbaasError
from dbaas_provisioning.nouns import Home

from ..daemon_link import open_stream
from .relay import HEAD, LARGEST, LOSSY, LOSSY_BACKLOG_BYTES, NAME, SURE, frame

__all__ = ["Link"]

log = logging.getLogger(__name__)

RETRY_SECONDS = 0.5
PATIENCE_SECONDS = 10.0
"""After a reconnection, others have this long to come back before they are taken for gone."""

_READ_BYTES = 64 * 1024
_BACKLOG_BYTES = 16 * 1024 * 1024


class Link:
    """Sends to the other processes and hears from them.

    Args:
        node: this process's name.
        connected: called after each connection; everything said before may not have been heard.
        heard: a process's name and what it said.
        left: the names of all that are connected now.
    """

    def __init__(
        self,
        home: Home,
        node: str,
        connected: Callable[[], None],
        heard: Callable[[str, list[Any]], None],
        left: Callable[[frozenset[str]], None],
    ) -> None:
        self._home = home
        self._node = node
        self._connected = connected
        self._heard = heard
        self._left = left
        self._task: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._present: frozenset[str] = frozenset()
        self._settled = 0.0
        self._settling: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Connect, unless that was done before."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    def send(self, message: list[Any], *, lossy: bool) -> None:
        """Tell the others; while there is no connection, nobody.

        Args:
            lossy: it may get lost where too much is said.
        """
        writer = self._writer
        if writer is None or self._present <= {self._node}:
            return
        waiting = writer.transport.get_write_buffer_size()
        if lossy and waiting > LOSSY_BACKLOG_BYTES:
            return
        data = (LOSSY if lossy else SURE) + orjson.dumps(message)
        if len(data) > LARGEST:
            log.warning("a message of %d bytes is too large for other processes", len(data))
        elif waiting > _BACKLOG_BYTES:
            writer.transport.abort()
        else:
            writer.write(frame(data))

    async def close(self) -> None:
        """Disconnect."""
        if self._settling is not None:
            self._settling.cancel()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        first = True
        while True:
            try:
                await self._once(first)
                first = False
            except (OSError, asyncio.IncompleteReadError):
                first = False
            except DbaasError as error:
                log.info("other processes cannot be reached: %s", error.message)
            finally:
                self._writer = None
            await asyncio.sleep(RETRY_SECONDS)

    async def _once(self, first: bool) -> None:
        """One connection, to its end."""
        reader, writer = await open_stream(self._home, limit=_READ_BYTES)
        try:
            writer.write(json.dumps({"do": "relay", "node": self._node}).encode() + b"\n")
            self._writer = writer
            loop = asyncio.get_running_loop()
            self._settled = loop.time() + (0.0 if first else PATIENCE_SECONDS)
            while True:
                (size,) = HEAD.unpack(await reader.readexactly(HEAD.size))
                data = await reader.readexactly(size)
                sender, said = data[:NAME].decode(), data[NAME:]
                if sender.strip():
                    self._heard(sender, orjson.loads(said[1:]))
                else:
                    self._who(frozenset(orjson.loads(said)))
        finally:
            self._writer = None
            writer.close()

    def _who(self, present: frozenset[str]) -> None:
        """Others came or went. To those who came, everything is told."""
        came = present - self._present
        self._present = present
        if came:
            self._connected()
        loop = asyncio.get_running_loop()
        if self._settling is not None:
            self._settling.cancel()
        self._settling = loop.call_later(max(0.0, self._settled - loop.time()), self._settle)

    def _settle(self) -> None:
        self._settling = None
        self._left(self._present)
