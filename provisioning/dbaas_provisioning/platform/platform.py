"""The one object that the doors and the command line call."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from .. import engines as engine_folder
from ..engine import Binaries, Engine
from ..errors import Conflict, DbaasError, Invalid, Unavailable, Unsupported
from ..meta.bootstrap import META_CLUSTER, Bootstrap
from ..meta.connections import Connections
from ..meta.store import Store
from ..mongodb import mongodb_url
from ..naming import check_database_name, check_subdomain, check_tenant_name, derive_subdomain
from ..nouns import (
    ApiKey,
    AuditEntry,
    Cluster,
    Credential,
    Database,
    DatabaseState,
    Door,
    Home,
    JwtSecret,
    KeyRole,
    Login,
    Plan,
    StoredDocument,
    Tenant,
    Usage,
    Vitals,
)  # fmt: skip
from ..origins import check_origins
from ..persons import check_person
from ..replication import Replication
from ..secrets import Vault, new_api_key, new_jwt_secret
from .acts import Acts
from .audit import audited
from .consumption import Consumption
from .databases import Databases
from .distribution import Distributions
from .history import History
from .issuers import Issuers
from .lifecycle import Lifecycle
from .members import Members
from .observation import Observation
from .placement import Placement
from .plans import Plans
from .progress import Tell
from .supervision import Access, Supervision
from .terminals import Terminals
from .upgrades import Upgrades

__all__ = ["Platform"]

LONGEST_DOCUMENT = 128 * 1024  # characters of a stored GraphQL document
RECOVERY_SECONDS = 5.0  # of waiting for a tenant's lock, which a killed holder has for milliseconds
LONGEST_DETAIL = 1_000  # characters of what somebody sent, in the audit log


class Platform:
    """What exists, and what can be done with it.

    Every method that changes something takes ``actor`` (who asked), and leaves an audit entry whether it worked or not.
    Errors raised everywhere: ``Unavailable`` when ``platform_meta`` cannot be reached; ``NotFound`` for what is named
    and does not exist (``tenant_not_found``, ``database_not_found``, ``no_default_database``, ``key_not_found``).
    """

    home: Home

    def __init__(self, home: Home, supervision: Supervision, vault: Vault, store: Store) -> None:
        self.home = home
        self._supervision = supervision
        self._vault = vault
        self._store = store
        self._databases = Databases(store, supervision, home.packages)
        self.replication = Replication(store, supervision.ensure)
        self.history = History(store.history)
        self.acts = Acts(store.audit)
        self.placement = Placement(store, self._databases, home)
        self.lifecycle = Lifecycle(home, store, self._databases)
        self.distribution = Distributions(store, self._databases, self.lifecycle)
        self.members = Members(store, vault)
        self.terminals = Terminals(store, self.members)
        self.issuers = Issuers(store)
        self.upgrades = Upgrades(store, supervision)
        self.plans = Plans(store, self._databases)
        self.observation = Observation(store)
        self.consumption = Consumption(store)
        self._listeners: list[Callable[[str, str], None]] = []
        self._listening: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, home: Home, supervision: Supervision) -> Platform:
        """Reach the platform of a data folder that a daemon has, or had.

        Raises ``Unavailable``: ``platform_missing`` when there never was one, ``master_key_missing``,
        ``master_key_exposed``, ``master_key_wrong``, ``meta_unreachable``.
        """
        if not home.bootstrap_file.exists():
            await supervision.ensure(META_CLUSTER)
        vault = Vault.open(home)

        def where() -> Bootstrap:
            bootstrap = Bootstrap.load(home, vault)
            if bootstrap is None:
                raise Unavailable("platform_missing", f"There is no platform in {home.path}.", hint="Run `dbaas up`.")
            return bootstrap

        store = Store(home, vault, Connections(where, lambda: supervision.ensure(META_CLUSTER)))
        platform = cls(home, supervision, vault, store)
        try:
            await platform.plan("free")
        except BaseException:
            await store.close()
            raise
        platform._listening = asyncio.get_running_loop().create_task(store.listen(platform._heard))
        return platform

    async def close(self) -> None:
        """Close every connection. Engines go on."""
        if self._listening is not None:
            self._listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listening
        await self.history.close()
        await self.acts.close()
        await self.observation.close()
        await self._store.close()

    async def recover(self) -> None:
        """Finish or take away what somebody was doing when they were killed.

        Called once by the daemon, who does not wait for those who are at work: they may be waiting for the daemon.
        """
        left = await self.lifecycle.unfinished()
        for tenant in await self.tenants():
            if tenant.id in left:
                with contextlib.suppress(DbaasError):
                    async with self._store.lock(tenant.id, seconds=RECOVERY_SECONDS):
                        if tenant.id in await self.lifecycle.unfinished():
                            async with audited(self._store, "recover", "daemon", tenant.subdomain, None):
                                await self.lifecycle.recover(tenant)

    def engines(self) -> Sequence[tuple[Engine, Binaries]]:
        """The engines that can run here, each with the installation of a new cluster. Blocks for a moment."""
        found = []
        for name in engine_folder.names():
            engine = engine_folder.engine(name)
            with contextlib.suppress(Unavailable):
                found.append((engine, engine.find_binaries(self.home.packages)))
        return found

    # --- tenants. ``ref`` is a subdomain ----------------------------------------------------------------------------

    async def create_tenant(
        self,
        name: str,
        *,
        subdomain: str | None = None,
        plan: str = "free",
        administrator: str | None = None,
        for_themself: bool = False,
        actor: str,
    ) -> Tenant:
        """A new tenant, with a secret that signs its tokens. The subdomain is derived from the name unless given.

        Args:
            administrator: the person who is its first member.
            for_themself: it is that person who asks, and may make as many as :meth:`Members.tenants_each` says.

        Raises ``Invalid`` (``invalid_name``, ``invalid_subdomain``, ``reserved_name``, ``invalid_person``),
        ``Conflict`` (``tenant_exists``), ``NotFound`` (``plan_not_found``), ``Forbidden`` (``not_an_operator``).
        """
        if subdomain is None:
            with contextlib.suppress(Invalid):
                subdomain = derive_subdomain(name)
        async with audited(self._store, "create_tenant", actor, subdomain, name, {"plan": plan}):
            name = check_tenant_name(name)
            subdomain = derive_subdomain(name) if subdomain is None else check_subdomain(subdomain)
            if administrator is not None:
                check_person(administrator)
            return await self._store.insert_tenant(
                name,
                subdomain,
                await self._store.plans.one(plan),
                new_jwt_secret(),
                administrator=administrator,
                for_themself=for_themself,
            )

    async def tenants(self) -> Sequence[Tenant]:
        """Every tenant, by subdomain."""
        return await self._store.tenants()

    async def tenant(self, ref: str) -> Tenant:
        """One tenant."""
        return await self._store.tenant(ref)

    async def update_tenant(
        self,
        ref: str,
        *,
        default_database: str | None = None,
        plan: str | None = None,
        max_connections: int | None = None,
        max_storage_gb: float | None = None,
        restart: bool = False,
        cors_origins: Sequence[object] | None = None,
        graphql_introspection: bool | None = None,
        actor: str,
    ) -> Tenant:
        """Set the default database, the plan, the origins whose pages may read the data, introspection: what is given.

        Args:
            max_connections, max_storage_gb: instead of what the plan says; 0: what it says.
            restart: at once, where a server has no room for as many connections as allowed now; its sessions end.
                Else it is done when nobody is connected (:meth:`Plans.short`).

        Raises ``Invalid`` (``invalid_origin``, ``invalid_limit``), ``Unsupported`` (``wrong_engine``).
        """
        wished = None if cors_origins is None else " ".join(map(str, cors_origins))[:LONGEST_DETAIL]
        details = {"default_database": default_database, "plan": plan, "cors_origins": wished}
        if graphql_introspection is not None:
            details["graphql_introspection"] = str(graphql_introspection).lower()
        for name, number in (("max_connections", max_connections), ("max_storage_gb", max_storage_gb)):
            details[name] = None if number is None else f"{number:g}"
        given = {key: value for key, value in details.items() if value is not None}
        async with audited(self._store, "update_tenant", actor, ref, None, given):
            origins = None if cors_origins is None else check_origins(cors_origins)
            tenant = await self._store.tenant(ref)
            async with self.lifecycle.turn(tenant):
                if default_database is not None:
                    database = await self._databases.ready(tenant, default_database)
                    if not engine_folder.engine(database.engine).can.sql:
                        raise Unsupported("wrong_engine", "Only a database that the API serves can be the default.")
                    await self._store.set_default(tenant.id, database.id)
                if origins is not None:
                    await self._store.set_cors_origins(tenant.id, origins)
                if graphql_introspection is not None:
                    await self._store.set_introspection(tenant.id, graphql_introspection)
                if plan is not None or max_connections is not None or max_storage_gb is not None:
                    await self.plans.give(tenant, plan, max_connections, max_storage_gb, restart=restart)
            return await self._store.tenant(ref)

    async def drop_tenant(self, ref: str, *, actor: str) -> None:
        """Remove a tenant with its databases, their dumps, keys and data."""
        async with audited(self._store, "drop_tenant", actor, ref, None):
            tenant = await self._store.tenant(ref)
            async with self._store.lock(tenant.id):
                with contextlib.suppress(DbaasError):  # on servers that others share something may be left
                    await self.lifecycle.recover(tenant)
                for database in await self._store.databases(tenant.id):
                    await self._store.mark_database(database.id, DatabaseState.dropping)
                await self.placement.drop_databases_of(tenant)
                for cluster in await self._store.clusters(tenant.id):
                    await self._supervision.remove(cluster.id)
                await self._store.delete_tenant(tenant.id)
            await self.lifecycle.forget_tenant(tenant.id)

    async def plan(self, name: str) -> Plan:
        """What a plan allows. Raises ``NotFound`` (``plan_not_found``)."""
        return await self._store.plans.one(name)

    # --- databases --------------------------------------------------------------------------------------------------

    async def create_database(
        self,
        tenant: str,
        engine: str,
        name: str,
        *,
        options: Mapping[str, str],
        actor: str,
        progress: Tell | None = None,
        cluster: str | None = None,
    ) -> Database:
        """A new database, ready for use; the tenant's cluster is made on its first one. A failure leaves nothing.

        Being cancelled is a failure, too: what was made by then is taken away again.

        Args:
            progress: called with each step as it begins.
            cluster: the name of an external server to place it on; without it the tenant has one of its own.

        Raises ``Invalid`` (``unknown_engine``, ``invalid_name``, ``reserved_name``, and what the engine says of
        options), ``Conflict`` (``database_exists``), ``NotFound`` (``cluster_not_found``), ``Unavailable``,
        ``Unsupported`` (``wrong_engine``).
        """
        placed = {} if cluster is None else {"cluster": cluster[:LONGEST_DETAIL]}
        details = {"engine": engine, **options, **placed}
        async with audited(self._store, "create_database", actor, tenant, name, details):
            check_database_name(name)
            kind = engine_folder.engine(engine)
            kind.check_name(name)
            options = kind.check_options(options)
            owner = await self._store.tenant(tenant)
            server = None if cluster is None else await self.placement.for_databases_of(kind, cluster)
            plan = owner.limited(await self._store.plans.one(owner.plan_type))
            if owner.storage_full:
                raise Conflict("storage_full", "The storage of this tenant is full.", hint="Drop what is not needed.")
            async with self.lifecycle.turn(owner):
                await self._databases.remove_unfinished(owner, name)
                return await self._databases.create(owner, plan, kind, name, options, progress, server)

    async def databases(self, tenant: str) -> Sequence[Database]:
        """A tenant's databases, oldest first. Starts nothing."""
        return await self._store.databases((await self._store.tenant(tenant)).id)

    async def database(self, tenant: str, name: str | None = None) -> Database:
        """One database; the tenant's default one without a name. Starts nothing."""
        return await self._store.database((await self._store.tenant(tenant)).id, name)

    async def drop_database(self, tenant: str, name: str, *, keep_dump: bool = True, actor: str) -> None:
        """Remove a database and what is in it. A cluster without databases is stopped.

        Args:
            keep_dump: a last dump stays for a week, see :meth:`.Lifecycle.undrop`; else its dumps go as well.

        Raises ``Unavailable`` (``last_dump_failed``): nothing was dropped.
        """
        async with audited(self._store, "drop_database", actor, tenant, name):
            owner = await self._store.tenant(tenant)
            async with self.lifecycle.turn(owner):
                database = await self.lifecycle.drop(owner, name, keep_dump=keep_dump)
                if not any(one.cluster_id == database.cluster_id for one in await self._store.databases(owner.id)):
                    await self._supervision.stop(database.cluster_id)

    async def rotate(self, tenant: str, name: str, *, actor: str) -> Database:
        """New secrets for all logins of a database; the old ones and their sessions end."""
        async with audited(self._store, "rotate", actor, tenant, name):
            owner = await self._store.tenant(tenant)
            async with self.lifecycle.turn(owner):
                return await self._databases.rotate(owner, name)

    async def usage(self, tenant: str, name: str) -> Usage:
        """What a database takes up now. Does not wake a sleeping cluster: its size is unknown then."""
        return await self._databases.usage(await self._store.tenant(tenant), name)

    async def vitals(self, tenant: str, name: str) -> Vitals | None:
        """How a database is doing; None while its cluster sleeps, which this does not wake."""
        return await self._databases.vitals(await self._store.database((await self._store.tenant(tenant)).id, name))

    async def cluster(self, cluster_id: UUID) -> Cluster:
        """A cluster as it was last seen. Raises ``NotFound`` (``cluster_not_found``)."""
        return await self._store.cluster(cluster_id)

    async def clusters(self, tenant: str) -> Sequence[Cluster]:
        """The clusters that a tenant has for itself, as they were last seen: at most one of each engine."""
        return await self._store.clusters((await self._store.tenant(tenant)).id)

    async def reveal(self, tenant: str, name: str | None, what: str, *, actor: str) -> None:
        """Note in the audit log that somebody is shown a secret.

        Args:
            name: the database whose secret it is; None for one of the tenant.
            what: ``connection_string``, ``admin_connection_string``, ``jwt_secret`` or ``jwt``.
        """
        async with audited(self._store, "reveal", actor, tenant, name, {"secret": what}):
            await self._store.tenant(tenant)

    async def connection_string(self, tenant: str, name: str, *, admin: bool = False) -> str:
        """A URL for usual clients, as the owner; with ``admin`` as the cluster's administrator. Starts the cluster."""
        owner = await self._store.tenant(tenant)
        await self.lifecycle.settled(owner)
        database = await self._databases.ready(owner, name)
        engine, cluster, superuser = await self._databases.reach(database)
        if engine.can.documents and not admin:
            login = (await self._store.logins(database))[Login.owner]
            return mongodb_url(await self._supervision.mongo_door(), login, database.name)
        login = superuser if admin else (await self._store.logins(database))[Login.owner]
        return engine.connection_string(cluster, database.physical_name, login)

    async def access(self, tenant: str, name: str | None = None) -> Access:
        """What a session needs; the cluster runs when this returns. Raises ``Unavailable`` (``database_not_ready``)."""
        owner = await self._store.tenant(tenant)
        await self.lifecycle.settled(owner)
        database = await self._databases.ready(owner, name)
        endpoint = await self._supervision.ensure(database.cluster_id)
        plan = owner.limited(await self._store.plans.one(owner.plan_type))
        return Access(database, owner, plan, endpoint, await self._store.logins(database))

    # --- MongoDB's clients ------------------------------------------------------------------------------------------

    async def mongo_door(self) -> Door:
        """Where MongoDB's clients come in; somebody listens there when this returns. Raises ``Unavailable``."""
        return await self._supervision.mongo_door()

    async def has_documents(self) -> bool:
        """Whether any tenant has a document database, or had one."""
        return any(engine_folder.engine(one.engine).can.documents for one in await self._store.clusters())

    async def mongo_login(self, tenant: str, name: str | None = None) -> Credential:
        """The user of one document database; without a name, the user of all that the tenant has. Starts nothing.

        Raises ``Unavailable`` (``database_not_ready``), ``Unsupported`` (``wrong_engine``).
        """
        owner = await self._store.tenant(tenant)
        if name is None:
            return Credential(owner.subdomain, await self._store.mongo_secret(owner.id))
        database = await self._databases.ready(owner, name)
        if not engine_folder.engine(database.engine).can.documents:
            raise Unsupported("wrong_engine", f"{name!r} is no document database.")
        return (await self._store.logins(database))[Login.owner]

    async def mongo_connection_string(self, tenant: str) -> str:
        """A URL for MongoDB's clients, as the user of all document databases of the tenant."""
        return mongodb_url(await self._supervision.mongo_door(), await self.mongo_login(tenant), None)

    async def rotate_mongo_login(self, tenant: str, *, actor: str) -> None:
        """A new secret for the user of all document databases of a tenant; the old one opens nothing any more."""
        async with audited(self._store, "rotate", actor, tenant, None):
            await self._store.new_mongo_secret((await self._store.tenant(tenant)).id)

    # --- keys -------------------------------------------------------------------------------------------------------

    async def create_key(
        self, tenant: str | None, role: KeyRole, *, documents_only: bool = False, actor: str
    ) -> tuple[ApiKey, str]:
        """A new API key and, this once, the key itself. Admin keys belong to the platform: ``tenant`` is None.

        Args:
            documents_only: it runs stored GraphQL documents and opens nothing else; for ``anon`` keys.

        Raises ``Invalid`` (``invalid_role``).
        """
        async with audited(self._store, "create_key", actor, tenant, role.value):
            if (role is KeyRole.admin) != (tenant is None):
                raise Invalid("invalid_role", "Admin keys belong to the platform, all others to a tenant.")
            if documents_only and role is not KeyRole.anon:
                raise Invalid("invalid_role", "Only anon keys can be kept to stored documents.")
            key = new_api_key(role)
            tenant_id = await self._tenant_id(tenant)
            return await self._store.insert_key(tenant_id, role, key, documents_only=documents_only), key

    async def keys(self, tenant: str | None) -> Sequence[ApiKey]:
        """A tenant's keys, or the platform's; revoked ones too."""
        return await self._store.keys(await self._tenant_id(tenant))

    async def revoke_key(self, tenant: str | None, key_id: UUID, *, actor: str) -> None:
        """The key is refused from now on, in every process. Safe to repeat."""
        async with audited(self._store, "revoke_key", actor, tenant, str(key_id)):
            await self._store.revoke_key(await self._tenant_id(tenant), key_id)

    async def find_key(self, key: str) -> ApiKey | None:
        """The valid key that this is; None when it is unknown or revoked."""
        return await self._store.find_key(key)

    async def put_document(self, tenant: str, sha256: str, document: str, *, actor: str) -> None:
        """Keep a GraphQL document, which keys that are kept to stored documents may then run. Safe to repeat.

        Raises ``Invalid`` (``hash_mismatch``, ``document_too_large``).
        """
        async with audited(self._store, "put_document", actor, tenant, sha256[:LONGEST_DETAIL]):
            if len(document) > LONGEST_DOCUMENT:
                raise Invalid("document_too_large", f"A document has at most {LONGEST_DOCUMENT:,} characters.")
            if hashlib.sha256(document.encode("utf-8", "surrogatepass")).hexdigest() != sha256 or "\0" in document:
                raise Invalid("hash_mismatch", "The hash is not the SHA-256 of the document.")
            await self._store.put_document((await self._store.tenant(tenant)).id, sha256, document)

    async def documents(self, tenant: str) -> Sequence[StoredDocument]:
        """A tenant's GraphQL documents, oldest first."""
        return await self._store.documents((await self._store.tenant(tenant)).id)

    async def document(self, tenant: str, sha256: str) -> StoredDocument | None:
        """One GraphQL document."""
        found = await self._store.documents((await self._store.tenant(tenant)).id, sha256)
        return found[0] if found else None

    async def delete_document(self, tenant: str, sha256: str, *, actor: str) -> None:
        """It is refused from now on, in every process. Safe to repeat."""
        async with audited(self._store, "delete_document", actor, tenant, sha256[:LONGEST_DETAIL]):
            await self._store.delete_document((await self._store.tenant(tenant)).id, sha256)

    async def jwt_secret(self, tenant: str) -> JwtSecret:
        """What signs a tenant's tokens."""
        return await self._store.jwt_secret((await self._store.tenant(tenant)).id)

    async def _tenant_id(self, ref: str | None) -> UUID | None:
        return None if ref is None else (await self._store.tenant(ref)).id

    # --- what happened ----------------------------------------------------------------------------------------------

    async def audit(
        self,
        *,
        tenant: str | None = None,
        actor: str | None = None,
        action: str | None = None,
        database: str | None = None,
        outcome: str | None = None,
        since: datetime | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[AuditEntry]:
        """The newest entries first: of one tenant (by subdomain, also a dropped one), actor and action, or of all.

        What members did by this process is among them.

        Args:
            outcome: ``ok``, ``refused`` or an error code.
            before: the id of an entry; those that are older.
        """
        await self.acts.settled()
        return await self._store.audit.entries(
            tenant=tenant, actor=actor, action=action, database=database, outcome=outcome, since=since, before=before,
            limit=limit,
        )  # fmt: skip

    async def expire_audit(self) -> None:
        """Forget what the audit log keeps no longer."""
        await self._store.audit.expire()

    def on_change(self, listener: Callable[[str, str], None]) -> None:
        """``listener(kind, id)`` is called, in this process, when another or this one changed something.

        ``kind`` is ``tenant``, ``database``, ``cluster``, ``key``, ``document`` (whose id is the tenant's),
        ``plan`` (whose id is its name) or ``member`` (whose id is the tenant's; none when it is persons' rights or
        tokens on the platform).
        An empty ``id`` of another kind follows a break in which changes may have been missed: forget everything.
        """
        self._listeners.append(listener)

    def _heard(self, kind: str, identity: str) -> None:
        for listener in self._listeners:
            listener(kind, identity)
