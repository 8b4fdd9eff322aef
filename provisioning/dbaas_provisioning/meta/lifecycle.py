"""Work that is under way and dumps that are kept, in ``platform_meta``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from ..copies import Aside
from ..nouns import Credential, Dump, Login
from ..secrets import Vault
from .connections import Connections

__all__ = ["LifecycleStore", "Piece"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of work.

    Attributes:
        kind: ``dump``, ``restore`` (into a database that is used), ``fill`` (a new one), ``rotate``.
        working: the name of its working login; empty where it needs none.
    """

    id: UUID
    tenant_id: UUID
    cluster_id: UUID | None
    database_id: UUID
    kind: str
    working: str = ""

    @property
    def aside(self) -> Aside | None:
        """Databases that it may have made beside the one it is about."""
        if self.kind != "restore":
            return None
        return Aside(f"dbaas_new_{self.id.hex}", f"dbaas_old_{self.id.hex}")


class LifecycleStore:
    """Every method raises ``Unavailable`` when ``platform_meta`` cannot be reached."""

    def __init__(self, connections: Connections, vault: Vault) -> None:
        self._connections = connections
        self._vault = vault

    async def begin(self, piece: Piece) -> None:
        """Record a piece of work, before anything of it is made."""
        await self._connections.do(
            "insert into pieces_of_work (id, tenant_id, cluster, database_id, kind, working_login)"
            " values (%s, %s, %s, %s, %s, %s)",
            [piece.id, piece.tenant_id, piece.cluster_id, piece.database_id, piece.kind, piece.working],
        )

    async def end(self, piece: Piece) -> None:
        """Nothing of it is left. Safe to repeat."""
        await self._connections.do("delete from pieces_of_work where id = %s", [piece.id])

    async def pieces(self, tenant_id: UUID | None = None) -> Sequence[Piece]:
        """What is under way, or was when somebody was killed: of a tenant, or all."""
        rows = await self._connections.rows(
            "select * from pieces_of_work where tenant_id = coalesce(%s, tenant_id) order by began_at", [tenant_id]
        )
        return [
            Piece(row["id"], row["tenant_id"], row["cluster"], row["database_id"], row["kind"], row["working_login"])
            for row in rows
        ]

    async def exchanged(self, database_id: UUID) -> None:
        """Another database has this name in the engine now: sessions look again."""
        await self._connections.do("update tenant_databases set updated_at = now() where id = %s", [database_id])

    # --- dumps ------------------------------------------------------------------------------------------------------

    async def keep(self, dump: Dump) -> None:
        """A dump is there."""
        await self._connections.do(
            "insert into dumps (id, tenant_id, database_id, database_name, engine, exposure, server_version,"
            " size_bytes, is_last, expires_at, server) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                dump.id, dump.tenant_id, dump.database_id, dump.database_name, dump.engine, dump.exposure,
                dump.server_version, dump.size_bytes, dump.is_last, dump.expires_at, dump.server,
            ],
        )  # fmt: skip

    async def dumps(self, tenant_id: UUID, database_id: UUID | None = None) -> Sequence[Dump]:
        """The dumps of a database, or of a tenant, newest first."""
        rows = await self._connections.rows(
            "select * from dumps where tenant_id = %s and database_id = coalesce(%s, database_id)"
            " order by made_at desc, id",
            [tenant_id, database_id],
        )
        return [Dump(**row) for row in rows]

    async def dump(self, tenant_id: UUID, dump_id: UUID) -> Dump | None:
        """One dump of a tenant."""
        rows = await self._connections.rows(
            "select * from dumps where tenant_id = %s and id = %s", [tenant_id, dump_id]
        )
        return Dump(**rows[0]) if rows else None

    async def known(self, dump_id: UUID) -> bool:
        """Whether there is such a dump, or somebody makes it."""
        return bool(
            await self._connections.rows(
                "select from dumps where id = %(id)s union all select from pieces_of_work where id = %(id)s",
                {"id": dump_id},
            )
        )

    async def forget(self, dump_id: UUID) -> None:
        """The dump is not there any more. Safe to repeat."""
        await self._connections.do("delete from dumps where id = %s", [dump_id])

    async def forget_expired(self, now: datetime) -> Sequence[Dump]:
        """Forget the dumps whose time is over, and return them."""
        rows = await self._connections.rows("delete from dumps where expires_at <= %s returning *", [now], reads=False)
        return [Dump(**row) for row in rows]

    async def part_with(self, database_id: UUID, until: datetime) -> None:
        """A database is being dropped from now on, and its dumps are kept until then: both or neither."""
        await self._connections.do(
            "with going as (update tenant_databases set status = 'dropping' where id = %(id)s)"
            " update dumps set expires_at = least(coalesce(expires_at, %(until)s), %(until)s)"
            " where database_id = %(id)s",
            {"until": until, "id": database_id},
        )

    async def undroppable(self, tenant_id: UUID) -> Sequence[Dump]:
        """The last dumps of databases that are gone, the newest first: one for each database."""
        rows = await self._connections.rows(
            "select * from (select distinct on (database_id) * from dumps d where tenant_id = %s and is_last"
            "  and (expires_at is null or expires_at > now())"
            "  and not exists (select from tenant_databases t where t.id = d.database_id)"
            "  order by database_id, made_at desc) last order by made_at desc",
            [tenant_id],
        )
        return [Dump(**row) for row in rows]

    # --- secrets on their way ---------------------------------------------------------------------------------------

    async def put_secrets(self, piece: Piece, logins: Mapping[Login, Credential]) -> None:
        """Record a piece of work and the secrets that its logins are to get."""
        closed = {
            login.value: {
                "username": credential.username,
                "secret": self._vault.encrypt(credential.secret, f"{piece.database_id} {login.value}"),
            }
            for login, credential in logins.items()
        }
        await self._connections.do(
            "insert into pieces_of_work (id, tenant_id, cluster, database_id, kind, secrets)"
            " values (%s, %s, %s, %s, %s, %s)",
            [piece.id, piece.tenant_id, piece.cluster_id, piece.database_id, piece.kind, Jsonb(closed)],
        )

    async def secrets(self, piece: Piece) -> Mapping[Login, Credential]:
        """The secrets of a piece of work; none when it has ended."""
        rows = await self._connections.rows("select secrets from pieces_of_work where id = %s", [piece.id])
        found = rows[0]["secrets"] if rows else {}
        return {
            Login(login): Credential(
                entry["username"], self._vault.decrypt(entry["secret"], f"{piece.database_id} {login}")
            )
            for login, entry in found.items()
        }

    async def secrets_hold(self, piece: Piece) -> None:
        """The engine has them: they are the database's from now on, and the piece of work has ended."""

        async def work(connection: Any) -> None:
            await connection.execute(
                "update tenant_databases d set connection_info = d.connection_info || p.secrets"
                " from pieces_of_work p where p.id = %s and d.id = p.database_id",
                [piece.id],
            )
            await connection.execute("delete from pieces_of_work where id = %s", [piece.id])

        await self._connections.transaction(work)
