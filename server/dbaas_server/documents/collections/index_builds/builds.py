"""The builds under way."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from ...codec import Document
from ...errors import Code, DocumentError
from ..environment import Environment
from .build import Build

__all__ = ["Builds"]


class Builds:
    """Those of one engine: they go on when whoever asked for them does not wait any more."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._tasks: dict[tuple[UUID, int], asyncio.Task[None]] = {}
        self._under_way: dict[asyncio.Task[None], Build] = {}

    def start(self) -> None:
        """Begin again what was cut short."""
        for collection in self._environment.catalog.all():
            for index in collection.indexes:
                if index.state != "ready":
                    self._begin(collection.id, [index.id])

    async def close(self) -> None:
        """Stop; what is not built stays so until somebody starts again."""
        tasks = list(self._under_way)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def finish(self, collection: UUID, indexes: Sequence[int]) -> None:
        """Wait until indexes are ready, building those that nobody here builds.

        Raises:
            DocumentError: as :meth:`.build.Build.run`; ``InterruptedAtShutdown``.
        """
        new = [id for id in indexes if (collection, id) not in self._tasks]
        if new:
            self._begin(collection, new)
        tasks = {self._tasks[collection, id] for id in indexes}
        if tasks:
            await asyncio.wait(tasks)
        for task in tasks:
            if task.cancelled():
                raise DocumentError(Code.InterruptedAtShutdown, "The index is built when the server is back.")
            task.result()

    def progress(self) -> list[Document]:
        """As ``currentOp`` shows them."""
        return [shown for build in self._under_way.values() if (shown := build.progress()) is not None]

    def _begin(self, collection: UUID, indexes: Sequence[int]) -> None:
        build = Build(self._environment, collection, indexes)
        task = asyncio.create_task(build.run())
        self._under_way[task] = build
        self._tasks.update({(collection, id): task for id in indexes})
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        self._tasks = {name: other for name, other in self._tasks.items() if other is not task}
        if not task.cancelled():
            task.exception()  # whoever waits is told; of a build begun again at the start nobody does
