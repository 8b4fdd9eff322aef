"""Installations that the machine has already."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

__all__ = ["installations"]


def installations(programs: Sequence[str], folders: Sequence[Path]) -> Iterator[Path]:
    """Folders that hold every one of ``programs``: first of ``folders``, then where the PATH's own ones really are.

    Distributions put links (or wrappers that dispatch to some version) on the PATH; a link is followed to its target,
    and a folder that lacks one of the programs is no installation.
    """
    on_path = shutil.which(programs[0])
    found = [*folders, *([Path(on_path).resolve().parent] if on_path else [])]
    seen: set[Path] = set()
    for folder in found:
        if folder not in seen and all(os.access(folder / program, os.X_OK) for program in programs):
            seen.add(folder)
            yield folder
