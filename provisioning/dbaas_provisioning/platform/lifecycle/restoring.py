"""Dumps back into databases: into the one that is there, or into a new one."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

from ... import engines as engine_folder
from ...engine import Engine, Grant
from ...errors import Invalid, NotFound
from ...nouns import Cluster, Credential, Database
from ..databases import Filling
from ..progress import Steps, Tell
from .dumping import Dumps
from .folder import Manifest, open_archive, read_manifest, unpack
from .work import Work, about, copies_of

__all__ = ["Restores", "Source"]

IN_PLACE = (
    "Checking the dump",
    "Making an empty database beside",
    "Restoring the tables",
    "Putting the new database in the place of the old one",
)
NEW = ("Restoring the tables",)


class Source:
    """A dump that was checked, byte by byte, and is open."""

    def __init__(self, manifest: Manifest, archive: int) -> None:
        self.manifest = manifest
        self.archive = archive


class Restores:
    """Who calls holds the tenant's lock."""

    def __init__(self, work: Work, dumps: Dumps) -> None:
        self._work = work
        self._dumps = dumps

    @asynccontextmanager
    async def opened(self, place: Path, tenant_id: UUID) -> AsyncIterator[Source]:
        """A dump's folder, or a file, wherever it is, for work on a tenant.

        Raises ``Invalid``: ``dump_unknown``, ``dump_damaged``, ``file_not_readable``.
        """
        async with self._folder(place, tenant_id) as folder:
            manifest = await asyncio.to_thread(read_manifest, folder)
            archive = await asyncio.to_thread(open_archive, folder, manifest)
            try:
                yield Source(manifest, archive)
            finally:
                os.close(archive)

    @asynccontextmanager
    async def _folder(self, place: Path, tenant_id: UUID) -> AsyncIterator[Path]:
        """A dump's folder; what a file has goes into one of a piece of work."""
        if await asyncio.to_thread(place.is_dir):
            yield place
            return
        if not await asyncio.to_thread(place.exists):
            raise NotFound("file_not_found", f"There is no file {place}.")
        async with self._work.of("dump", tenant_id, uuid4(), None) as piece:
            folder = await asyncio.to_thread(self._work.make_folder, piece)
            await asyncio.to_thread(unpack, place, folder)
            yield folder

    async def in_place(self, database: Database, source: Path, tell: Tell | None) -> None:
        """The database has what the dump has, at once; until then it is as it was."""
        steps = Steps(IN_PLACE, tell)
        steps.begin()
        store = self._work.store
        async with self.opened(source, database.tenant_id) as dump, self._work.of("restore", *about(database)) as piece:
            engine, cluster, superuser = await self._work.databases.reach(database)
            copies = copies_of(engine)
            _same_engine(dump.manifest, engine)
            await copies.check(cluster, superuser, dump.manifest.contents)
            steps.begin()
            logins, aside = await store.logins(database), piece.aside
            assert aside is not None
            await copies.make_aside(cluster, superuser, aside.fresh, logins, database.exposure)
            steps.begin()
            await copies.restore(
                cluster, superuser, aside.fresh, logins, piece.working, self._work.home.packages, dump.archive,
                dump.manifest.contents, steps.at,
            )  # fmt: skip
            steps.begin()
            await copies.exchange(cluster, superuser, database.physical_name, aside)
            await store.lifecycle.exchanged(database.id)

    def filling(self, source: Source, *, grants: bool = True) -> Filling:
        """What fills a new database with a dump.

        Args:
            grants: whether the dump says what the API's roles may do.
        """
        manifest = source.manifest
        copies = copies_of(engine_folder.engine(manifest.engine))

        async def check(cluster: Cluster, superuser: Credential) -> None:
            await copies.check(cluster, superuser, manifest.contents)

        async def fill(database: Database, cluster: Cluster, superuser: Credential, grant: Grant, steps: Steps) -> None:
            async with self._work.of("fill", *about(database)) as piece:
                steps.begin()
                await copies.restore(
                    cluster, superuser, grant.physical_name, grant.logins, piece.working, self._work.home.packages,
                    source.archive, manifest.contents, steps.at, grants=grants,
                )  # fmt: skip

        return Filling(NEW, check, fill)


def _same_engine(manifest: Manifest, engine: Engine) -> None:
    if manifest.engine != engine.name:
        raise Invalid("dump_of_another_engine", f"This is a dump of a {manifest.engine} database.")
