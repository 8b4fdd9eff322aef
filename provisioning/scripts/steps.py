"""Steps of a task: say what is being done, keep its output in a log, and explain a failure.

A step prints one line when it begins and its duration when it ends. What commands print goes into the task's log;
a person sees it only when the step fails, together with what to do about it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Failed", "Log", "root", "say"]

root = Path(__file__).resolve().parents[2]
"""The repository."""


class Failed(Exception):
    """A task cannot go on.

    Args:
        what: one sentence: what failed.
        remedy: one sentence: what to do.
        log: where the details are.
    """

    def __init__(self, what: str, remedy: str, log: Path | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.log = log

    def report(self) -> str:
        """What a person reads, with the log's last lines."""
        lines = ["", f"Failed: {self.what}"]
        if self.log is not None and self.log.is_file():
            last_command = self.log.read_text(encoding="utf-8", errors="replace").rpartition("\n$ ")[2]
            lines += [f"  | {line[:200]}" for line in last_command.splitlines()[-15:]]
            lines.append(f"  Log:        {self.log}")
        lines.append(f"  What to do: {self.remedy}")
        return "\n".join(lines)


def say(text: str = "", *, end: str = "\n") -> None:
    """Print at once, also into a pipe."""
    print(text, end=end, flush=True)


class Log:
    """Runs commands with their output in one file, readable by its owner only."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb", buffering=0)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announce a step and, when it worked, how long it took."""
        say(f"  {title:<52} ", end="")
        began = time.monotonic()
        try:
            yield
        except BaseException:
            say()
            raise
        say(f"{time.monotonic() - began:6.1f} s")

    def run(
        self,
        command: Sequence[str | Path],
        *,
        remedy: str,
        what: str | None = None,
        cwd: Path = root,
        env: Mapping[str, str] | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> None:
        """Run a command to its end. Raises ``Failed`` when it cannot start or ends with another status than 0.

        Args:
            on_line: is given each line the command prints, as it prints it.
        """
        argv = [str(part) for part in command]
        self._file.write(f"\n$ {' '.join(argv)}\n".encode())
        what = what or f"{' '.join(argv[:4])} …"
        try:
            process = subprocess.Popen(
                argv,
                cwd=cwd,
                env=None if env is None else dict(env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            raise Failed(f"{what} ({error.strerror})", remedy, self.path) from None
        assert process.stdout is not None
        with process:
            try:
                for line in process.stdout:
                    self._file.write(line)
                    if on_line is not None:
                        on_line(line.decode(errors="replace").rstrip())
            except KeyboardInterrupt:
                process.terminate()
                raise
        if process.returncode != 0:
            raise Failed(f"{what} (exit status {process.returncode})", remedy, self.path)


def is_terminal() -> bool:
    """Whether a person watches."""
    return sys.stdout.isatty()
