"""A platform whose tenant's server has an older version than it could have."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from typing import Any
from unittest.mock import patch

import psycopg

from dbaas_provisioning import engines
from dbaas_provisioning.engines.postgres import binaries
from dbaas_provisioning.nouns import Cluster, Home
from dbaas_provisioning.packages.wheel import package_folder
from dbaas_provisioning.platform import Platform
from dbaas_provisioning.supervisor import Supervisor
from waiting import until

__all__ = ["OLD", "Upgradable", "made_by", "stocked"]

OLD = "16"  # the wheel has it, beside 18

FILL = """
create table item (id int primary key generated always as identity, owner uuid, name text not null, n numeric);
insert into item (owner, name, n)
  select ('00000000-0000-0000-0000-00000000000' || g % 3)::uuid, 'né "' || g, g / 7.0 from generate_series(1, 2000) g;
create index on item (name);
alter table item enable row level security;
create policy own on item for select using (owner = auth.uid());
create view shown with (security_invoker) as select id, name from item;
create function twice(n int) returns int language sql immutable as $$ select 2 * n $$;
create sequence counter; select setval('counter', 42);
comment on table item is 'what ''was'' there';
"""
CONTENT = {
    "rows": "select count(*), sum(n), md5(string_agg(name, ',' order by id)) from item",
    "policies": "select polname::text, pg_get_expr(polqual, polrelid) from pg_policy",
    "grants": "select grantee::text, privilege_type::text from information_schema.role_table_grants"
    " where table_name = 'item' order by 1, 2",
    "sequence": "select last_value from counter",
    "function": "select twice(21)",
    "comment": "select obj_description('item'::regclass)",
    "owner": "select pg_get_userbyid(relowner) from pg_class where oid = 'item'::regclass",
    "published": "select tablename::text from pg_publication_tables where pubname = 'dbaas'",
    "roles": "select rolname::text, rolcanlogin, rolsuper, rolconnlimit, rolconfig from pg_roles"
    " where rolname !~ '^pg_' order by 1",
    "members": "select roleid::regrole::text, member::regrole::text from pg_auth_members"
    " where roleid >= 16384 order by 1, 2",
    "database": "select datacl::text, pg_encoding_to_char(encoding), datcollate, datctype from pg_database"
    " where datname = current_database()",
}


@contextlib.contextmanager
def made_by(major: str) -> Iterator[None]:
    """New clusters are made by the wheel's PostgreSQL of this version."""
    package = package_folder(binaries.WHEEL_MODULE)
    assert package is not None
    found = [one.parent for one in package.glob("*/bin/postgres") if _major(one.parent) == major]
    assert found, f"the wheel has no PostgreSQL {major}"
    with patch.dict(os.environ, {"DBAAS_POSTGRES_BIN": str(found[0])}):
        yield


def _major(bindir: Any) -> str | None:
    version = binaries._version(bindir, binaries.engine_account())
    return version and version.split(".")[0]


class Upgradable:
    """A platform in this test's loop, with a tenant ``acme`` that has a database ``shop`` on the old version."""

    def __init__(self, home: Home) -> None:
        self.home = home

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, home: Home, *engine_names: str) -> AsyncIterator[Upgradable]:
        at = cls(home)
        await at.open()
        try:
            await at.platform.create_tenant("acme", actor="test")
            with made_by(OLD):
                for engine in engine_names or ("postgres",):
                    await at.platform.create_database("acme", engine, "shop", options={}, actor="test")
            yield at
        finally:
            await at.close()

    async def open(self) -> None:
        self.supervisor = await Supervisor.open(self.home)
        self.platform = await Platform.open(self.home, self.supervisor)
        await self.platform.recover()

    async def close(self, *, stop_engines: bool = True) -> None:
        await self.platform.close()
        await self.supervisor.close(stop_engines=stop_engines)

    async def reopen(self) -> None:
        await self.close()
        await self.open()

    async def cluster(self, engine: str = "postgres") -> Cluster:
        return next(one for one in await self.platform.clusters("acme") if one.engine == engine)

    async def upgrade(self, major: str, engine: str = "postgres") -> Cluster:
        return await self.platform.upgrades.upgrade("acme", engine, major, actor="test")

    async def connect(self, *, admin: bool = False) -> psycopg.AsyncConnection[Any]:
        url = await self.platform.connection_string("acme", "shop", admin=admin)
        return await psycopg.AsyncConnection.connect(url, autocommit=True)

    async def fill(self) -> dict[str, Any]:
        async with await self.connect() as connection:
            await connection.execute(FILL)
        return await self.content()

    async def content(self) -> dict[str, Any]:
        """Everything that has to be the same afterwards."""
        async with await self.connect() as connection:
            return {name: await (await connection.execute(text)).fetchall() for name, text in CONTENT.items()}

    async def nothing_is_left(self) -> None:
        """Wait until the only data folders are those that clusters have."""
        known = {
            (self.home.clusters / "platform").name,
            *(one.data_dir.name for one in await self.platform.clusters("acme")),
        }

        async def folders() -> set[str]:
            return {path.name for path in self.home.clusters.iterdir()}

        await until(folders, lambda found: found == known)
