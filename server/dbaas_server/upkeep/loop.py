"""Jobs, and the loops that run them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from dbaas_provisioning.errors import DbaasError

__all__ = ["Job", "Upkeep"]

log = logging.getLogger("dbaas.upkeep")

SLOWEST_SECONDS = 60.0
"""Between two tries of what fails, unless the job itself is slower."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do every so often.

    Attributes:
        every_seconds: from the end of one run to the beginning of the next. The first run begins at once.
        run: does it once. What it raises is logged; the next run comes later after each failure in a row.
    """

    name: str
    every_seconds: float
    run: Callable[[], Awaitable[None]]


class Upkeep:
    """Runs jobs until it is closed. Belongs to the event loop that it is started on."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._jobs = {job.name: job for job in jobs}
        self._loops: list[asyncio.Task[None]] = []
        self._failing: dict[str, str] = {}

    def start(self) -> None:
        """Begin."""
        loop = asyncio.get_running_loop()
        self._loops = [loop.create_task(self._repeat(job), name=f"upkeep: {job.name}") for job in self._jobs.values()]

    async def close(self) -> None:
        """End what is under way; nothing begins any more."""
        for task in self._loops:
            task.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        self._loops.clear()

    async def once(self, name: str) -> bool:
        """Run a job now, and return when it is done; whether it worked. Raises ``KeyError`` for an unknown name."""
        return await self._run(self._jobs[name])

    async def _repeat(self, job: Job) -> None:
        pause = job.every_seconds
        while True:
            worked = await self._run(job)
            pause = job.every_seconds if worked else max(job.every_seconds, min(2 * pause, SLOWEST_SECONDS))
            await asyncio.sleep(pause)

    async def _run(self, job: Job) -> bool:
        try:
            await job.run()
        except DbaasError as error:
            self._note(job, f"{error.code}: {error.message}")
        except Exception as error:
            if self._note(job, f"{type(error).__name__}: {error}"):
                log.exception("upkeep: %s failed in a way that was not foreseen", job.name)
        else:
            if self._failing.pop(job.name, None) is not None:
                log.info("upkeep: %s works again", job.name)
            return True
        return False

    def _note(self, job: Job, failure: str) -> bool:
        """Log a failure that is not the one of last time; whether it is another."""
        if self._failing.get(job.name) == failure:
            return False
        self._failing[job.name] = failure
        log.warning("upkeep: %s: %s", job.name, failure)
        return True
