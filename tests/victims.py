"""Processes that tests kill: found once they are alive, since what was killed before takes a moment to come back."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from live_platform import LivePlatform
from mixed_load import children
from waiting import eventually, pid_in

__all__ = ["daemon", "postgres", "worker"]


def postgres(live: LivePlatform) -> int:
    """The server of the platform's only tenant."""

    def look() -> int | None:
        for path in (live.home / "clusters").glob("*/postmaster.pid"):
            if path.parent.name != "platform":
                return _alive(lambda: pid_in(path.parent))  # noqa: B023  called at once
        return None

    return _there(look)


def daemon(live: LivePlatform) -> int:
    """The platform's daemon."""
    return _there(lambda: _alive(lambda: int(live.run_file["pid"])))


def worker(parent: int, there: int, here: int) -> int:
    """Which of a server's workers holds the connection between its port ``there`` and a client's port ``here``."""
    return _there(lambda: next((pid for pid in children(parent) if _socket(there, here) in _open_files(pid)), None))


def _there(look: Callable[[], int | None]) -> int:
    found = eventually(look)
    assert found is not None
    return found


def _alive(read: Callable[[], int]) -> int | None:
    with contextlib.suppress(OSError, ValueError, IndexError, KeyError):
        pid = read()
        os.kill(pid, 0)
        return pid
    return None


def _socket(local: int, remote: int) -> str | None:
    """A connection on loopback as its holder's list of open files names it."""
    ends = [f"0100007F:{port:04X}" for port in (local, remote)]
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1:3] == ends:
            return f"socket:[{fields[9]}]"
    return None


def _open_files(pid: int) -> set[str | None]:
    found: set[str | None] = set()
    for path in Path(f"/proc/{pid}/fd").glob("*"):
        with contextlib.suppress(OSError):
            found.add(os.readlink(path))
    return found
