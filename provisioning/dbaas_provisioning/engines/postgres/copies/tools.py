"""Running PostgreSQL's client programs: as nobody in particular, with nothing secret among their arguments."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ....accounts import engine_account
from ....engine import Binaries
from ....errors import DbaasError, Invalid, Unavailable
from .. import binaries

__all__ = ["ToolFailed", "Where", "find_tools", "listed", "run_tool"]

LINE_LIMIT = 1024 * 1024
KEPT_LINES, KEPT_ERRORS = 20, 1000
STOP_SECONDS = 5.0
GONE = re.compile(
    r"could not (connect|translate host name|receive data|send data)|connection to server .* failed|"
    r"server closed the connection|terminating connection|the database system is",
)


@dataclass(frozen=True, slots=True)
class Where:
    """A database that a program connects to.

    Attributes:
        parameters: libpq's, without the password; as its environment variables, by their names without ``PG``.
    """

    dbname: str
    parameters: Mapping[str, str]
    password: str = field(repr=False)

    def environment(self) -> dict[str, str]:
        """What libpq reads; no argument shows it to others."""
        return {f"PG{name.upper()}": value for name, value in self.parameters.items()} | {
            "PGDATABASE": self.dbname,
            "PGPASSWORD": self.password,
            "PGPASSFILE": "/dev/null",
        }


class ToolFailed(Exception):
    """A program ended with an error; what it said is in ``lines``."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("a client program failed")
        self.lines = lines

    @property
    def unreachable(self) -> bool:
        """Whether its server was not there, or went."""
        return any(GONE.search(line) for line in self.lines)

    @property
    def reason(self) -> str:
        """What the server said, or else the program: one line."""
        for line in self.lines:
            if (at := line.find("ERROR:")) >= 0:
                return line[at + len("ERROR:") :].strip()
        said = [line.partition("error:")[2].strip() for line in self.lines if "error:" in line]
        return (said or [line for line in self.lines if line] or ["it ended without a word"])[0]

    def as_unavailable(self) -> DbaasError | None:
        """The error for a server that was not there; None for every other failure."""
        if not self.unreachable:
            return None
        return Unavailable(
            "engine_unreachable",
            "The database server cannot be reached or ended the connection.",
            hint="Try again; the platform starts it again by itself.",
        )


def find_tools(packages: Path, major: str) -> Binaries:
    """The oldest installation whose programs know servers and dumps of this version: newer ones know older.

    Blocks for some milliseconds. Raises ``Unavailable`` (``tools_missing``).
    """
    fit = [
        one
        for one in binaries.installed(packages)
        if {"pg_dump", "pg_restore"} <= one.tools and int(one.major) >= int(major)
    ]
    if not fit:
        raise Unavailable(
            "tools_missing",
            f"PostgreSQL's client programs of version {major} or newer are not installed here.",
            hint=f"Install pg_dump and pg_restore of PostgreSQL {major}.",
        )
    return min(fit, key=lambda one: int(one.major))


async def run_tool(
    program: Path,
    arguments: Sequence[str],
    where: Where | None = None,
    *,
    stdin: int | None = None,
    stdout: int | None = None,
    keep: Sequence[int] = (),
    line: Callable[[str], None] = lambda _: None,
) -> bytes:
    """Run a program to its end; returns what it printed unless that went to ``stdout``.

    It is ended when this task is cancelled, and gone when this returns. It does not outlive this process, see
    :func:`_leash`.

    Args:
        keep: descriptors that stay open in it.
        line: called with each line on its standard error.

    Raises ``ToolFailed``.
    """
    account = engine_account()
    leash = await asyncio.to_thread(_leash)
    process = await asyncio.create_subprocess_exec(
        *leash, str(program), *arguments,
        stdin=asyncio.subprocess.DEVNULL if stdin is None else stdin,
        stdout=asyncio.subprocess.PIPE if stdout is None else stdout,
        stderr=asyncio.subprocess.PIPE, limit=LINE_LIMIT, pass_fds=tuple(keep), cwd="/", start_new_session=True,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent", "PGAPPNAME": "dbaas work"}
        | (where.environment() if where else {}),
        **(account.identity if account else {}),
    )  # fmt: skip
    said: list[str] = []
    wrong: list[str] = []

    async def listen() -> None:
        assert process.stderr is not None
        while raw := await process.stderr.readline():
            text = raw.decode(errors="replace").rstrip()
            line(text)
            (wrong if "error" in text.lower() else said).append(text)
            del said[:-KEPT_LINES], wrong[KEPT_ERRORS:]

    async def read() -> bytes:
        return b"" if process.stdout is None else await process.stdout.read()

    try:
        _, printed = await asyncio.gather(listen(), read())
        if await process.wait():
            raise ToolFailed(wrong or said)
        return printed
    finally:
        if process.returncode is None:
            await asyncio.shield(_end(process))


@functools.cache
def _leash() -> tuple[str, ...]:
    """The beginning of a command that the kernel kills when this process ends, however it ends.

    A program that waits for its server, or writes to a file, would notice nothing. Where util-linux is missing its
    sessions are ended by whoever clears up, and those on a server elsewhere when it next says something.
    """
    setpriv = shutil.which("setpriv", path="/usr/bin:/bin")
    if setpriv is None:
        return ()
    leash = (setpriv, "--pdeathsig", "KILL", "--")
    tried = subprocess.run([*leash, "/bin/true"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return () if tried.returncode else leash


async def _end(process: asyncio.subprocess.Process) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
            return


async def listed(program: Path, archive: int) -> str:
    """An archive's table of contents, as ``pg_restore --list`` prints it. Raises ``Invalid`` (``dump_damaged``)."""
    os.lseek(archive, 0, os.SEEK_SET)
    try:
        return (await run_tool(program, ["--list", "--format=custom"], stdin=archive)).decode(errors="replace")
    except ToolFailed as error:
        raise Invalid(
            "dump_damaged", "This is no dump, or a damaged one, or one of a newer version.", details=error.reason
        ) from None
