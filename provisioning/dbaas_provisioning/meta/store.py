"""What is kept of tenants, clusters, databases, keys and actions. One method, one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID, uuid4

from psycopg import errors
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from ..errors import Conflict, NotFound
from ..nouns import (
    ApiKey,
    Cluster,
    ClusterState,
    Credential,
    Database,
    DatabaseState,
    Endpoint,
    Home,
    JwtSecret,
    KeyRole,
    Login,
    Plan,
    StoredDocument,
    Tenant,
)  # fmt: skip
from ..secrets import PREFIX_LENGTH, Vault, hash_key, new_password
from .audit import AuditStore
from .connections import LOCK_SECONDS, Connections
from .history import HistoryStore
from .lifecycle import LifecycleStore
from .members import MemberStore, allow_one_more, make_administrator
from .plans import PlanStore, whole
from .servers import ServerStore, cluster_of
from .terminals import TerminalStore
from .upgrades import UpgradeStore
from .usage import UsageStore

__all__ = ["Store"]

TENANT = (
    "select t.*, coalesce(t.max_connections, p.max_connections) as max_connections,"
    " coalesce(t.max_storage_gb, p.max_storage_gb) as max_storage_gb, d.database_name as default_database"
    " from tenants t join plans p on p.name = t.plan_type"
    " left join tenant_databases d on d.tenant_id = t.id and d.is_default"
)

PUT_MONGO_LOGIN = "insert into mongo_logins (tenant_id, secret) values (%s, %s) on conflict (tenant_id) do "
KEEP, REPLACE = "nothing", "update set secret = excluded.secret"


class Store:
    """Reads and writes ``platform_meta``; secrets pass through the vault on their way.

    Every method raises ``Unavailable`` when it cannot be reached.

    Attributes:
        history: the part with the statements that people ran.
        audit: the part with who did what.
        servers: the part with servers that run elsewhere.
        lifecycle: the part with work that is under way, and with dumps.
        members: the part with persons, their rights and tokens.
        upgrades: the part with clusters on their way to a newer version.
        plans: the part with what tenants may use.
        usage: the part with what they used.
    """

    def __init__(self, home: Home, vault: Vault, connections: Connections) -> None:
        self._home = home
        self._vault = vault
        self._connections = connections
        self.history = HistoryStore(connections)
        self.audit = AuditStore(connections)
        self.servers = ServerStore(home, vault, connections)
        self.lifecycle = LifecycleStore(connections, vault)
        self.terminals = TerminalStore(connections)
        self.members = MemberStore(connections)
        self.upgrades = UpgradeStore(home, connections)
        self.plans = PlanStore(connections)
        self.usage = UsageStore(connections)

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.close()

    def lock(self, tenant_id: UUID, *, seconds: float = LOCK_SECONDS) -> AbstractAsyncContextManager[None]:
        """Changes of one tenant happen one after the other, whichever process makes them.

        Args:
            seconds: how long to wait for it. Raises ``Unavailable`` (``busy``) after them.
        """
        return self._connections.lock(f"tenant {tenant_id}", seconds)

    async def listen(self, heard: Callable[[str, str], None]) -> None:
        """See :meth:`Connections.listen`."""
        await self._connections.listen(heard)

    # --- tenants ----------------------------------------------------------------------------------------------------

    async def insert_tenant(
        self,
        name: str,
        subdomain: str,
        plan: Plan,
        jwt: JwtSecret,
        *,
        administrator: str | None = None,
        for_themself: bool = False,
    ) -> Tenant:
        """A tenant, its signing secret and its first member. Raises ``Conflict`` (``tenant_exists``).

        Args:
            for_themself: it is the administrator who asks, and may only make so many (``not_an_operator``).
        """
        tenant_id = uuid4()

        async def work(connection: Any) -> None:
            if administrator is not None and for_themself:  # before anything tells which names are taken
                await allow_one_more(connection, administrator)
            await connection.execute(
                "insert into tenants (id, name, subdomain, plan_type) values (%s, %s, %s, %s)",
                [tenant_id, name, subdomain, plan.name],
            )
            await connection.execute(
                "insert into jwt_secrets (tenant_id, kid, secret) values (%s, %s, %s)",
                [tenant_id, jwt.kid, self._vault.encrypt(jwt.secret, f"{tenant_id} jwt {jwt.kid}")],
            )
            if administrator is not None:
                await make_administrator(connection, tenant_id, administrator)

        try:
            await self._connections.transaction(work)
        except errors.UniqueViolation:
            raise Conflict(
                "tenant_exists", f"There is a tenant {subdomain!r} already.", hint="Choose another subdomain."
            ) from None
        return await self.tenant(subdomain)

    async def tenants(self) -> Sequence[Tenant]:
        """Every tenant, by subdomain."""
        return [_tenant(row) for row in await self._connections.rows(f"{TENANT} order by t.subdomain")]

    async def tenant(self, subdomain: str) -> Tenant:
        """Raises ``NotFound`` (``tenant_not_found``)."""
        row = await self._one(f"{TENANT} where t.subdomain = %s", [subdomain])
        if row is None:
            raise NotFound("tenant_not_found", f"There is no tenant {subdomain!r}.")
        return _tenant(row)

    async def set_cors_origins(self, tenant_id: UUID, origins: Sequence[str]) -> None:
        """Whose pages may read the tenant's data in a browser."""
        await self._connections.do("update tenants set cors_origins = %s where id = %s", [list(origins), tenant_id])

    async def set_default(self, tenant_id: UUID, database_id: UUID) -> None:
        """Which database is meant when none is named."""

        async def work(connection: Any) -> None:
            await connection.execute(
                "update tenant_databases set is_default = false where tenant_id = %s and is_default", [tenant_id]
            )
            await connection.execute("update tenant_databases set is_default = true where id = %s", [database_id])
            # Its listeners have to hear of the tenant too: what its default is belongs to it.
            await connection.execute("update tenants set updated_at = now() where id = %s", [tenant_id])

        await self._connections.transaction(work)

    async def delete_tenant(self, tenant_id: UUID) -> None:
        """With everything that is known of it but the audit log."""
        await self._connections.do("delete from tenants where id = %s", [tenant_id])

    async def jwt_secret(self, tenant_id: UUID) -> JwtSecret:
        """What signs a tenant's tokens. Raises ``NotFound``."""
        row = await self._one("select kid, secret from jwt_secrets where tenant_id = %s", [tenant_id])
        if row is None:
            raise NotFound("tenant_not_found", "There is no such tenant.")
        return JwtSecret(row["kid"], self._vault.decrypt(row["secret"], f"{tenant_id} jwt {row['kid']}"))

    # --- clusters ---------------------------------------------------------------------------------------------------

    async def insert_cluster(
        self, tenant: Tenant, engine: str, version: str, origin: str, superuser: Credential
    ) -> Cluster:
        """A cluster that is yet to be made; the first use makes it."""
        cluster_id = uuid4()
        await self._connections.do(
            "insert into clusters (id, tenant_id, engine, version, data_dir, settings, superuser, superuser_secret)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                cluster_id, tenant.id, engine, version, f"{tenant.id}-{engine}", Jsonb({"origin": origin}),
                superuser.username, self._vault.encrypt(superuser.secret, str(cluster_id)),
            ],
        )  # fmt: skip
        return await self.cluster(cluster_id)

    async def cluster(self, cluster_id: UUID) -> Cluster:
        """Raises ``NotFound`` (``cluster_not_found``)."""
        return cluster_of(await self._cluster_row(cluster_id), self._home)

    async def superuser(self, cluster_id: UUID) -> Credential:
        """The cluster's administrator. Raises ``NotFound``."""
        row = await self._cluster_row(cluster_id)
        return Credential(row["superuser"], self._vault.decrypt(row["superuser_secret"], str(cluster_id)))

    async def cluster_limits(self, cluster_id: UUID) -> Plan:
        """What the cluster's tenant may use. Raises ``NotFound``."""
        row = await self._one(f"{TENANT} join clusters c on c.tenant_id = t.id where c.id = %s", [cluster_id])
        if row is None:
            raise NotFound("cluster_not_found", "There is no such cluster.")
        tenant = _tenant(row)
        return tenant.limited(await self.plans.one(tenant.plan_type))

    async def clusters(self, tenant_id: UUID | None = None) -> Sequence[Cluster]:
        """Every cluster, external ones too, or those that a tenant has for itself."""
        rows = await self._connections.rows(
            "select * from clusters where %(tenant)s::uuid is null or tenant_id = %(tenant)s order by created_at",
            {"tenant": tenant_id},
        )
        return [cluster_of(row, self._home) for row in rows]

    async def mark_cluster(self, cluster_id: UUID, state: ClusterState, endpoint: Endpoint | None = None) -> None:
        """What became of a cluster, and where it listens now."""
        await self._connections.do(
            "update clusters set state = %s, host = coalesce(%s, host), port = coalesce(%s, port) where id = %s",
            [state, endpoint and endpoint.host, endpoint and endpoint.port, cluster_id],
        )

    async def delete_cluster(self, cluster_id: UUID) -> None:
        """With its databases' rows."""
        await self._connections.do("delete from clusters where id = %s", [cluster_id])

    async def _cluster_row(self, cluster_id: UUID) -> DictRow:
        row = await self._one("select * from clusters where id = %s", [cluster_id])
        if row is None:
            raise NotFound("cluster_not_found", "There is no such cluster.")
        return row

    # --- databases --------------------------------------------------------------------------------------------------

    async def insert_database(
        self,
        tenant: Tenant,
        cluster: Cluster,
        name: str,
        exposure: str,
        physical_name: str,
        *,
        database_id: UUID | None = None,
    ) -> Database:
        """A database that is being created. Raises ``Conflict`` (``database_exists``), ``NotFound``.

        Args:
            database_id: its id, when it had one before.
        """
        database_id = database_id or uuid4()
        try:
            await self._connections.do(
                "insert into tenant_databases (id, tenant_id, database_name, physical_name, engine, cluster, exposure)"
                " values (%s, %s, %s, %s, %s, %s, %s)",
                [database_id, tenant.id, name, physical_name, cluster.engine, cluster.id, exposure],
            )
        except errors.UniqueViolation:
            raise Conflict(
                "database_exists", f"There is a database called {name!r} already.", hint="Choose another name."
            ) from None
        except errors.ForeignKeyViolation:
            raise NotFound("cluster_not_found", "The server was removed meanwhile.") from None
        return await self.database(tenant.id, name)

    async def store_logins(self, database: Database, logins: Mapping[Login, Credential]) -> None:
        """The database is ready, with these logins. A tenant's first one that the API serves becomes its default."""
        info = {
            login.value: {
                "username": credential.username,
                "secret": self._vault.encrypt(credential.secret, f"{database.id} {login.value}"),
            }
            for login, credential in logins.items()
        }

        async def work(connection: Any) -> None:
            await connection.execute(
                "update tenant_databases d set status = 'ready', connection_info = %s, database_owner = %s,"
                " is_default = is_default or %s and not exists"
                "  (select from tenant_databases o where o.tenant_id = d.tenant_id and o.is_default)"
                " where id = %s",
                [Jsonb(info), logins[Login.owner].username, Login.api in logins, database.id],
            )

        await self._connections.transaction(work)

    async def logins(self, database: Database) -> Mapping[Login, Credential]:
        """A database's logins. Raises ``NotFound``."""
        row = await self._one("select connection_info from tenant_databases where id = %s", [database.id])
        if row is None:
            raise _no_database(database.name)
        return {
            Login(login): Credential(entry["username"], self._vault.decrypt(entry["secret"], f"{database.id} {login}"))
            for login, entry in row["connection_info"].items()
        }

    async def mark_database(self, database_id: UUID, state: DatabaseState) -> None:
        """What is being done to a database."""
        await self._connections.do("update tenant_databases set status = %s where id = %s", [state, database_id])

    async def delete_database(self, database: Database) -> None:
        """When it was the default, the oldest one left takes its place."""

        async def work(connection: Any) -> None:
            await connection.execute("delete from tenant_databases where id = %s", [database.id])
            await connection.execute(
                "update tenant_databases set is_default = true where id ="
                " (select id from tenant_databases where tenant_id = %(tenant)s and status = 'ready'"
                "  and connection_info ? %(api)s order by created_at limit 1)"
                " and not exists (select from tenant_databases where tenant_id = %(tenant)s and is_default)",
                {"tenant": database.tenant_id, "api": Login.api.value},
            )

        await self._connections.transaction(work)

    async def databases(self, tenant_id: UUID) -> Sequence[Database]:
        """A tenant's databases, oldest first."""
        rows = await self._connections.rows(
            "select * from tenant_databases where tenant_id = %s order by created_at, id", [tenant_id]
        )
        return [_database(row) for row in rows]

    async def holdings(self) -> frozenset[tuple[UUID, UUID]]:
        """Which clusters have databases of which tenants."""
        rows = await self._connections.rows("select distinct cluster, tenant_id from tenant_databases", [])
        return frozenset((row["cluster"], row["tenant_id"]) for row in rows)

    async def unfinished(self) -> Sequence[Database]:
        """Databases that somebody was creating or dropping."""
        return [
            _database(row)
            for row in await self._connections.rows("select * from tenant_databases where status <> 'ready'")
        ]

    async def database(self, tenant_id: UUID, name: str | None) -> Database:
        """By name; the default one for None. Raises ``NotFound``: ``database_not_found``, ``no_default_database``."""
        if name is None:
            row = await self._one("select * from tenant_databases where tenant_id = %s and is_default", [tenant_id])
            if row is None:
                raise NotFound("no_default_database", "This tenant has no database yet.", hint="Create one first.")
        else:
            row = await self._one(
                "select * from tenant_databases where tenant_id = %s and database_name = %s", [tenant_id, name]
            )
            if row is None:
                raise _no_database(name)
        return _database(row)

    async def databases_in(self, cluster_id: UUID) -> Sequence[Database]:
        """The databases of a cluster, oldest first."""
        rows = await self._connections.rows(
            "select * from tenant_databases where cluster = %s order by created_at, id", [cluster_id]
        )
        return [_database(row) for row in rows]

    async def database_by_id(self, database_id: UUID) -> Database | None:
        """None when there is none."""
        row = await self._one("select * from tenant_databases where id = %s", [database_id])
        return None if row is None else _database(row)

    async def epoch(self, database_id: UUID) -> tuple[int, str]:
        """Of the database's log of changes, and which log that is; 0 and nothing when it has none yet."""
        row = await self._one("select epoch, log from feeds where database_id = %s", [database_id])
        return (0, "") if row is None else (int(row["epoch"]), row["log"])

    async def new_epoch(self, database_id: UUID, log: str) -> int:
        """A higher one, and at least the time in seconds since 1970. Raises ``NotFound`` (``database_not_found``)."""
        try:
            [row] = await self._connections.rows(
                "insert into feeds as f (database_id, epoch, log) values (%s, extract(epoch from now())::bigint, %s)"
                " on conflict (database_id)"
                " do update set epoch = greatest(excluded.epoch, f.epoch + 1), log = excluded.log"
                " returning epoch",
                [database_id, log],
                reads=False,
            )
        except errors.ForeignKeyViolation:
            raise NotFound("database_not_found", "There is no such database.") from None
        return int(row["epoch"])

    # --- MongoDB's clients ------------------------------------------------------------------------------------------

    async def mongo_secret(self, tenant_id: UUID) -> str:
        """Of the user who sees all of a tenant's document databases; made on the first call. Raises ``NotFound``."""
        row = await self._one("select secret from mongo_logins where tenant_id = %s", [tenant_id])
        if row is None:
            await self._put_mongo_secret(tenant_id, KEEP)
            return await self.mongo_secret(tenant_id)
        return self._vault.decrypt(row["secret"], f"{tenant_id} mongo")

    async def new_mongo_secret(self, tenant_id: UUID) -> None:
        """Replace it. Raises ``NotFound``."""
        await self._put_mongo_secret(tenant_id, REPLACE)

    async def _put_mongo_secret(self, tenant_id: UUID, otherwise: str) -> None:
        closed = self._vault.encrypt(new_password(), f"{tenant_id} mongo")
        try:
            await self._connections.do(PUT_MONGO_LOGIN + otherwise, [tenant_id, closed])
        except errors.ForeignKeyViolation:
            raise NotFound("tenant_not_found", "There is no such tenant.") from None

    # --- GraphQL documents ------------------------------------------------------------------------------------------

    async def set_introspection(self, tenant_id: UUID, allowed: bool) -> None:
        """Whether others than secret keys may ask a tenant's GraphQL schema about itself."""
        await self._connections.do("update tenants set graphql_introspection = %s where id = %s", [allowed, tenant_id])

    async def put_document(self, tenant_id: UUID, sha256: str, document: str) -> None:
        """Keep a document. Safe to repeat."""
        await self._connections.do(
            "insert into graphql_documents (tenant_id, sha256, document) values (%s, %s, %s) on conflict do nothing",
            [tenant_id, sha256, document],
        )

    async def documents(self, tenant_id: UUID, sha256: str | None = None) -> Sequence[StoredDocument]:
        """A tenant's documents, oldest first; or the one with this hash."""
        rows = await self._connections.rows(
            "select sha256, document, created_at from graphql_documents"
            " where tenant_id = %s and sha256 = coalesce(%s, sha256) order by created_at, sha256",
            [tenant_id, sha256],
        )
        return [StoredDocument(**row) for row in rows]

    async def delete_document(self, tenant_id: UUID, sha256: str) -> None:
        """Safe to repeat."""
        await self._connections.do(
            "delete from graphql_documents where tenant_id = %s and sha256 = %s", [tenant_id, sha256]
        )

    # --- keys -------------------------------------------------------------------------------------------------------

    async def insert_key(
        self, tenant_id: UUID | None, role: KeyRole, key: str, *, documents_only: bool = False
    ) -> ApiKey:
        """Keep a key's hash, and enough of it to recognise it."""
        [row] = await self._connections.rows(
            "insert into api_keys (id, tenant_id, role, prefix, sha256, documents_only)"
            " values (%s, %s, %s, %s, %s, %s) returning *",
            [uuid4(), tenant_id, role, key[:PREFIX_LENGTH], hash_key(key), documents_only],
            reads=False,
        )
        return _key(row)

    async def keys(self, tenant_id: UUID | None) -> Sequence[ApiKey]:
        """A tenant's keys, or the platform's; revoked ones too."""
        rows = await self._connections.rows(
            "select * from api_keys where tenant_id is not distinct from %s order by created_at", [tenant_id]
        )
        return [_key(row) for row in rows]

    async def revoke_key(self, tenant_id: UUID | None, key_id: UUID) -> None:
        """Safe to repeat. Raises ``NotFound`` (``key_not_found``)."""
        rows = await self._connections.rows(
            "update api_keys set revoked_at = coalesce(revoked_at, now())"
            " where id = %s and tenant_id is not distinct from %s returning id",
            [key_id, tenant_id],
            reads=False,
        )
        if not rows:
            raise NotFound("key_not_found", "There is no such key.")

    async def find_key(self, key: str) -> ApiKey | None:
        """The valid key that this is; None when it is unknown or revoked."""
        row = await self._one("select * from api_keys where sha256 = %s and revoked_at is null", [hash_key(key)])
        return None if row is None else _key(row)

    # --- one statement, one transaction -----------------------------------------------------------------------------

    async def _one(self, text: str, args: Sequence[Any]) -> DictRow | None:
        rows = await self._connections.rows(text, args)
        return rows[0] if rows else None


def _no_database(name: str) -> NotFound:
    return NotFound("database_not_found", f"There is no database {name!r}.")


def _tenant(row: DictRow) -> Tenant:
    changed = {"cors_origins": tuple(row["cors_origins"]), "max_storage_gb": whole(row["max_storage_gb"])}
    return Tenant(**{**row, **changed})


def _database(row: DictRow) -> Database:
    return Database(
        id=row["id"], tenant_id=row["tenant_id"], name=row["database_name"], physical_name=row["physical_name"],
        engine=row["engine"], owner=row["database_owner"], cluster_id=row["cluster"], exposure=row["exposure"],
        state=DatabaseState(row["status"]), created_at=row["created_at"], updated_at=row["updated_at"],
    )  # fmt: skip


def _key(row: DictRow) -> ApiKey:
    return ApiKey(
        row["id"], row["tenant_id"], KeyRole(row["role"]), row["prefix"], row["created_at"], row["revoked_at"],
        row["documents_only"],
    )  # fmt: skip
