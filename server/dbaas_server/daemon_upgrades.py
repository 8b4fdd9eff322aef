"""The daemon's end of moving a cluster to a newer version; the other end is in :mod:`~dbaas_server.daemon_link`."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import asdict
from typing import Any, Protocol
from uuid import UUID

from dbaas_provisioning.errors import DbaasError
from dbaas_provisioning.platform import Step
from dbaas_provisioning.platform.progress import Tell

__all__ = ["serve_upgrade"]


class _Upgrades(Protocol):
    async def upgrade(self, cluster_id: UUID, major: str, progress: Tell | None = None) -> None: ...


async def serve_upgrade(
    upgrades: _Upgrades, message: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> dict[str, Any]:
    """Do it; each step is a line of JSON as it begins, and the outcome is the answer. Raises ``DbaasError``.

    Who hangs up ends it, as long as the data are not moved; then ``ConnectionError`` is raised.
    """

    def tell(step: Step) -> None:
        writer.write(json.dumps(asdict(step)).encode() + b"\n")

    work = asyncio.ensure_future(upgrades.upgrade(UUID(message["cluster"]), str(message["to"]), tell))
    hung_up = asyncio.ensure_future(reader.read(1))
    try:
        await asyncio.wait([work, hung_up], return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError, DbaasError):
                await work
            raise ConnectionResetError("nobody listens any more")
        await work
        return {}
    finally:
        hung_up.cancel()
