"""One build: of the indexes that one command asked for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal
from uuid import UUID

from dbaas_provisioning.errors import Unavailable

from ...codec import Document
from ...errors import Code, DocumentError
from ...store import Stale
from ..environment import Environment
from ..metadata import Collection, Index
from .fill import Flags, Progress, fill, look_for_duplicates
from .settle import settle

__all__ = ["Build"]

log = logging.getLogger(__name__)

_RETRY_SECONDS: Final = 1.0


class Build:
    """Takes indexes from ``building`` to ``ready``.

    Args:
        collection: whose they are.
        indexes: their numbers.
    """

    def __init__(self, environment: Environment, collection: UUID, indexes: Sequence[int]) -> None:
        self._environment = environment
        self._id = collection
        self._wanted = frozenset(indexes)
        self._flags = {id: Flags() for id in indexes}
        self._at = Progress()

    async def run(self) -> None:
        """Build, however often the metadata changes or the store is away.

        Raises:
            DocumentError: ``DuplicateKey``, or what a document that cannot be in an index raises: none of the indexes
                is there any more; ``IndexBuildAborted``: somebody dropped one, or the collection.
        """
        while True:
            try:
                await self._go_on()
                return
            except Stale:
                await self._reload()
            except Unavailable:
                log.warning("an index build waits for its store", exc_info=True)
                await asyncio.sleep(_RETRY_SECONDS)
            except Exception:
                await self._abandon()
                raise

    def progress(self) -> Document | None:
        """As ``currentOp`` shows it; None once the collection is gone."""
        collection = self._find()
        if collection is None:
            return None
        done, total = self._at.done, max(self._at.done, self._at.total)
        share = done * 100 // total if total else 0
        return {
            "ns": str(collection.namespace),
            "command": {
                "createIndexes": collection.namespace.collection,
                "indexes": [index.spec for index in collection.indexes if index.id in self._wanted],
                "$db": collection.namespace.database,
            },
            "msg": f"Index Build: scanning collection Index Build: scanning collection: {done}/{total} {share}%",
            "progress": {"done": done, "total": total},
        }

    async def _go_on(self) -> None:
        """From where the indexes are to where they are ready. Raises ``Stale`` where somebody else got in between."""
        collection, indexes = self._known()
        building = [index for index in indexes if index.state == "building"]
        if building:
            await fill(self._environment, collection, building, self._flags, self._at)
            for index in building:
                if index.is_unique:
                    await look_for_duplicates(self._environment, collection, index)
            collection, indexes = await self._advance("settling", building)
        settling = [index for index in indexes if index.state == "settling"]
        for index in settling:
            await settle(self._environment, collection, index, self._flags[index.id])
        if settling:
            collection, indexes = await self._advance("ready", settling)
        if any(index.state != "ready" for index in indexes):
            raise Stale

    async def _advance(
        self, state: Literal["settling", "ready"], indexes: Sequence[Index]
    ) -> tuple[Collection, list[Index]]:
        """Say how far some indexes are; no write of before comes after this.

        Raises:
            Stale: somebody else who builds them was faster.
        """
        collection, known = self._known()
        before = {index.id: index.state for index in indexes}
        for index in known:
            if index.id in before:
                if index.state != before[index.id]:
                    raise Stale
                flags = self._flags[index.id]
                multikey, cut = index.multikey | flags.multikey, index.cut or flags.cut
                collection = collection.with_index(replace(index, state=state, multikey=multikey, cut=cut))
        await self._environment.catalog.change(collection)
        return self._known()

    async def _abandon(self) -> None:
        """Leave no index behind."""
        while (collection := self._find()) is not None:
            mine = [index for index in collection.indexes if index.id in self._wanted and index.state != "ready"]
            if not mine:
                return
            for index in mine:
                collection = collection.without_index(index.id)
            try:
                await self._environment.catalog.change(collection, drop=[index.space(self._id) for index in mine])
                return
            except Stale:
                await self._reload()
            except Unavailable:
                await asyncio.sleep(_RETRY_SECONDS)

    def _known(self) -> tuple[Collection, list[Index]]:
        """The collection and the indexes as they are now. Raises ``IndexBuildAborted``."""
        collection = self._find()
        if collection is None:
            raise DocumentError(Code.IndexBuildAborted, "Index build aborted: the collection was dropped")
        indexes = [index for index in collection.indexes if index.id in self._wanted]
        if len(indexes) < len(self._wanted):
            raise DocumentError(
                Code.IndexBuildAborted, f"Index build on {collection.namespace} aborted: the index was dropped"
            )
        return collection, indexes

    def _find(self) -> Collection | None:
        return next((one for one in self._environment.catalog.all() if one.id == self._id), None)

    async def _reload(self) -> None:
        try:
            await self._environment.catalog.reload()
        except Unavailable:
            await asyncio.sleep(_RETRY_SECONDS)
