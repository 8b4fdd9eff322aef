"""Work under way: recorded before it begins, taken away by one way, whether it ended, failed or was killed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
from collections.abc import AsyncIterator, Collection, Iterator
from pathlib import Path
from uuid import UUID, uuid4

from ... import engines as engine_folder
from ...copies import Copies, new_working_login
from ...engine import Engine
from ...errors import DbaasError, NotFound, Unavailable, Unsupported
from ...meta.lifecycle import Piece
from ...meta.store import Store
from ...nouns import Database, DatabaseState, Home, Tenant
from ..databases import Databases

__all__ = ["Work", "about", "copies_of"]

log = logging.getLogger(__name__)


class Work:
    """Who holds a tenant's lock records here what it is about to do."""

    def __init__(self, home: Home, store: Store, databases: Databases) -> None:
        self.home = home
        self.store = store
        self.databases = databases

    @contextlib.asynccontextmanager
    async def of(self, kind: str, tenant_id: UUID, database_id: UUID, cluster_id: UUID | None) -> AsyncIterator[Piece]:
        """Record a piece of work; whatever it had for itself alone is gone afterwards."""
        piece = Piece(uuid4(), tenant_id, cluster_id, database_id, kind, new_working_login() if cluster_id else "")
        await self.store.lifecycle.begin(piece)
        try:
            yield piece
        except BaseException:
            # A failure here must not hide the first one; the next work on the tenant tries again.
            await asyncio.shield(self._settle_quietly(piece))
            raise
        await asyncio.shield(self._settle_quietly(piece))

    async def recover(self, tenant: Tenant) -> None:
        """Under the tenant's lock nobody else is at work: what is recorded was left by somebody killed.

        What cannot be taken away now, since its server is away, hinders no other work and goes later. Raises what
        stands in the way of secrets that are on their way to an engine.
        """
        pieces = await self.store.lifecycle.pieces(tenant.id)
        # Before the logins that may own something in them.
        await self.remove_unfinished(tenant, {piece.database_id for piece in pieces if piece.kind == "fill"})
        for piece in pieces:
            if piece.kind == "rotate":
                await self.settle(piece)
            else:
                await self._settle_quietly(piece)

    async def remove_unfinished(self, tenant: Tenant, among: Collection[UUID] | None = None) -> None:
        """Take away databases that somebody was making or dropping: all, or those among the ones with these ids."""
        for database in await self.store.databases(tenant.id):
            if database.state is not DatabaseState.ready and (among is None or database.id in among):
                with _later(f"What is left of a database {database.id}"):
                    await self.databases.drop(database)

    async def settle(self, piece: Piece) -> None:
        """Take away what a piece of work had, and bring what it was about to its old or its new state."""
        if piece.kind == "rotate":
            await self.databases.finish_rotation(piece)
            return
        database = await self.store.database_by_id(piece.database_id)
        if piece.cluster_id is not None:
            with contextlib.suppress(NotFound):  # the cluster went, and everything with it
                cluster = await self.store.cluster(piece.cluster_id)
                await self.databases.running(cluster.id)
                cluster = await self.store.cluster(cluster.id)
                superuser = await self.store.superuser(cluster.id)
                copies = copies_of(engine_folder.engine(cluster.engine))
                # Told before the sign of it goes: whoever is killed in between tells it again.
                if database and piece.aside and await copies.exchanged(cluster, superuser, piece.aside):
                    await self.store.lifecycle.exchanged(database.id)
                await copies.clear(cluster, superuser, piece.aside, piece.working)
        making = self.making(piece)
        await asyncio.to_thread(shutil.rmtree, making, ignore_errors=True)
        if await self.store.lifecycle.dump(piece.tenant_id, piece.id) is None:
            folder = self.folder(piece.tenant_id, piece.database_id, piece.id)
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        with contextlib.suppress(OSError):  # there are others in it, or none was
            making.parent.rmdir()
        await self.store.lifecycle.end(piece)

    async def _settle_quietly(self, piece: Piece) -> None:
        with _later("What a piece of work had"):
            await self.settle(piece)

    def folder(self, tenant_id: UUID, database_id: UUID, dump_id: UUID) -> Path:
        """Where a dump is kept."""
        return self.home.dumps / str(tenant_id) / str(database_id) / str(dump_id)

    def making(self, piece: Piece) -> Path:
        """Where a piece of work has its files."""
        return self.folder(piece.tenant_id, piece.database_id, piece.id).with_name(f".making-{piece.id}")

    def make_folder(self, piece: Piece) -> Path:
        """The same, made. Raises ``Unavailable`` (``dump_failed``)."""
        folder = self.making(piece)
        try:
            folder.mkdir(parents=True, mode=0o700)
        except OSError as error:
            raise Unavailable("dump_failed", "The dump cannot be written.", details=error.strerror) from None
        return folder


@contextlib.contextmanager
def _later(what: str) -> Iterator[None]:
    try:
        yield
    except DbaasError as error:
        log.warning("%s is taken away later: %s", what, error.message)


def copies_of(engine: Engine) -> Copies:
    """Raises ``Unsupported`` (``no_copies``)."""
    if engine.copies is None:
        raise Unsupported("no_copies", f"{engine.offer.title} databases are neither dumped nor restored here.")
    return engine.copies


def about(database: Database) -> tuple[UUID, UUID, UUID]:
    """What a piece of work on a database is recorded with."""
    return database.tenant_id, database.id, database.cluster_id
