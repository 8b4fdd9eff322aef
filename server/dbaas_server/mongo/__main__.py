"""``python -m dbaas_server.mongo``: the process that serves MongoDB's clients of all tenants. The daemon starts it."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
from pathlib import Path

from dbaas_provisioning.errors import DbaasError
from dbaas_provisioning.nouns import Home
from dbaas_provisioning.platform import Platform

from ..daemon_link import SocketSupervision, start_daemon
from ..documents.collections.environment import REAP_SECONDS, EngineLimits
from ..home import private_folder, read_run_file
from ..logs import log_to_file
from ..mongo_process import MongoSettings
from ..tls import server_context
from .platform_accounts import PlatformAccounts
from .server import MongoServer
from .settings import Settings

__all__ = ["main"]

log = logging.getLogger("dbaas.mongo")


def main(argv: list[str] | None = None) -> int:
    """Serve until told to stop, or until the daemon is gone; returns the exit status."""
    parser = argparse.ArgumentParser(prog="dbaas-mongo")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--socket", type=int, required=True, help="descriptor of the socket to listen on")
    options = parser.parse_args(argv)
    home = Home(options.home)
    log_to_file(home.logs / "mongo.log")
    try:
        asyncio.run(_serve(home, socket.socket(fileno=options.socket)))
    except DbaasError as error:
        log.critical("%s", error.as_dict())
        return 1
    return 0


async def _serve(home: Home, listening: socket.socket) -> None:
    ending, orphaned = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)

    def orphan() -> None:
        loop.remove_reader(sys.stdin.fileno())
        orphaned.set()
        ending.set()

    loop.add_reader(sys.stdin.fileno(), orphan)
    settings = MongoSettings.read(os.environ)
    folder = private_folder(home.run / "mongo")
    platform = await Platform.open(home, SocketSupervision(home))
    try:
        limits = EngineLimits(reap_seconds=float(os.environ.get("DBAAS_MONGO_REAP_SECONDS") or REAP_SECONDS))
        accounts = PlatformAccounts(platform, folder, limits=limits)
        server = MongoServer(accounts, Settings(test_commands=os.environ.get("DBAAS_MONGO_TEST_COMMANDS") == "1"))
        await server.start_on(listening, server_context(settings.tls_certificate, settings.tls_key))
        await ending.wait()
        await server.close()
        await accounts.close()
    finally:
        await platform.close()
    if orphaned.is_set() and read_run_file(home) is not None:
        await start_daemon(home)  # it was killed: its clients are to find somebody at the same place again


if __name__ == "__main__":
    sys.exit(main())
