"""What is kept of servers that run elsewhere, and how a row becomes a cluster."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from psycopg import errors
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from ..errors import Conflict, NotFound
from ..folders import write_private
from ..nouns import Cluster, ClusterState, Credential, Endpoint, Home, Powers
from ..secrets import Vault
from .connections import Connections

__all__ = ["SYSTEM", "ServerRecord", "ServerStore", "authority_file", "cluster_of", "registered"]

SYSTEM = "system"  # libpq: the authorities that the machine trusts
TUPLES = frozenset(one.name for one in fields(Powers) if "tuple" in str(one.type))


@dataclass(frozen=True, slots=True)
class ServerRecord:
    """All that is kept of where a server is.

    Attributes:
        authority: PEM of who vouches for it, ``system``, or nothing.
        database: the one to enter for work on the server itself.
    """

    endpoint: Endpoint
    authority: str = field(repr=False)
    administrator: Credential
    database: str
    powers: Powers


class ServerStore:
    """The part of the store with external servers."""

    def __init__(self, home: Home, vault: Vault, connections: Connections) -> None:
        self._home = home
        self._vault = vault
        self._connections = connections

    async def insert(self, name: str, engine: str, server: ServerRecord) -> Cluster:
        """Keep a server. Raises ``Conflict`` (``cluster_exists``, ``server_registered``)."""
        cluster_id = uuid4()
        await self._put(
            "insert into clusters (id, name, runtime, engine, data_dir, state, version, host, port, sslmode,"
            " sslrootcert, settings, superuser, superuser_secret, powers, system_identifier) values (%(id)s, %(name)s,"
            " 'external', %(engine)s, %(folder)s, 'running', %(version)s, %(host)s, %(port)s, %(sslmode)s,"
            " %(authority)s, %(settings)s, %(user)s, %(secret)s, %(powers)s, %(system)s)",
            {"id": cluster_id, "name": name, "engine": engine, "folder": f"external-{cluster_id}"},
            server,
        )
        return await self.named(name)

    async def update(self, cluster: Cluster, server: ServerRecord) -> Cluster:
        """Keep where it is now, and what can be done there; sessions on its databases are opened anew.

        Raises ``Conflict`` (``server_registered``).
        """
        await self._put(
            "update clusters set state = 'running', version = %(version)s, host = %(host)s, port = %(port)s,"
            " sslmode = %(sslmode)s, sslrootcert = %(authority)s, settings = %(settings)s, superuser = %(user)s,"
            " superuser_secret = %(secret)s, powers = %(powers)s, system_identifier = %(system)s where id = %(id)s",
            {"id": cluster.id, "name": cluster.name},
            server,
        )
        return await self.named(str(cluster.name))

    async def all(self) -> Sequence[Cluster]:
        """Every external server, by name."""
        rows = await self._connections.rows("select * from clusters where runtime = 'external' order by name")
        return [cluster_of(row, self._home) for row in rows]

    async def named(self, name: str) -> Cluster:
        """One by its name. Raises ``NotFound`` (``cluster_not_found``)."""
        found = next((one for one in await self.all() if one.name == name), None)
        if found is None:
            raise NotFound(
                "cluster_not_found", f"There is no server called {name!r}.", hint="`dbaas clusters list` shows them."
            )
        return found

    async def authority(self, cluster_id: UUID) -> str:
        """PEM of who vouches for it, ``system``, or nothing."""
        rows = await self._connections.rows("select sslrootcert from clusters where id = %s", [cluster_id])
        return str(rows[0]["sslrootcert"]) if rows else ""

    async def delete(self, cluster: Cluster) -> None:
        """Forget it. Raises ``Conflict`` (``cluster_in_use``) while databases are there, whatever their state."""

        async def work(connection: Any) -> bool:
            # Locked, so that nobody places a database there meanwhile: that takes a lock on the same row.
            await connection.execute("select from clusters where id = %s for update", [cluster.id])
            found = await connection.execute("select from tenant_databases where cluster = %s limit 1", [cluster.id])
            if found.rowcount:
                return False
            await connection.execute("delete from clusters where id = %s", [cluster.id])
            return True

        if not await self._connections.transaction(work):
            raise Conflict(
                "cluster_in_use", f"There are databases on {cluster.name!r}.", hint="Drop them, or move them first."
            )

    async def meta_system_identifier(self) -> str:
        """Of the server that holds ``platform_meta``."""
        (row,) = await self._connections.rows("select system_identifier::text as found from pg_control_system()")
        return str(row["found"])

    async def _put(self, statement: str, values: dict[str, Any], server: ServerRecord) -> None:
        endpoint, administrator, powers = server.endpoint, server.administrator, server.powers
        values |= {
            "version": powers.version.split(".")[0],
            "host": endpoint.host,
            "port": endpoint.port,
            "sslmode": endpoint.sslmode,
            "authority": server.authority,
            "settings": Jsonb({"database": server.database}),
            "user": administrator.username,
            "secret": self._vault.encrypt(administrator.secret, str(values["id"])),
            "powers": Jsonb(asdict(powers)),
            "system": powers.system_identifier,
        }

        async def work(connection: Any) -> None:
            await connection.execute(statement, values)
            # Whoever has a session on one of its databases hears of it.
            await connection.execute(
                "update tenant_databases set updated_at = now() where cluster = %(id)s", {"id": values["id"]}
            )

        try:
            await self._connections.transaction(work)
        except errors.UniqueViolation as error:
            if "system_identifier" in (error.diag.constraint_name or ""):
                raise registered() from None
            raise Conflict(
                "cluster_exists", f"There is a server called {values['name']!r} already.", hint="Choose another name."
            ) from None


def registered() -> Conflict:
    """That server has another name here."""
    return Conflict(
        "server_registered", "This server is registered already.", hint="`dbaas clusters list` shows under which name."
    )


def cluster_of(row: DictRow, home: Home) -> Cluster:
    """A cluster from its row. Who vouches for its server is in a file afterwards: that is how libpq takes it."""
    known = row["powers"]
    return Cluster(
        id=row["id"], tenant_id=row["tenant_id"], engine=row["engine"], runtime=row["runtime"], version=row["version"],
        endpoint=Endpoint(row["host"], row["port"], row["sslmode"], authority_file(row["sslrootcert"], home)),
        data_dir=home.clusters / row["data_dir"], state=ClusterState(row["state"]), settings=row["settings"],
        name=row["name"], powers=Powers() if known is None else _powers(known),
    )  # fmt: skip


def authority_file(authority: str, home: Home) -> str:
    """The file with this text, made where there is none yet; what is no certificate is libpq's own word."""
    if authority in ("", SYSTEM):
        return authority
    path: Path = home.authorities / f"{hashlib.sha256(authority.encode()).hexdigest()}.pem"
    if not path.exists():
        path.parent.mkdir(mode=0o711, exist_ok=True)
        write_private(path, authority)
        path.chmod(0o644)  # nothing secret: client programs run as another user, and read it
    return str(path)


def _powers(stored: dict[str, Any]) -> Powers:
    """What an older or a newer version found besides is left out."""
    known = {one.name for one in fields(Powers)}
    values: dict[str, Any] = {name: value for name, value in stored.items() if name in known}
    return Powers(**values | {name: tuple(values[name]) for name in TUPLES & set(values)})
