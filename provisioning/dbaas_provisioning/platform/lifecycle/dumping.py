"""Dumps: made, kept, handed out, taken in."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from ... import engines as engine_folder
from ...errors import Conflict, Invalid, NotFound
from ...meta.lifecycle import Piece
from ...nouns import Database, Dump, Tenant
from ..progress import Steps, Tell
from .folder import ARCHIVE, Manifest, open_archive, pack, packed_size, read_manifest, seal, unpack
from .work import Work, about, copies_of

__all__ = ["Dumps"]

STEPS = ("Looking at what there is", "Copying the tables", "Taking checksums")


class Dumps:
    """Who changes something holds the tenant's lock."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def make(
        self, database: Database, tell: Tell | None, *, is_last: bool = False, expires_at: datetime | None = None
    ) -> Dump:
        """A dump that is kept."""
        async with self._work.of("dump", *about(database)) as piece:
            folder = await asyncio.to_thread(self._work.make_folder, piece)
            manifest = await self.write(database, piece, folder, tell)
            return await self._keep(piece, folder, database, manifest, is_last=is_last, expires_at=expires_at)

    async def make_at(self, database: Database, path: Path, *, packed: bool, tell: Tell | None) -> int:
        """A dump at a path of this machine; it is there as a whole or not at all. Returns its size in bytes.

        Raises ``Conflict`` (``path_exists``), ``Invalid`` (``path_unwritable``).
        """
        if await asyncio.to_thread(path.exists):
            raise Conflict("path_exists", f"There is something at {path} already.", hint="Choose another path.")
        async with self._work.of("dump", *about(database)) as piece:
            making = path.with_name(f".{path.name}.{piece.id}")
            try:
                await asyncio.to_thread(making.mkdir, mode=0o700)
                await self.write(database, piece, making, tell)
                return await asyncio.to_thread(_put, making, path, packed)
            except OSError as error:
                raise Invalid("path_unwritable", f"Cannot write {path}.", details=error.strerror) from None
            finally:
                await asyncio.to_thread(shutil.rmtree, making, ignore_errors=True)

    async def write(
        self, database: Database, piece: Piece, folder: Path, tell: Tell | None, *, schema_only: bool = False
    ) -> Manifest:
        """Archive and manifest of a database into a folder."""
        steps = Steps(STEPS, tell)
        steps.begin()
        engine, cluster, superuser = await self._work.databases.reach(database)
        logins = await self._work.store.logins(database)
        copies = copies_of(engine)
        archive = os.open(folder / ARCHIVE, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            steps.begin()
            contents = await copies.dump(
                cluster, superuser, database, logins, piece.working, self._work.home.packages, archive,
                lambda done, tables: steps.at(done, tables, os.fstat(archive).st_size), schema_only=schema_only,
            )  # fmt: skip
        finally:
            os.close(archive)
        steps.begin()
        return await asyncio.to_thread(
            seal, folder, database.name, database.engine, database.exposure, contents, datetime.now(UTC)
        )

    async def _keep(
        self, piece: Piece, folder: Path, database: Database, manifest: Manifest, *, is_last: bool = False,
        expires_at: datetime | None = None,
    ) -> Dump:  # fmt: skip
        """From now on it counts: a rename, then a row."""
        kept = self._work.folder(piece.tenant_id, piece.database_id, piece.id)
        await asyncio.to_thread(folder.rename, kept)
        await asyncio.to_thread(_sync, kept.parent)
        cluster = await self._work.store.cluster(database.cluster_id)
        dump = Dump(
            piece.id, database.tenant_id, database.id, database.name, manifest.engine, manifest.exposure,
            manifest.contents.server_version, manifest.size_bytes, manifest.made_at, is_last, expires_at,
            cluster.id if cluster.external else None,
        )  # fmt: skip
        await self._work.store.lifecycle.keep(dump)
        return dump

    async def take_in(self, database: Database, chunks: AsyncIterator[bytes], most_bytes: int) -> Dump:
        """Keep a dump that somebody brings, as one file. Its bytes are checked now, what is in it when it is restored.

        Raises ``Invalid``: ``dump_unknown``, ``dump_damaged``, ``body_too_large``.
        """
        async with self._work.of("dump", database.tenant_id, database.id, None) as piece:
            folder = await asyncio.to_thread(self._work.make_folder, piece)
            upload = folder / "upload"
            size = 0
            with upload.open("xb") as stream:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > most_bytes:
                        raise Invalid("body_too_large", f"The dump is larger than {most_bytes:,} bytes.")
                    await asyncio.to_thread(stream.write, chunk)
            await asyncio.to_thread(unpack, upload, folder)
            upload.unlink()
            manifest = await asyncio.to_thread(_checked, folder)
            if manifest.engine != database.engine:
                raise Invalid("dump_of_another_engine", f"This is a dump of a {manifest.engine} database.")
            return await self._keep(piece, folder, database, manifest)

    async def find(self, tenant: Tenant, dump_id: UUID) -> tuple[Dump, Path]:
        """A kept dump and its folder. Raises ``NotFound`` (``dump_not_found``)."""
        dump = await self._work.store.lifecycle.dump(tenant.id, dump_id)
        if dump is None:
            raise NotFound("dump_not_found", "There is no such dump.")
        return dump, self._work.folder(dump.tenant_id, dump.database_id, dump.id)

    async def hand_out(self, tenant: Tenant, dump_id: UUID) -> tuple[Dump, int, AsyncIterator[bytes]]:
        """A kept dump as one file: how many bytes, and the bytes."""
        dump, folder = await self.find(tenant, dump_id)
        try:
            size = await asyncio.to_thread(packed_size, folder)
        except OSError:
            raise NotFound("dump_not_found", "The dump's files are gone.") from None
        return dump, size, _chunks(folder)

    async def remove(self, dump: Dump) -> None:
        """Forget a dump, then remove its files: what is left of those goes with the next upkeep."""
        await self._work.store.lifecycle.forget(dump.id)
        await self.remove_files(dump)

    async def remove_files(self, dump: Dump) -> None:
        """The files of a dump that is forgotten."""
        folder = self._work.folder(dump.tenant_id, dump.database_id, dump.id)
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _chunks(folder: Path) -> AsyncIterator[bytes]:
    pieces = pack(folder)
    while (chunk := await asyncio.to_thread(next, pieces, None)) is not None:
        yield chunk


def _checked(folder: Path) -> Manifest:
    manifest = read_manifest(folder)
    engine_folder.engine(manifest.engine)
    os.close(open_archive(folder, manifest))
    return manifest


def _put(making: Path, path: Path, packed: bool) -> int:
    """Bring a finished dump to its path, in one rename."""
    size = packed_size(making)
    if packed:
        file = making / "packed"
        with file.open("xb") as stream:
            for chunk in pack(making):
                stream.write(chunk)
            stream.flush()
            os.fsync(stream.fileno())
        file.rename(path)
    else:
        making.rename(path)
    _sync(path.parent)
    return size


def _sync(folder: Path) -> None:
    """Put a folder's names on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
