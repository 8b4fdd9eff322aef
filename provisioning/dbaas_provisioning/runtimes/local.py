"""Engines as processes of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

from ..accounts import Account
from ..engine import LaunchPlan
from ..errors import Unavailable
from .processes import ServerProcess, find, processes_in

__all__ = ["LocalRuntime", "choose_port"]

log = logging.getLogger(__name__)

# Below the range that systems take outgoing connections' ports from, so that a stopped cluster finds its own again.
FIRST_PORT, PORTS = 20_000, 10_000
LOG_BYTES = 8 * 1024 * 1024  # of each log; as much again is kept of what came before
STOP_SECONDS = 60.0
INIT_SECONDS = 300.0


class LocalRuntime:
    """Makes, starts, adopts and removes clusters in data directories. Every method is safe to repeat.

    Args:
        logs: one file per cluster, of bounded size.
        account: who the engines run as; None for this process's user.
    """

    def __init__(self, logs: Path, account: Account | None) -> None:
        self._logs = logs
        self._account = account

    def exists(self, data_dir: Path) -> bool:
        """Whether the cluster was made, and made completely."""
        return data_dir.is_dir() and not _unfinished(data_dir).exists()

    async def create(self, data_dir: Path, plan: LaunchPlan) -> None:
        """Make a new cluster. What an interrupted attempt left is removed first.

        Raises ``Unavailable`` (``engine_init_failed``), and leaves nothing.
        """
        await asyncio.to_thread(self._empty, data_dir)
        try:
            for path, text in plan.init_files.items():
                self.write(path, text)
            for argv in plan.init:
                await asyncio.to_thread(self._initialise, data_dir, argv, plan)
        except BaseException:
            await asyncio.to_thread(shutil.rmtree, data_dir, ignore_errors=True)
            raise
        finally:
            for path in plan.init_files:
                path.unlink(missing_ok=True)
        _unfinished(data_dir).unlink()

    def start(self, data_dir: Path, plan: LaunchPlan) -> ServerProcess:
        """Start the server; it may not be ready yet, and it may die of what is wrong (see its log)."""
        if not processes_in(data_dir):
            # Nothing of a predecessor is left, whatever its pid file says: the number may be another process's by now,
            # or a zombie's that nobody waits for (in a container without an init), and the server would believe it.
            (data_dir / plan.pid_file).unlink(missing_ok=True)
        for name, text in plan.files.items():
            self.write(data_dir / name, text)
        self.bound_log(data_dir)
        with self.log_file(data_dir).open("ab") as output:
            child = subprocess.Popen(
                plan.argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=data_dir, env=dict(plan.env),
                start_new_session=True, umask=0o077, **(self._account.identity if self._account else {}),
            )  # fmt: skip
        return ServerProcess.of_child(child)

    def adopt(self, data_dir: Path, plan: LaunchPlan) -> ServerProcess | None:
        """The cluster's server when it runs already, started by whomever."""
        return find(data_dir / plan.pid_file, str(data_dir))

    async def stop(self, process: ServerProcess, plan: LaunchPlan) -> None:
        """Stop it cleanly, by force when that takes too long."""
        await process.stop(plan.stop_signal, STOP_SECONDS)

    def end_leftovers(self, data_dir: Path) -> None:
        """End what a killed server's children still do: they keep its shared memory, and it cannot start before."""
        for pid in processes_in(data_dir):
            log.info("Ending process %d, left over in %s.", pid, data_dir.name)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT)

    async def remove(self, data_dir: Path) -> None:
        """Delete the data and the log. The server must not run any more."""
        await asyncio.to_thread(self._remove, data_dir)

    def _remove(self, data_dir: Path) -> None:
        shutil.rmtree(data_dir, ignore_errors=True)
        if data_dir.exists():
            raise Unavailable(
                "data_not_removed", f"The data in {data_dir} could not be deleted.", hint="Delete the folder."
            )
        _unfinished(data_dir).unlink(missing_ok=True)
        log_file = self.log_file(data_dir)
        for path in (log_file, _older(log_file)):
            path.unlink(missing_ok=True)

    def log_file(self, data_dir: Path) -> Path:
        """Where the server's output goes."""
        return self._logs / f"{data_dir.name}.log"

    def bound_log(self, data_dir: Path) -> None:
        """Keep the log's size bounded. The server appends to it, so that emptying it under its hands is safe."""
        path = self.log_file(data_dir)
        if path.exists() and path.stat().st_size > LOG_BYTES:
            shutil.copyfile(path, _older(path))
            os.truncate(path, 0)

    def _empty(self, data_dir: Path) -> None:
        _unfinished(data_dir).touch()
        shutil.rmtree(data_dir, ignore_errors=True)
        data_dir.mkdir(mode=0o700)
        if self._account is not None:
            os.chown(data_dir, self._account.uid, self._account.gid)

    def _initialise(self, data_dir: Path, argv: Sequence[str], plan: LaunchPlan) -> None:
        with self.log_file(data_dir).open("ab") as output:
            try:
                subprocess.run(
                    argv,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd=data_dir,
                    env=dict(plan.env),
                    check=True,
                    timeout=INIT_SECONDS,
                    umask=0o077,
                    **(self._account.identity if self._account else {}),
                )
            except (OSError, subprocess.SubprocessError) as error:
                raise Unavailable(
                    "engine_init_failed",
                    f"A new cluster could not be made with {Path(argv[0]).name}.",
                    hint=f"Its output is in {self.log_file(data_dir)}.",
                    details=type(error).__name__,
                ) from None

    def write(self, path: Path, text: str) -> None:
        """Replace a file in one step; only the engines' user may read it."""
        new = path.with_name(f"{path.name}.new")
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            if self._account is not None:  # by descriptor: the folder is that user's, who could swap the name
                os.fchown(descriptor, self._account.uid, self._account.gid)
        new.replace(path)


def choose_port(host: str, wish: int, seed: str) -> int:
    """A free port: ``wish`` when it is free, else the first free one from a place that ``seed`` decides.

    Clusters therefore seldom ask for the same port, and get their own again after a restart.
    Raises ``Unavailable`` (``no_port``).
    """
    start = crc32(seed.encode())
    wishes = [wish] if wish else []
    for port in (*wishes, *(FIRST_PORT + (start + step) % PORTS for step in range(PORTS))):
        with socket.socket() as probe:
            # Engines set the same: a port whose last connections are still timing out is free for a listener.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((host, port))
                return port
    raise Unavailable(
        "no_port", f"No port between {FIRST_PORT} and {FIRST_PORT + PORTS} is free.", hint="Stop something."
    )


def _unfinished(data_dir: Path) -> Path:
    return data_dir.with_name(f".{data_dir.name}.unfinished")


def _older(log_file: Path) -> Path:
    return log_file.with_suffix(".log.1")
