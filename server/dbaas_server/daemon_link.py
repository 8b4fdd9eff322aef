"""How every other process reaches the daemon: start it, ask it to run an engine, stop it.

One request a connection over its Unix socket: a line of JSON there, a line of JSON back.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from dbaas_provisioning import errors
from dbaas_provisioning.errors import DbaasError, Unavailable
from dbaas_provisioning.folders import prepare
from dbaas_provisioning.nouns import Door, Endpoint, Home
from dbaas_provisioning.platform import Step
from dbaas_provisioning.platform.progress import Tell

from .home import RunFile, check_socket_folder, read_run_file, socket_path
from .logs import last_line

__all__ = [
    "SocketSupervision", "ask", "ask_awake", "is_up", "open_stream", "revived", "start_daemon", "stop_daemon", "told",
    "unreachable",
]  # fmt: skip

_OWN = ("JUPYTERHUB_", "JPY_", "DBAAS_API_", "DBAAS_TOKEN", "DBAAS_URL")
START_SECONDS = 120.0
"""Patience with a first start, which may unpack binaries and make a cluster."""

_POLL_SECONDS = 0.05
_AGAIN_SECONDS = 0.5
_LINE = 64 * 1024  # of an answer, in bytes


class SocketSupervision:
    """Asks the daemon to start and stop engines, and starts the daemon when it is not there."""

    def __init__(self, home: Home) -> None:
        self._home = home

    async def ensure(self, cluster_id: UUID) -> Endpoint:
        """The cluster accepts connections when this returns."""
        return Endpoint(**await self._ask_awake("ensure", cluster_id))

    async def stop(self, cluster_id: UUID) -> None:
        """The cluster is stopped when this returns."""
        await self._ask_awake("stop", cluster_id)

    async def remove(self, cluster_id: UUID) -> None:
        """Stop the cluster and delete its data."""
        await self._ask_awake("remove", cluster_id)

    async def upgrade(self, cluster_id: UUID, major: str, progress: Tell | None = None) -> None:
        """The cluster has a newer major version and runs when this returns. Being cancelled ends it."""
        if not await is_up(self._home):
            await start_daemon(self._home)
        try:
            reader, writer = await open_stream(self._home, limit=_LINE)
        except OSError as error:
            raise unreachable(error) from None
        try:
            writer.write(json.dumps({"do": "upgrade", "cluster": str(cluster_id), "to": major}).encode() + b"\n")
            while line := await reader.readline():
                answer = json.loads(line)
                if "error" in answer:
                    raise revived(answer["error"])
                if "doing" not in answer:
                    return
                if progress is not None:
                    progress(Step(**answer))
        except OSError as error:
            raise unreachable(error) from None
        finally:
            writer.close()
        raise unreachable(ConnectionError("It ended on the way; its next start shows the old server or the new one."))

    async def mongo_door(self) -> Door:
        """Where MongoDB's clients come in; somebody listens there when this returns."""
        return Door(**await ask_awake(self._home, {"do": "mongo_door"}))

    async def _ask_awake(self, action: str, cluster_id: UUID) -> dict[str, Any]:
        return await ask_awake(self._home, {"do": action, "cluster": str(cluster_id)})


async def ask_awake(home: Home, message: dict[str, Any]) -> dict[str, Any]:
    """As :func:`ask`, of a daemon that is started when there is none. Raises ``Unavailable`` when that is no help."""
    try:
        return await ask(home, message)
    except ConnectionError:
        await start_daemon(home)
        try:
            return await ask(home, message)
        except ConnectionError as error:
            raise unreachable(error) from None


