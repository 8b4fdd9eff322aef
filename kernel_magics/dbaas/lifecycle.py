# Made from lifecycle_async.py by provisioning/scripts/twins.py. Change that file, then run `make format`.

"""Dumps, restores and copies, as methods of a database and of a tenant."""

from __future__ import annotations

import contextlib
import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Literal
from uuid import UUID

from . import lifecycle_operations as operations
from .errors import DbaasError
from .nouns import Database, Dump, Server
from .transport import Transport
from .work import done, free, readable, received

__all__ = ["DatabaseLifecycle", "TenantLifecycle", "is_dump_id"]

File = str | os.PathLike[str]


class DatabaseLifecycle(ABC):
    """What a database is dumped to and restored from. ``progress`` shows what is being done."""

    transport: Transport
    tenant: str

    @property
    @abstractmethod
    def name(self) -> str:
        """Its name."""

    def dump(self, *, progress: bool = False) -> Dump:
        """Dump it; the platform keeps the dump."""
        return done(self.transport, operations.dump(self.tenant, self.name), progress=progress)

    def dump_to(self, file: File, *, progress: bool = False) -> Path:
        """Dump it to a file here, and keep nothing at the platform. The file is there when it is whole.

        Raises:
            DbaasError: ``path_exists``, ``path_unwritable``, or what the server said.
        """
        path = free(file)
        made = self.dump(progress=progress)
        try:
            self.download_dump(made, path, progress=progress)
        finally:
            with contextlib.suppress(DbaasError):
                self.delete_dump(made.id)
        return path

    def dumps(self) -> list[Dump]:
        """The dumps that are kept of it, newest first."""
        return self.transport.run(operations.dumps(self.tenant, self.name))

    def download_dump(self, dump: Dump, file: File, *, progress: bool = False) -> Path:
        """A kept dump as a file here. Raises as :meth:`dump_to`."""
        path = free(file)
        asked = operations.read_dump(self.tenant, self.name, dump.id)
        received(self.transport, asked, path, dump.size_bytes, progress=progress)
        return path

    def upload_dump(self, file: File, *, progress: bool = False) -> Dump:
        """Bring a dump; the platform verifies and keeps it. Raises ``DbaasError`` (``dump_damaged`` …)."""
        name = self.name
        with readable(file, progress=progress) as parts:
            return self.transport.run(operations.send_dump(self.tenant, name, parts))

    def delete_dump(self, dump_id: str) -> None:
        """Remove a kept dump."""
        self.transport.run(operations.delete_dump(self.tenant, self.name, dump_id))

    def restore(self, source: File, *, as_new: str | None = None, progress: bool = False) -> Database:
        """Bring a dump back: all of it, or nothing changes. Passwords and keys stay.

        Args:
            source: the id of a kept dump, or a file here, of which the platform keeps nothing.
            as_new: the name of a new database for it, which has logins of its own.

        Raises:
            DbaasError: ``path_unreadable``, or what the server said.
        """
        if is_dump_id(str(source)):
            asked = operations.restore(self.tenant, self.name, str(source), as_new)
            return done(self.transport, asked, progress=progress)
        brought = self.upload_dump(source, progress=progress)
        try:
            return self.restore(brought.id, as_new=as_new, progress=progress)
        finally:
            with contextlib.suppress(DbaasError):
                self.delete_dump(brought.id)

    def branch(self, new: str, *, schema_only: bool = False, progress: bool = False) -> Database:
        """A copy with logins of its own; nobody who uses this one is disturbed.

        Args:
            schema_only: without rows.
        """
        asked = operations.branch(self.tenant, self.name, new, schema_only=schema_only)
        return done(self.transport, asked, progress=progress)


class TenantLifecycle(ABC):
    """What brings databases to a tenant, and its servers to newer versions. ``progress`` shows what is being done."""

    transport: Transport
    name: str

    def undroppable(self) -> list[Dump]:
        """The last dumps of databases that were dropped, newest first; each is kept for a week."""
        return self.transport.run(operations.undroppable(self.name))

    def undrop(self, database: str, *, as_new: str | None = None, progress: bool = False) -> Database:
        """Bring a dropped database back, with new logins, perhaps under another name."""
        return done(self.transport, operations.undrop(self.name, database, as_new), progress=progress)

    def import_database(
        self,
        name: str,
        dsn: str,
        *,
        expose: Literal["policies", "all"] | None = None,
        progress: bool = False,
    ) -> Database:
        """A new database with what a PostgreSQL database elsewhere has.

        Args:
            dsn: where that is, as whom, with the password; it is neither kept nor logged.
            expose: which tables the API shows: those with row policies (the default) or all.
        """
        return done(self.transport, operations.import_database(self.name, name, dsn, expose), progress=progress)

    def upgrade(self, to: str, *, engine: str = "postgres", progress: bool = False) -> Server:
        """Move the server to a newer major version; its databases cannot be used meanwhile. For operators.

        Raises:
            DbaasError: ``not_newer``, ``upgrade_refused`` …; then it stays what it was.
        """
        return done(self.transport, operations.upgrade(self.name, engine, to), progress=progress)


def is_dump_id(text: str) -> bool:
    """Whether a text can be the id of a dump."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
