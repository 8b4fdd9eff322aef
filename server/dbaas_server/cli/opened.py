"""The platform for the length of one command."""

from __future__ import annotations

import contextlib
import getpass
from collections.abc import AsyncIterator
from dataclasses import dataclass

from dbaas_provisioning.nouns import Home
from dbaas_provisioning.platform import Platform

from ..daemon_link import SocketSupervision, start_daemon
from ..sessions import Sessions

__all__ = ["Opened", "opened", "sessions"]


@dataclass(frozen=True, slots=True)
class Opened:
    """An open platform, where its API is, and in whose name the command acts."""

    platform: Platform
    url: str
    actor: str


@contextlib.asynccontextmanager
async def opened(home: Home) -> AsyncIterator[Opened]:
    """Start the platform unless it runs, and open it. Raises ``Unavailable``."""
    run_file = await start_daemon(home)
    platform = await Platform.open(home, SocketSupervision(home))
    try:
        yield Opened(platform, run_file.url, f"cli:{getpass.getuser()}")
    finally:
        await platform.close()


@contextlib.asynccontextmanager
async def sessions(platform: Platform) -> AsyncIterator[Sessions]:
    """Open databases for the length of one command."""
    made = Sessions(platform)
    try:
        yield made
    finally:
        await made.close()