async def open_stream(home: Home, *, limit: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the daemon that stays.

    Killed, the daemon leaves its run file, and is started again for the next attempt. Stopped on purpose, it stays so
    until it is needed.

    Args:
        limit: bytes that the reader holds.

    Raises:
        OSError: nobody listened.
        Forbidden: ``folder_of_another``, as :func:`ask`.
    """
    check_socket_folder(home)
    try:
        return await asyncio.open_unix_connection(str(socket_path(home)), limit=limit)
    except OSError:
        if read_run_file(home) is not None:
            await start_daemon(home)
        raise


def unreachable(error: Exception) -> Unavailable:
    """Nobody listens, or nobody does any more."""
    return Unavailable("daemon_unreachable", "The platform's daemon does not answer.", details=str(error))


async def ask(home: Home, message: dict[str, Any]) -> dict[str, Any]:
    """Send one message to the daemon. Raises ``ConnectionError`` when nobody listens, else what the daemon raised.

    Raises ``Forbidden`` (``folder_of_another``) when somebody else might be listening.
    """
    check_socket_folder(home)
    try:
        reader, writer = await asyncio.open_unix_connection(str(socket_path(home)))
    except OSError as error:
        raise ConnectionError(str(error)) from None
    try:
        writer.write(json.dumps(message).encode() + b"\n")
        await writer.drain()
        line = await reader.readline()
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    if not line:
        raise ConnectionError("the daemon went away")
    answer: dict[str, Any] = json.loads(line)
    if "error" in answer:
        raise revived(answer["error"])
    return answer


def revived(fields: dict[str, Any]) -> DbaasError:
    """An error of the daemon's as an error here."""
    kind = getattr(errors, fields["kind"], Unavailable)
    error: DbaasError = kind(fields["code"], fields["message"], hint=fields["hint"], details=fields["details"])
    return error


def told(error: DbaasError) -> dict[str, Any]:
    """An error as a message to whoever has it :func:`revived`."""
    return {"error": {"kind": type(error).__name__, **error.as_dict()}}


async def is_up(home: Home) -> bool:
    """Whether a daemon answers."""
    try:
        await ask(home, {"do": "ping"})
    except ConnectionError:
        return False
    return True


async def start_daemon(home: Home) -> RunFile:
    """Start the daemon in a session of its own, unless it runs, and wait until it answers.

    However many need it, in however many processes, one of them starts it and the others wait.

    Raises what the daemon says that it ended of; ``Unavailable`` (``daemon_failed``) where that is nothing of ours.
    """
    prepare(home)
    process: subprocess.Popen[bytes] | None = None
    log = home.logs / "daemon.out"
    deadline = time.monotonic() + START_SECONDS
    with (home.run / "starting.lock").open("a") as starting:  # let go of with the process that holds it
        while not await is_up(home):
            if process is None and _taken(starting):
                process = _spawn(home, log)
            status = None if process is None else process.poll()
            if status not in (None, 0) or time.monotonic() > deadline:
                raise _failure(home, last_line(log))
            if status == 0:  # another one had the folder, which may have been ending
                process = None
                await asyncio.sleep(_AGAIN_SECONDS)
            await asyncio.sleep(_POLL_SECONDS)
    found = read_run_file(home)
    if found is None:
        raise Unavailable("daemon_failed", "The daemon runs but left no run file.", hint="dbaas down; dbaas up")
    return found


def _failure(home: Home, last: str) -> DbaasError:
    """Why the daemon did not start, by the last line that it printed."""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return revived(json.loads(last)["error"])
    return Unavailable(
        "daemon_failed",
        "The platform's daemon did not start.",
        hint=f"Its log is {home.logs / 'daemon.log'}; `dbaas status` tells more.",
        details=last or "It printed nothing.",
    )


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _spawn(home: Home, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "dbaas_server.daemon", "--home", str(home.path)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
            env=_of_everybody(os.environ),
        )


def _of_everybody(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for what outlives whoever starts it: without tokens that are this process's own."""
    return {name: value for name, value in environ.items() if not name.startswith(_OWN)}


async def stop_daemon(home: Home) -> bool:
    """Stop the engines and the daemon; False when none ran. Returns once the daemon's process is gone."""
    found = read_run_file(home)
    try:
        await ask(home, {"do": "shutdown"})
    except ConnectionError:
        return False
    while found is not None and _alive(found.pid):  # noqa: ASYNC110  another process's end is no event of ours
        await asyncio.sleep(_POLL_SECONDS)
    return True


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with contextlib.suppress(ChildProcessError):  # a child of ours that ended is a zombie until somebody asks
        os.waitpid(pid, os.WNOHANG)
    try:  # and so is another's, which may be a Jupyter that never does
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True
