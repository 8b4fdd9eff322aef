"""Executes the quickstart notebook into a copy that git ignores and JupyterLab shows."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

from places import child_env, notebooks, program
from steps import Log, say

__all__ = ["execute_quickstart", "executed"]

source = notebooks / "quickstart.ipynb"
executed = notebooks / "executed" / "quickstart.ipynb"
"""What JupyterLab opens."""


def execute_quickstart(log: Log, output: Path = executed) -> None:
    """Run every cell through papermill, showing how far it is. Raises ``Failed``."""
    output.parent.mkdir(parents=True, exist_ok=True)
    cells = len(json.loads(source.read_text(encoding="utf-8"))["cells"])
    began = time.monotonic()
    terminal = sys.stdout.isatty()

    def progress(line: str) -> None:
        if (match := re.search(r"Executing Cell (\d+)-", line)) is None:
            return
        text = (
            f"  Executing notebooks/quickstart.ipynb: cell {match[1]} of {cells}"  # shorter than the line that ends it
        )
        if terminal:
            say(f"\r{text}", end="")
        elif int(match[1]) % 10 == 0 or int(match[1]) == cells:
            say(text)

    log.run(
        [program("papermill"), "--no-progress-bar", "--log-output", "--cwd", notebooks, source, output],
        env=child_env(PYTHONUNBUFFERED="1"),
        on_line=progress,
        what="executing notebooks/quickstart.ipynb",
        remedy=f"The copy {output} shows the cell that failed; correct the cause and run the command again.",
    )
    say("\r" if terminal else "", end="")
    say(f"  {'Executing notebooks/quickstart.ipynb':<52} {time.monotonic() - began:6.1f} s")
