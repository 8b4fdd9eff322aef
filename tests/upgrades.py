"""A platform whose tenant's server has an older version than it could have."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import psycopg

from dbaas_provisioning import engines
from dbaas_provisioning.engine import Engine
from dbaas_provisioning.engines.postgres import binaries
from dbaas_provisioning.errors import NotFound
from dbaas_provisioning.nouns import Cluster, Home
from dbaas_provisioning.packages.wheel import package_folder
from dbaas_provisioning.platform import Platform, Step
from dbaas_provisioning.supervisor import Supervisor
from waiting import until

__all__ = ["OLD", "Upgradable", "made_by"]

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
def made_by(build: str) -> Iterator[None]:
    """New clusters are made by the machine's PostgreSQL (``system``), or by the wheel's one of a major version."""
    found = [build] if build == "system" else [str(bindir) for bindir in _of_the_wheel() if _major(bindir) == build]
    assert found, f"the wheel has no PostgreSQL {build}"
    with patch.dict(os.environ, {"DBAAS_POSTGRES_BIN": found[0]}):
        yield


def _of_the_wheel() -> list[Path]:
    package = package_folder(binaries.WHEEL_MODULE)
    assert package is not None
    return [program.parent for program in package.glob("*/bin/postgres")]


def _major(bindir: Path) -> str | None:
    version = binaries._version(bindir, binaries.engine_account())
    return version and version.split(".")[0]


class Upgradable:
    """A platform in this test's loop, with a tenant that has a database ``shop`` on a server of an old version.

    Attributes:
        tenant: its subdomain, a new one.
        kind: the database's engine.
    """

    def __init__(self, home: Home, kind: str) -> None:
        self.home = home
        self.kind = kind
        self.tenant = f"t{uuid4().hex[:8]}"

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, home: Home, kind: str = "postgres", *, build: str = OLD) -> AsyncIterator[Upgradable]:
        """The tenant is dropped at the end."""
        at = cls(home, kind)
        await at.open()
        try:
            await at.create(build)
            yield at
            with contextlib.suppress(NotFound):
                await at.platform.drop_tenant(at.tenant, actor="test")
        finally:
            await at.close()

    async def open(self) -> None:
        self.supervisor = await Supervisor.open(self.home)
        self.platform = await Platform.open(self.home, self.supervisor)
        await self.platform.recover()

    async def close(self) -> None:
        await self.platform.close()
        await self.supervisor.close(stop_engines=True)

    async def reopen(self) -> None:
        await self.close()
        await self.open()

    async def create(self, build: str = OLD) -> None:
        await self.platform.create_tenant(self.tenant, actor="test")
        with made_by(build):
            await self.platform.create_database(self.tenant, self.kind, "shop", options={}, actor="test")

    def engine(self, name: str) -> Engine:
        return engines.engine(name)

    async def cluster(self) -> Cluster:
        [cluster] = await self.platform.clusters(self.tenant)
        return cluster

    async def upgrade(self, major: str, progress: Callable[[Step], object] | None = None) -> Cluster:
        return await self.platform.upgrades.upgrade(self.tenant, self.kind, major, actor="test", progress=progress)

    async def connect(self, *, admin: bool = False) -> psycopg.AsyncConnection[Any]:
        url = await self.platform.connection_string(self.tenant, "shop", admin=admin)
        return await psycopg.AsyncConnection.connect(url, autocommit=True)

    async def answers(self) -> bool:
        async with await self.connect() as connection:
            return await (await connection.execute("select 1")).fetchone() == (1,)

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
        clusters = await self.supervisor._store.clusters()
        known = {"platform", *(one.data_dir.name for one in clusters)}

        async def folders() -> set[str]:
            return {path.name for path in self.home.clusters.iterdir()}

        await until(folders, lambda found: found == known)
