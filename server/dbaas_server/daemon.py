"""The one process per data folder that owns what must be owned once: engines, and the API on loopback.

It outlives whoever started it. Killed, it leaves the engines running; the next one adopts them.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import json
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from dbaas_provisioning.errors import DbaasError
from dbaas_provisioning.folders import prepare, write_private
from dbaas_provisioning.nouns import Door, Home
from dbaas_provisioning.platform import Platform
from dbaas_provisioning.secrets import Vault
from dbaas_provisioning.supervisor import Supervisor

from .auth.local_token import LocalToken
from .control.about import VERSION
from .daemon_link import told
from .daemon_upgrades import serve_upgrade
from .feeds.door import serve_follower, tell_figures, tell_live
from .feeds.keeper import DaemonFeeds
from .home import RunFile, private_folder, read_run_file, socket_path
from .logs import log_to_file
from .mongo_process import MongoProcess
from .rooms.relay import Relay
from .routes import ROUTER
from .services import Services
from .standalone import Listener, loopback_sockets
from .upkeep import Upkeep
from .upkeep.jobs import jobs

__all__ = ["main"]

log = logging.getLogger("dbaas.daemon")

_TOKEN_SECONDS = 365 * 24 * 3600


def main(argv: list[str] | None = None) -> int:
    """``python -m dbaas_server.daemon --home FOLDER``; returns the exit status."""
    parser = argparse.ArgumentParser(prog="dbaas-daemon")
    parser.add_argument("--home", type=Path, required=True)
    home = Home(parser.parse_args(argv).home.resolve())
    try:
        prepare(home)
        with (home.run / "daemon.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return 0  # another one has this folder: whoever started us finds that one
            log_to_file(home.logs / "daemon.log")
            asyncio.run(_run(home))
    except DbaasError as error:
        log.critical("%s", error.as_dict())
        sys.stderr.write(json.dumps(told(error)) + "\n")  # for whoever starts it
        return 1
    return 0


async def _run(home: Home) -> None:
    """Start, serve until told to stop, stop."""
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    stop_engines = asyncio.Event()
    supervisor = await _Supervisor.open(home)
    try:
        platform = await Platform.open(home, supervisor)
        await platform.recover()
        supervisor.keep_mongo_door(platform)
        feeds = DaemonFeeds(platform)
        services = Services.over(platform, feeds)
        upkeep = Upkeep(jobs(services, supervisor))
        try:
            async with _http(home, services) as url:
                path = socket_path(home)
                private_folder(path.parent)
                path.unlink(missing_ok=True)
                local = LocalToken(platform, ttl_seconds=_TOKEN_SECONDS)
                run_file = RunFile(os.getpid(), url, str(path), VERSION, await local.make())
                answer = _Answers(supervisor, feeds, ending, stop_engines)
                server = await asyncio.start_unix_server(answer.client, str(path))
                path.chmod(0o600)
                # Nothing is awaited since it listens: who finds the socket finds the file.
                _publish(home, run_file)
                local.keep(lambda token: _publish(home, replace(run_file, token=token)))
                log.info("serving %s at %s", home.path, url)
                upkeep.start()
                await ending.wait()
                await local.close()
                server.close()
                (home.run / "daemon.json").unlink(missing_ok=True)
                path.unlink(missing_ok=True)
        finally:
            await upkeep.close()
            await services.close()
    finally:
        await supervisor.close(stop_engines=stop_engines.is_set())
    log.info("stopped")


class _Supervisor(Supervisor):
    """The engines' supervisor, who also looks after the process that serves MongoDB's clients."""

    def __init__(self, home: Home, vault: Vault) -> None:
        super().__init__(home, vault)
        self._mongo = MongoProcess(home)
        self._keeping: asyncio.Task[None] | None = None

    async def mongo_door(self) -> Door:
        return await self._mongo.door()

    def keep_mongo_door(self, platform: Platform) -> None:
        """Where there are document databases, listen again, without anybody having to wait for it."""
        self._keeping = asyncio.get_running_loop().create_task(self._reopen(platform))

    async def _reopen(self, platform: Platform) -> None:
        try:
            if await platform.has_documents():
                await self._mongo.door()
        except DbaasError as error:
            log.error("nobody listens for MongoDB's clients: %s %s", error.message, error.details or "")

    async def close(self, *, stop_engines: bool) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
        await self._mongo.close()
        await super().close(stop_engines=stop_engines)


@contextlib.asynccontextmanager
async def _http(home: Home, services: Services) -> Any:
    """The HTTP API on loopback, on the port of last time when it is free, so that URLs stay."""
    sockets = loopback_sockets(_port_of_last_time(home))
    port = sockets[0].getsockname()[1]
    (home.run / "port").write_text(str(port))
    url = f"http://127.0.0.1:{port}"
    listener = Listener(ROUTER, services, url)
    listener.listen(sockets)
    try:
        yield url
    finally:
        await listener.drain()


def _port_of_last_time(home: Home) -> int:
    try:
        return int((home.run / "port").read_text())
    except (OSError, ValueError):
        return 0


def _publish(home: Home, run_file: RunFile) -> None:
    fields = {name: getattr(run_file, name) for name in RunFile.__dataclass_fields__}
    write_private(home.run / "daemon.json", json.dumps(fields))
    assert read_run_file(home) == run_file


class _Answers:
    """What the socket is asked: a line of JSON in, a line of JSON out. Who follows or relays stays connected."""

    def __init__(
        self, supervisor: Supervisor, feeds: DaemonFeeds, ending: asyncio.Event, stop_engines: asyncio.Event
    ) -> None:
        self._supervisor = supervisor
        self._feeds = feeds
        self._relay = Relay()
        self._ending = ending
        self._stop_engines = stop_engines
        self._actions: dict[str, Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]] = {
            "ping": self._ping,
            "ensure": self._ensure,
            "stop": self._stop,
            "remove": self._remove,
            "mongo_door": self._mongo_door,
            "live": self._live,
            "figures": self._figures,
            "shutdown": self._shutdown,
        }

    async def client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one question."""
        with contextlib.suppress(ConnectionError):
            line = await reader.readline()
            if (wanted := _followed(line)) is not None:
                await serve_follower(self._feeds, wanted, reader, writer)
            elif line.startswith(b'{"do": "relay"'):
                await self._relay.serve(str(json.loads(line).get("node")), reader, writer)
            else:
                writer.write(json.dumps(await self._answer(line, reader, writer)).encode() + b"\n")
                await writer.drain()
        writer.close()

    async def _answer(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> dict[str, Any]:
        try:
            message = json.loads(line)
            if message["do"] == "upgrade":
                return await serve_upgrade(self._supervisor, message, reader, writer)
            return await self._actions[message["do"]](message)
        except ConnectionError:
            raise
        except DbaasError as error:
            return told(error)
        except Exception as error:
            log.exception("the socket was asked %r", line[:200])
            return {
                "error": {
                    "kind": "Unavailable",
                    "code": "internal_error",
                    "message": "The daemon could not do that.",
                    "details": type(error).__name__,
                    "hint": "Its log has the reason.",
                }
            }

    async def _ping(self, message: dict[str, Any]) -> dict[str, Any]:
        return {"version": VERSION}

    async def _ensure(self, message: dict[str, Any]) -> dict[str, Any]:
        endpoint = await self._supervisor.ensure(UUID(message["cluster"]))
        return asdict(endpoint)

    async def _stop(self, message: dict[str, Any]) -> dict[str, Any]:
        await self._supervisor.stop(UUID(message["cluster"]))
        return {}

    async def _remove(self, message: dict[str, Any]) -> dict[str, Any]:
        await self._supervisor.remove(UUID(message["cluster"]))
        return {}

    async def _mongo_door(self, message: dict[str, Any]) -> dict[str, Any]:
        return asdict(await self._supervisor.mongo_door())

    async def _live(self, message: dict[str, Any]) -> dict[str, Any]:
        return await tell_live(self._feeds, message)

    async def _figures(self, message: dict[str, Any]) -> dict[str, Any]:
        return await tell_figures(self._feeds, message)

    async def _shutdown(self, message: dict[str, Any]) -> dict[str, Any]:
        self._stop_engines.set()
        self._ending.set()
        return {}


def _followed(line: bytes) -> dict[str, Any] | None:
    """The question, when it is one whose answer has no end."""
    with contextlib.suppress(ValueError):
        message = json.loads(line)
        if isinstance(message, dict) and message.get("do") == "follow":
            return message
    return None


if __name__ == "__main__":
    sys.exit(main())
