"""Servers that run elsewhere: registered by the operator, shared by tenants, looked after from outside."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from .. import engines as engine_folder
from ..engine import Ability, Address, Engine
from ..errors import Conflict, DbaasError, Invalid, Unsupported
from ..meta.servers import SYSTEM, ServerRecord, authority_file, registered
from ..meta.store import Store
from ..nouns import Cluster, ClusterState, Credential, Database, DatabaseState, Home, Powers, Tenant
from .audit import audited
from .databases import Databases

__all__ = ["Placement"]

NAME = re.compile(r"[a-z][a-z0-9-]{0,38}")
PEM = "-----BEGIN CERTIFICATE-----"
LONGEST_AUTHORITY = 256 * 1024
ENGINE = "postgres"


class Placement:
    """The part of the platform with external servers. What changes something is the operator's."""

    def __init__(self, store: Store, databases: Databases, home: Home) -> None:
        self._store = store
        self._databases = databases
        self._home = home

    async def add(self, name: str, dsn: str, *, authority: str = "", actor: str) -> Cluster:
        """Register a server. It gets the roles that the API needs, and its own databases are closed where that may be.

        Args:
            dsn: of the administrator. Its password is kept encrypted, and told to nobody.
            authority: PEM of who vouches for the server; implies that it is asked for, and by its name.

        Raises:
            Invalid: ``invalid_name``, ``invalid_dsn``, ``invalid_certificate``, ``login_refused``.
            Conflict: ``cluster_exists``, ``server_registered``, ``platform_server``, ``api_roles_taken``.
            Unavailable: ``server_unreachable``, ``tls_failed``.
            Unsupported: ``server_cannot_isolate``.
        """
        async with audited(self._store, "add_cluster", actor, None, name[:100]):
            if not NAME.fullmatch(name):
                raise Invalid(
                    "invalid_name", "This cannot be a server's name.",
                    hint="Use 1 to 39 lower-case letters, digits and '-', a letter first.",
                )  # fmt: skip
            if any(one.name == name for one in await self._store.servers.all()):
                raise Conflict(
                    "cluster_exists", f"There is a server called {name!r} already.", hint="Choose another name."
                )
            address, authority = self._address(dsn, authority)
            found = await self._ready(UUID(int=0), address, authority)
            if any(one.powers.system_identifier == found.system_identifier for one in await self._store.servers.all()):
                raise registered()
            return await self._store.servers.insert(name, ENGINE, self._record(address, authority, found))

    async def update(self, name: str, *, dsn: str | None = None, authority: str | None = None, actor: str) -> Cluster:
        """Probe a server again, or at another address; its databases have to be there already.

        Raises as :meth:`add`; ``Conflict`` (``another_server``) where it is none of its databases' server.
        """
        async with audited(self._store, "update_cluster", actor, None, name[:100]):
            cluster = await self._store.servers.named(name)
            kept = await self._store.servers.authority(cluster.id)
            if dsn is None:
                login = await self._store.superuser(cluster.id)
                endpoint = replace(cluster.endpoint, sslrootcert="")
                address = Address(endpoint, login, cluster.settings["database"])
                authority = _certificates(kept if authority is None else authority)
            else:
                address, authority = self._address(dsn, kept if authority is None else authority)
            found = await self._ready(cluster.id, address, authority)
            if found.system_identifier != cluster.powers.system_identifier and await self._store.databases_in(
                cluster.id
            ):
                raise Conflict(
                    "another_server",
                    f"That is another server than the one that {name!r} has its databases on.",
                    hint="Register it under a name of its own.",
                )
            return await self._store.servers.update(cluster, self._record(address, authority, found))

    async def remove(self, name: str, *, actor: str) -> None:
        """Forget a server; nothing on it is changed. Raises ``Conflict`` (``cluster_in_use``)."""
        async with audited(self._store, "remove_cluster", actor, None, name[:100]):
            await self._store.servers.delete(await self._store.servers.named(name))

    async def all(self) -> Sequence[Cluster]:
        """Every registered server as it was last seen, by name."""
        return await self._store.servers.all()

    async def named(self, name: str) -> Cluster:
        """One of them. Raises ``NotFound`` (``cluster_not_found``)."""
        return await self._store.servers.named(name)

    async def databases_on(self, cluster: Cluster) -> Sequence[Database]:
        """Whoever's databases are there, oldest first."""
        return await self._store.databases_in(cluster.id)

    def abilities(self, cluster: Cluster) -> Sequence[Ability]:
        """What the platform promises, and what becomes of it there."""
        return engine_folder.engine(cluster.engine).abilities(cluster)

    async def for_databases_of(self, engine: Engine, name: str) -> Cluster:
        """A server to place a database on. Raises ``NotFound`` (``cluster_not_found``), ``Unsupported``."""
        cluster = await self._store.servers.named(name)
        if cluster.engine != engine.name:
            raise Unsupported("wrong_engine", f"{engine.offer.title} databases cannot be placed on {name!r}.")
        return cluster

    async def drop_databases_of(self, tenant: Tenant) -> None:
        """Everything of a tenant's on servers that others share, under the tenant's lock. Safe to repeat."""
        shared = {cluster.id for cluster in await self._store.servers.all()}
        for database in await self._store.databases(tenant.id):
            if database.cluster_id in shared:
                await self._databases.drop(database)

    async def look_after(self) -> None:
        """Once over all servers: note which of them answer, and do what their databases cannot do by themselves."""
        await asyncio.gather(*(self._look_after(cluster) for cluster in await self._store.servers.all()))

    async def _look_after(self, cluster: Cluster) -> None:
        """One of them. One that does not answer keeps no other waiting."""
        engine, login = engine_folder.engine(cluster.engine), await self._store.superuser(cluster.id)
        try:
            await engine.ready(cluster, login)
        except DbaasError:
            if cluster.state is not ClusterState.failed:
                await self._store.mark_cluster(cluster.id, ClusterState.failed)
            return
        if cluster.state is not ClusterState.running:
            await self._databases.limit_on(cluster)  # they may have changed while it was away
            await self._store.mark_cluster(cluster.id, ClusterState.running)
        if not cluster.powers.event_triggers or not cluster.powers.superuser:
            await self._tend(engine, cluster, login)

    async def _tend(self, engine: Engine, cluster: Cluster, login: Credential) -> None:
        for database in await self._store.databases_in(cluster.id):
            if database.state is DatabaseState.ready:
                # One that cannot be tended keeps nobody else's waiting; its own state is told where it is used.
                with suppress(DbaasError):
                    await engine.tend(cluster, login, database)

    # --- what is said about a server --------------------------------------------------------------------------------

    def _address(self, dsn: str, authority: str) -> tuple[Address, str]:
        address = engine_folder.engine(ENGINE).parse_address(dsn)
        authority = _certificates(authority)
        endpoint = address.endpoint
        if authority == "" and endpoint.sslrootcert:
            authority = endpoint.sslrootcert
        if authority and endpoint.sslmode not in ("", "verify-ca", "verify-full"):
            raise Invalid(
                "invalid_dsn", "Certificates are given, and the connection string's sslmode does not look at them.",
                hint="Write sslmode=verify-full.",
            )  # fmt: skip
        if authority and not endpoint.sslmode:
            endpoint = replace(endpoint, sslmode="verify-full")
        return replace(address, endpoint=endpoint), authority

    async def _ready(self, cluster_id: UUID, address: Address, authority: str) -> Powers:
        """What can be done on the server, once it has what the platform needs there."""
        engine = engine_folder.engine(ENGINE)
        cluster = self._described(cluster_id, address, authority, Powers(superuser=False))
        found = await engine.probe(cluster, address.administrator)
        if found.system_identifier == await self._store.servers.meta_system_identifier():
            raise Conflict("platform_server", "This is the platform's own server.", hint="Register another one.")
        await engine.prepare_cluster(replace(cluster, powers=found), address.administrator)
        return await engine.probe(cluster, address.administrator)

    def _described(self, cluster_id: UUID, address: Address, authority: str, powers: Powers) -> Cluster:
        endpoint = replace(address.endpoint, sslrootcert=authority_file(authority, self._home))
        return Cluster(
            id=cluster_id, tenant_id=None, engine=ENGINE, runtime="external", version="", endpoint=endpoint,
            data_dir=Path(), state=ClusterState.running, settings={"database": address.database}, powers=powers,
        )  # fmt: skip

    def _record(self, address: Address, authority: str, powers: Powers) -> ServerRecord:
        return ServerRecord(address.endpoint, authority, address.administrator, address.database, powers)


def _certificates(text: str) -> str:
    """Certificates as they are kept. Raises ``Invalid`` (``invalid_certificate``)."""
    text = text.strip()
    if text in ("", SYSTEM):
        return text
    if PEM not in text or len(text) > LONGEST_AUTHORITY or not text.isascii():
        raise Invalid(
            "invalid_certificate",
            "These are no certificates in PEM.",
            hint="The file begins with -----BEGIN CERTIFICATE-----.",
        )
    return text + "\n"
