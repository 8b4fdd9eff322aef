"""Carries long work to the server, and what it makes to files and back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, TypeVar

from .errors import ConnectionLost, DbaasError
from .nouns import Step
from .operation import Operation, Work
from .progress import bytes_bar, counted, steps_line
from .transport_async import AsyncTransport

__all__ = ["done", "free", "readable", "received"]

T = TypeVar("T")

_CHUNK = 1024 * 1024


async def done(transport: AsyncTransport, work: Work[T], *, progress: bool) -> T:
    """Do long work; its outcome.

    Args:
        progress: show what it is doing, in a line that is gone afterwards.

    Raises:
        DbaasError: what the server said; then nothing has changed.
        ConnectionLost: the outcome is unknown.
    """
    with steps_line(show=progress) as say:
        last = await _last_line(transport, work.asked, say)
    if last is None or "step" in last:
        raise ConnectionLost(
            "The connection was lost before the server answered, so it is unknown whether this was done.",
            sent=True,
            hint="Look before you run it again.",
        )
    return work.outcome(last)


async def _last_line(
    transport: AsyncTransport, asked: Operation[Any], say: Callable[[Step], None]
) -> dict[str, Any] | None:
    last = None
    async with transport.open(asked) as response:
        async for line in response.aiter_lines():
            last = json.loads(line)
            if "step" in last:
                say(Step.of(last))
    return last


def free(file: str | os.PathLike[str]) -> Path:
    """Where a file can be made, before long work. Raises ``DbaasError`` (``path_exists``, ``path_unwritable``)."""
    path = Path(file).expanduser().absolute()
    if path.exists():
        raise DbaasError(f"There is something at {path} already.", code="path_exists", hint="Choose another name.")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise DbaasError(
            f"{path} cannot be written.", code="path_unwritable", hint="Name a file in a folder that is there."
        )
    return path


async def received(
    transport: AsyncTransport, asked: Operation[bytes], path: Path, size: int | None, *, progress: bool
) -> None:
    """An answer as a file that only its owner reads. It is there when it is whole.

    Args:
        size: about how many bytes it will be.

    Raises:
        DbaasError: as the server said; ``path_unwritable``.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with _made(beside) as file, bytes_bar(size, path.name, show=progress) as passed:
            await _write(transport, asked, file, passed)
        beside.replace(path)
    except OSError as error:
        raise DbaasError(f"{path} cannot be written.", code="path_unwritable", details=error.strerror) from None
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()


async def _write(
    transport: AsyncTransport, asked: Operation[bytes], file: IO[bytes], passed: Callable[[int], object]
) -> None:
    async with transport.open(asked) as response:
        async for chunk in response.aiter_bytes(_CHUNK):
            await asyncio.to_thread(file.write, chunk)
            passed(len(chunk))


@contextlib.contextmanager
def readable(source: str | os.PathLike[str], *, progress: bool) -> Iterator[Callable[[], Iterator[bytes]]]:
    """A file's bytes in parts, from the beginning at each call. Raises ``DbaasError`` (``path_unreadable``)."""
    path = Path(source).expanduser().absolute()
    try:
        file = path.open("rb")
    except OSError as error:
        hint = "A folder is sent as one file: make it with tar." if path.is_dir() else None
        raise DbaasError(f"{path} cannot be read.", code="path_unreadable", details=error.strerror, hint=hint) from None
    with file:

        def parts() -> Iterator[bytes]:
            file.seek(0)
            chunks = iter(lambda: file.read(_CHUNK), b"")
            return counted(chunks, path.stat().st_size, path.name, show=progress)

        yield parts


def _made(path: Path) -> IO[bytes]:
    return open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600))
