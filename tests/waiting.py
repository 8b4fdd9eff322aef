"""Waiting for what another process does: for a condition, with a deadline, and for a killed process's end."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

__all__ = ["eventually", "kill", "kill_patiently", "pid_in", "replaced", "until", "until_true"]

T = TypeVar("T")

PATIENCE = 60.0  # seconds; on an idle machine hundredths would do


async def until(look: Callable[[], Awaitable[T]], good: Callable[[T], bool] = bool, seconds: float = PATIENCE) -> T:
    """Look again and again until what is seen is good. Fails after the deadline, showing what was seen last."""
    deadline = time.monotonic() + seconds
    while True:
        seen = await look()
        if good(seen):
            return seen
        assert time.monotonic() < deadline, f"still {seen!r} after {seconds} s"
        await asyncio.sleep(0.02)


async def until_true(good: Callable[[], bool], seen: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until a condition of this process holds. Fails after the deadline, showing what is seen then."""
    deadline = time.monotonic() + seconds
    while not good():
        assert time.monotonic() < deadline, f"still {seen()!r} after {seconds} s"
        await asyncio.sleep(0.01)


def eventually(look: Callable[[], T], good: Callable[[T], bool] = bool, seconds: float = PATIENCE) -> T:
    """The same where there is no event loop."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if good(seen):
            return seen
        assert time.monotonic() < deadline, f"still {seen!r} after {seconds} s"
        time.sleep(0.02)


def kill(pid: int, how: signal.Signals = signal.SIGKILL) -> None:
    """Signal a process, and return when it has ended: the signal alone is only a request."""
    process = os.pidfd_open(pid)
    try:
        signal.pidfd_send_signal(process, how)
        ended = select.poll()
        ended.register(process, select.POLLIN)
        assert ended.poll(PATIENCE * 1000), f"process {pid} goes on after {how.name}"
    finally:
        os.close(process)


async def kill_patiently(pid: int, how: signal.Signals = signal.SIGKILL) -> None:
    """The same while the event loop goes on."""
    await asyncio.to_thread(kill, pid, how)


def pid_in(data_dir: Path) -> int:
    """The PostgreSQL server at work in a data folder."""
    return int((data_dir / "postmaster.pid").read_text().split()[0])


def replaced(data_dir: Path, before: int) -> bool:
    """Whether another server than ``before`` is at work there: its children answer for a moment after its end."""
    try:
        return pid_in(data_dir) != before
    except (OSError, ValueError, IndexError):
        return False
