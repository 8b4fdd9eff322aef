"""What the requests of an open database share: its connections, its catalog, the shapes compiled for it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

from dbaas_provisioning.errors import DbaasError, Unavailable

from ....engine import Limits, QueryError, StorageFull, Target
from ....nouns import Caller, TableRef
from ..catalog import Snapshot, Watcher
from ..compile.plans import TOO_LARGE
from ..connection import Connector
from ..multiplexer import Multiplexer
from ..plancache import PlanCache
from ..pool import Lease, Pool
from ..query import TypeNames
from ..refusal import explain_refusal
from ..scrolling.standing import Standing
from ..transaction import credential_of
from ..wire import Wire
from .verdicts import too_large

__all__ = ["Opened", "is_full"]

_UNRESOLVED = {"unknown_table", "unknown_column", "unknown_function", "unknown_relationship"}
# What the server says when a definition changed after the shape was compiled or prepared. The last four: a value does
# not fit the type that its column had then.
_OUTDATED = {"42703", "42P01", "42883", "42804", "0A000", "22P02", "22003", "22007", "22008"}

_DISK_FULL, _NO_PRIVILEGE = "53100", "42501"
_FULL = "the storage of this tenant is full"  # what the platform raises in the engine

_TOO_LARGE = re.compile(rf'"{TOO_LARGE}:(\d{{1,18}})"$')

_T = TypeVar("_T")
_P = ParamSpec("_P")


class Opened:
    """Belongs to the event loop it was made on.

    Args:
        on_version: called when the catalog is replaced by a newer one.

    Attributes:
        writers: connections of writes and calls.
        workers: connections of arbitrary SQL and of reads that may be slow.
        bulk: connections of loads and exports.
        scrolls: connections of results that stay open.
        standing: those results.
    """

    def __init__(self, target: Target, limits: Limits, on_version: Callable[[], None]) -> None:
        self.limits = limits
        self.plans = PlanCache(limits)
        self.types = TypeNames()
        self.exposure = target.exposure
        self._connector = Connector(target)
        self.watcher = Watcher(self._connector, self._new_version)
        self._on_version = on_version
        self._multiplexers: dict[str, Multiplexer] = {}
        patience = limits.statement_timeout_ms / 1000
        self.writers = Pool(self._connector, size=limits.write_connections, queue=limits.queue, patience=patience)
        self.workers = Pool(self._connector, size=limits.query_connections, queue=limits.queue, patience=patience)
        self.bulk = Pool(
            self._connector, size=limits.bulk_connections, queue=limits.queue, patience=limits.bulk_patience_ms / 1000
        )
        # Nobody waits long for others to be done with their results.
        self.scrolls = Pool(
            self._connector, size=limits.scroll_connections, queue=limits.queue, patience=limits.bulk_patience_ms / 1000
        )
        self.standing = Standing(self._aside)
        self._closed = False

    async def close(self) -> None:
        """Close every connection; requests under way fail with ``Unavailable``."""
        self._closed = True
        for multiplexer in self._multiplexers.values():
            await multiplexer.close()
        await self.writers.close()
        await self.workers.close()
        await self.bulk.close()
        await self.standing.close()
        await self.scrolls.close()
        await self.watcher.close()

    @property
    def snapshot(self) -> Snapshot:
        """The newest complete picture of the database."""
        snapshot = self.watcher.snapshot
        assert snapshot is not None, "the session is open"
        return snapshot

    def _new_version(self, version: int) -> None:
        self._on_version()
        self.writers.generation = self.workers.generation = self.bulk.generation = self.scrolls.generation = version
        for multiplexer in self._multiplexers.values():
            multiplexer.generation = version

    # --- the newest catalog ---------------------------------------------------------------------------------------

    async def compiled(
        self, compile: Callable[Concatenate[Snapshot, _P], _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """What ``compile`` makes of the newest snapshot. What it misses may have been made a moment ago: look, and
        compile once more, or raise what it raised.
        """
        snapshot = self.snapshot
        try:
            return compile(snapshot, *args, **kwargs)
        except DbaasError as error:
            if error.code not in _UNRESOLVED:
                raise
            newer = await self.watcher.look()
            if newer.catalog.version == snapshot.catalog.version:
                raise
        return compile(newer, *args, **kwargs)

    async def current(self, ask: Callable[[], Awaitable[_T]]) -> _T:
        """What ``ask`` gives, asked once more where a definition turns out to have changed before it was sent."""
        version = self.snapshot.catalog.version
        try:
            return await ask()
        except QueryError as error:
            if error.code not in _OUTDATED:
                raise
            if (await self.watcher.look()).catalog.version == version:
                raise
        return await ask()

    def explained(self, error: QueryError, caller: Caller, tables: Sequence[TableRef]) -> DbaasError:
        """The same error, with a hint where a privilege is missing on a table that the caller named; ``Invalid``
        (``result_too_large``) where the statement gave up for its result's size; ``StorageFull``.
        """
        if is_full(error, self.limits):
            return StorageFull()
        size = _TOO_LARGE.search(error.message)
        if size is not None:
            return too_large(int(size[1]), self.limits.max_result_bytes)
        return explain_refusal(error, caller, tables, self.snapshot, self.exposure)

    # --- connections of a role ------------------------------------------------------------------------------------

    def wire(self, pool: Pool, role: str) -> Lease:
        """A connection of a pool, logged in as who may become the role."""
        return pool.wire(_login(role), partial(credential_of, role=role))

    async def _aside(self) -> Wire:
        """A connection as the owner, for whoever calls this alone."""
        return Wire(await self._connector.connect(partial(credential_of, role="owner"), options="-c jit=off"))

    def lanes(self, role: str, *, purpose: str = "") -> Multiplexer:
        """Shared connections of a role's login; those of another purpose do not wait for these."""
        name = _login(role) + purpose
        found = self._multiplexers.get(name)
        if found is None:
            if self._closed:
                raise Unavailable("database_unavailable", "The database is being closed.")
            found = self._multiplexers[name] = Multiplexer(
                partial(self._connector.connect, partial(credential_of, role=role), options="-c jit=off"),
                lanes=self.limits.read_connections,
                queue=self.limits.queue,
                timeout_ms=self.limits.statement_timeout_ms,
            )
        return found


def is_full(error: QueryError, limits: Limits) -> bool:
    """Whether the engine refused what would add to a tenant's full storage: the privileges for it are withheld then."""
    return (error.code == _DISK_FULL and error.message == _FULL) or (
        limits.storage_full and error.code == _NO_PRIVILEGE
    )


def _login(role: str) -> str:
    """Names a role's login: roles of one login share its connections."""
    return "api" if role in ("anon", "authenticated") else role
