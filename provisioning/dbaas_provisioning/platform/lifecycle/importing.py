"""Taking over databases that run elsewhere."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

from ... import engines as engine_folder
from ..progress import Steps, Tell
from .folder import ARCHIVE, seal
from .work import Work, copies_of

__all__ = ["Imports"]

STEPS = ("Looking at the source", "Copying its tables", "Taking checksums")


class Imports:
    """Whoever calls has begun a piece of work, in whose folder the source's dump is made."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def write(
        self, dsn: str, name: str, exposure: str, folder: Path, tell: Tell | None, *, foreign: bool
    ) -> None:
        """A dump of the source, for a database of this name."""
        steps = Steps(STEPS, tell)
        steps.begin()
        copies = copies_of(engine_folder.engine("postgres"))
        contents = await copies.source_contents(dsn, foreign=foreign)
        steps.begin()
        archive = os.open(folder / ARCHIVE, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            await copies.dump_source(
                dsn, contents, self._work.home.packages, archive,
                lambda done, tables: steps.at(done, tables, os.fstat(archive).st_size), foreign=foreign,
            )  # fmt: skip
        finally:
            os.close(archive)
        steps.begin()
        await asyncio.to_thread(seal, folder, name, "postgres", exposure, contents, datetime.now(UTC))
