"""One server process on this machine, ours or found running."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import subprocess
from pathlib import Path

__all__ = ["ServerProcess", "find", "processes_in"]


class ServerProcess:
    """A process that is watched through a descriptor, so that its number can never come to mean another one.

    Attributes:
        pid: its process id.
        died: set when it is gone.
    """

    def __init__(self, pid: int, descriptor: int, child: subprocess.Popen[bytes] | None = None) -> None:
        self.pid = pid
        self.died = asyncio.Event()
        self._descriptor = descriptor
        self._child = child
        asyncio.get_running_loop().add_reader(descriptor, self._on_death)

    @classmethod
    def of_child(cls, child: subprocess.Popen[bytes]) -> ServerProcess:
        """Watch a process just started."""
        return cls(child.pid, os.pidfd_open(child.pid), child)

    @property
    def alive(self) -> bool:
        """Whether it still runs, now: ``died`` is set a moment later, when the event loop gets to it."""
        return not self.died.is_set() and not _is_gone(self._descriptor)

    def signal(self, number: int) -> None:
        """Send a signal; nothing happens when the process is gone."""
        if not self.died.is_set():
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, number)

    async def stop(self, number: int, patience: float) -> None:
        """Ask it to stop; after ``patience`` seconds, kill it. Returns when it is gone."""
        self.signal(number)
        try:
            await asyncio.wait_for(self.died.wait(), patience)
        except TimeoutError:
            self.signal(signal.SIGKILL)
            await self.died.wait()

    def forget(self) -> None:
        """Stop watching; the process goes on."""
        if not self.died.is_set():
            asyncio.get_running_loop().remove_reader(self._descriptor)
            os.close(self._descriptor)
            if self._child is not None:
                # It outlives us on purpose; without this, Python complains that it was never waited for.
                self._child.returncode = 0

    def _on_death(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
        if self._child is not None:
            self._child.wait()
        self.died.set()


def find(pid_file: Path, argument: str) -> ServerProcess | None:
    """The running process that a pid file names, if it really is the one: its command line holds ``argument``."""
    try:
        pid = int(pid_file.read_text(encoding="ascii").split("\n", 1)[0])
        descriptor = os.pidfd_open(pid)
    except (OSError, ValueError):
        return None
    # The descriptor is taken first: what is read now is about the process it stands for, or that one is gone.
    if argument in _command_line(pid) and not _is_gone(descriptor):
        return ServerProcess(pid, descriptor)
    os.close(descriptor)
    return None


def processes_in(folder: Path) -> list[int]:
    """Processes whose working directory is ``folder``: what is left of a server that was killed."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                if (entry / "cwd").readlink() == folder:
                    found.append(int(entry.name))
    return found


def _command_line(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def _is_gone(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
