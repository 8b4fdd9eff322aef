"""Moving a cluster's data to a new data folder, on this machine.

The programs that do it run in a folder of their own beside the data folders. A process killed on the way leaves them
running, and what they made: :meth:`Mover.discard` ends the one and removes the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

from ..accounts import Account
from ..engine import UpgradePlan
from ..errors import Conflict, Unavailable
from .local import LocalRuntime
from .processes import processes_in

__all__ = ["Mover"]

FICLONE = 0x40049409  # ioctl_ficlone(2)
ROOM_BYTES = 128 * 1024 * 1024  # for an empty cluster, its log, and dumps of schemas
PATIENT_ROUNDS, ROUNDS = 100, 600  # waiting for processes to end
POLL_SECONDS = 0.05
REPORT = 600  # characters of what the programs said
REPORT_LINES = 3  # of each file


class Mover:
    """Carries out upgrade plans. Every method is safe to repeat.

    Args:
        runtime: makes clusters.
        account: who the engines run as; None for this process's user.
    """

    def __init__(self, runtime: LocalRuntime, account: Account | None) -> None:
        self._runtime = runtime
        self._account = account

    def folder(self, new: Path) -> Path:
        """Where the programs that fill ``new`` work. Short: sockets in it have at most 107 characters."""
        return new.with_name(f".upgrade-{crc32(new.name.encode()):08x}")

    def can_clone(self, clusters: Path) -> bool:
        """Whether files there can share blocks, so that copying takes neither time nor space."""
        with tempfile.TemporaryFile(dir=clusters) as one, tempfile.TemporaryFile(dir=clusters) as other:
            one.write(b"x")
            one.flush()
            try:
                fcntl.ioctl(other.fileno(), FICLONE, one.fileno())
            except OSError:
                return False
            return True

    def check_room(self, old: Path, *, clone: bool) -> None:
        """Raises ``Unavailable`` (``not_enough_disk``)."""
        needed = ROOM_BYTES + (0 if clone else _size(old))
        free = shutil.disk_usage(old).free
        if free < needed:
            raise Unavailable(
                "not_enough_disk",
                f"An upgrade copies the data: it takes {needed >> 20} MB, and {free >> 20} MB are free.",
                hint="Make room on the file system of the data folder.",
            )

    async def make(self, new: Path, plan: UpgradePlan) -> None:
        """An empty new cluster. Raises ``Unavailable`` (``engine_init_failed``)."""
        await self._runtime.create(new, plan.make)

    async def prepare(self, old: Path, new: Path, plan: UpgradePlan) -> None:
        """Write what the programs need."""
        folder = self.folder(new)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        if self._account is not None:
            os.chown(folder, self._account.uid, self._account.gid)
        for path, text in plan.private_files.items():
            self._runtime.write(path, text)
        for data_dir, files in ((old, plan.old_files), (new, plan.new_files)):
            for name, text in files.items():
                self._runtime.write(data_dir / name, text)

    async def run(self, new: Path, plan: UpgradePlan, argv: Sequence[str]) -> None:
        """Run one of the plan's programs. Raises ``Conflict`` (``upgrade_refused``) with what it said, shortened."""
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=self.folder(new),
            env=dict(plan.env),
            start_new_session=True,
            umask=0o077,
            **(self._account.identity if self._account else {}),
        )
        try:
            said, _ = await process.communicate()
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            raise
        if process.returncode != 0:
            raise Conflict(
                "upgrade_refused",
                "The data cannot be moved as it is; nothing was changed.",
                hint="Correct what the details name, and try again.",
                details=await asyncio.to_thread(_report, said.decode(errors="replace"), new, plan.reports),
            )

    def tidy(self, new: Path) -> None:
        """Remove what the programs needed."""
        shutil.rmtree(self.folder(new), ignore_errors=True)

    async def discard(self, old: Path, new: Path) -> None:
        """End what still works on ``new``, also in ``old``, and remove ``new``. ``old`` must not be serving."""
        await self._end((self.folder(new), new, old))
        await self._runtime.remove(new)
        new.with_name(f".{new.name}.password").unlink(missing_ok=True)
        self.tidy(new)

    async def remove(self, data_dir: Path) -> None:
        """Remove a data folder that no server works in."""
        await self._end((data_dir,))
        await self._runtime.remove(data_dir)

    async def _end(self, folders: Sequence[Path]) -> None:
        for round_number in range(ROUNDS):
            left = [pid for folder in folders for pid in processes_in(folder)]
            if not left:
                return
            # Servers that are told to quit take their children along; the programs that started them do not matter.
            how = signal.SIGQUIT if round_number < PATIENT_ROUNDS else signal.SIGKILL
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, how)
            await asyncio.sleep(POLL_SECONDS)
        raise Unavailable("processes_left", f"Processes still work in {folders[0]}.", hint="End them, and try again.")


def _size(folder: Path) -> int:
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                size += (Path(place) / name).lstat().st_size
    return size


def _report(said: str, new: Path, pattern: str) -> str:
    """The last words, and the first lines of each file that they name."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    failed = [number for number, line in enumerate(lines) if line.endswith(("fatal", "*failure*"))]
    told = lines[failed[-1] :] if failed else lines[-4:]
    for path in sorted(new.glob(pattern)):
        with contextlib.suppress(OSError):
            first = path.read_text(errors="replace").splitlines()[:REPORT_LINES]
            told.append(f"{path.name}: {'; '.join(line.strip() for line in first)}")
    text = " ".join(line for line in told if line not in ("fatal", "*failure*"))
    return text if len(text) <= REPORT else f"{text[:REPORT]}…"
