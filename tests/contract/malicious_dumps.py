"""What a dump must never manage, whoever made it: it runs as the database's owner at most.

A placement joins by subclassing :class:`MaliciousDumps` with the fixtures ``attacker`` and ``victim``, as
:class:`~contract.isolation.SqlIsolation` says. The dumps are real ones in which statements were exchanged for others of
the same length: pg_restore runs whatever stands there.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import psycopg
import pytest

from dbaas_provisioning.errors import Invalid
from dbaas_provisioning.nouns import Login
from dbaas_provisioning.platform import Access, Platform

PREPARED = f"""
drop schema public cascade;
create schema public;
create table public.kept (id int);
insert into public.kept values (1);
create function public.carrier() returns int language sql as $$ select 1 /* {"-" * 700} */ $$;
create table public.copied ({", ".join(f"column_{n} text" for n in range(12))});
"""

# A statement in the place of one of the dump's; each has to make the restore fail.
REFUSED = {
    "make an event trigger": "create event trigger e on ddl_command_end execute function auth.uid()",
    "drop the platform's event triggers": "drop event trigger dbaas_expose",
    "create an untrusted extension": "create extension file_fdw",
    "give a table to the administrator": "alter table public.kept owner to {administrator}",
    "own the database": "alter database {database} owner to current_user",
    "become the administrator": "set session authorization {administrator}",
    "become the administrator's role": "set role {administrator}",
    "become service_role": "set role service_role",
    "become service_role beneath the role": "reset role; set role service_role",
    "be superuser": "reset role; alter role current_user superuser",
    "bypass row security": "alter role current_user bypassrls",
    "make a role": "create role accomplice login superuser",
    "join roles": "grant pg_execute_server_program to current_user",
    "copy from a program": "copy public.kept from program 'echo 2'",
    "copy from a file": "copy public.kept from '/etc/passwd'",
    "copy to a file": "copy public.kept to '/tmp/kept'",
    "write a function in C": "create function e() returns int language c as 'libc.so.6', 'getpid'",
    "escape to a shell": "\\! touch /tmp/dbaas-was-here",
    "connect elsewhere": "\\connect postgres",
    "replace a helper": "create or replace function auth.uid() returns uuid language sql as 'select null::uuid'",
    "drop the publication": "drop publication dbaas",
    "change the server": "alter system set fsync = off",
    "silence triggers": "set session_replication_role = replica",
    "grant to another database's login": "grant select on public.kept to {stranger}",
    "let another database's login own": "create policy p on public.kept to {stranger} using (true)",
}

HIJACKING = """
reset role;
create function public.pg_get_userbyid(oid) returns name language plpgsql security definer as $f$
begin insert into public.caught values (current_user); return ''; end $f$;
create function public.format(text, text) returns text language plpgsql security definer as $f$
begin insert into public.caught values (current_user); return $1; end $f$;
create function public.same(oid, oid) returns boolean language plpgsql security definer as $f$
begin insert into public.caught values (current_user); return true; end $f$;
create operator public.= (function = public.same, leftarg = oid, rightarg = oid);
"""


# The dump goes on to grant it.
AGAIN = " create function public.carrier() returns int language sql return 1;"


class MaliciousDumps:
    """The suite."""

    @pytest.fixture
    async def dumped(self, platform: Platform, attacker: Access, connect, tmp_path: Path) -> Path:
        """A folder with a dump of a database that can be made to carry anything."""
        owner = await connect(attacker)
        await owner.execute(PREPARED.encode())
        folder = tmp_path / "dump"
        tenant, name = attacker.tenant.subdomain, attacker.database.name
        await platform.lifecycle.dump_at(tenant, name, folder, packed=False, actor="test")
        return folder

    @pytest.fixture
    async def stranger(self, platform: Platform, attacker: Access) -> str:
        """The login of another database in the attacker's cluster."""
        tenant = attacker.tenant.subdomain
        placed = (await platform.cluster(attacker.database.cluster_id)).name
        if "bystander" not in [each.name for each in await platform.databases(tenant)]:
            await platform.create_database(tenant, "postgres", "bystander", options={}, cluster=placed, actor="test")
        return (await platform.access(tenant, "bystander")).logins[Login.owner].username

    @pytest.mark.parametrize("attack", REFUSED)
    async def test_refused(
        self, platform: Platform, attacker: Access, connect, dumped: Path, stranger: str, attack: str
    ) -> None:
        name = psycopg.sql.Identifier(attacker.database.physical_name).as_string()
        administrator = (await platform._store.superuser(attacker.database.cluster_id)).username
        evil = REFUSED[attack].format(database=name, stranger=stranger, administrator=administrator)
        forge(dumped, evil)
        with pytest.raises(Invalid) as refused:
            await platform.lifecycle.restore(attacker.tenant.subdomain, attacker.database.name, dumped, actor="test")
        assert refused.value.code == "restore_refused"
        await nothing_happened(platform, attacker, connect)

    async def test_the_rows_of_a_table_come_from_the_dump_alone(
        self, platform: Platform, attacker: Access, connect, dumped: Path
    ) -> None:
        for evil in (
            "COPY public.kept FROM PROGRAM 'touch /tmp/dbaas-was-here';",
            "COPY public.kept FROM '/etc/passwd';",
        ):
            forge(dumped, evil, carrier=rb"COPY public\.copied \([^)]*\) FROM stdin;\n", was=True)
            with pytest.raises(Invalid):
                await platform.lifecycle.restore(
                    attacker.tenant.subdomain, attacker.database.name, dumped, actor="test"
                )
            await nothing_happened(platform, attacker, connect)

    async def test_what_stands_in_front_of_the_systems_names_is_not_picked_up_by_the_platform(
        self, platform: Platform, attacker: Access, connect, dumped: Path
    ) -> None:
        tenant, name = attacker.tenant.subdomain, attacker.database.name
        forge(dumped, "create table public.caught (who name); " + HIJACKING)
        await platform.lifecycle.restore(tenant, name, dumped, actor="test")
        owner = await connect(await platform.access(tenant, name))
        await owner.execute(
            "create table public.later (id int); alter table public.later enable row level security;"
            " create policy p on public.later using (true); drop policy p on public.later; create schema more"
        )
        await platform.usage(tenant, name)
        await platform.lifecycle.dump(tenant, name, actor="test")
        kept = (await platform.lifecycle.dumps(tenant, name))[0]
        await platform.lifecycle.restore(tenant, name, kept.id, actor="test")
        owner = await connect(await platform.access(tenant, name))
        caught = await (await owner.execute("select who from public.caught")).fetchall()
        assert caught == []
        found = await owner.execute(
            "select distinct proowner::regrole::text = current_user from pg_proc"
            " where pronamespace = 'public'::regnamespace"
        )
        assert await found.fetchall() == [(True,)], "what was made as the working login is the owner's"
        await owner.execute("drop schema more")


async def nothing_happened(platform: Platform, attacker: Access, connect) -> None:
    """The database is as it was, and the cluster has no trace of the work."""
    owner = await connect(await platform.access(attacker.tenant.subdomain, attacker.database.name))
    assert await (await owner.execute("select id from public.kept")).fetchall() == [(1,)]
    roles = await owner.execute("select rolname from pg_roles where rolname ~ '^w_' or rolname = 'accomplice'")
    assert await roles.fetchall() == []
    databases = await owner.execute("select datname from pg_database where datname like 'dbaas\\_%'")
    assert await databases.fetchall() == []
    assert not Path("/tmp/dbaas-was-here").exists()


def forge(
    folder: Path,
    statement: str,
    carrier: bytes = rb"CREATE FUNCTION public\.carrier\(\).*?\$\$;\n",
    *,
    was: bool = False,
) -> None:
    """Put a statement in the place of another in an archive, and make the manifest agree.

    Args:
        carrier: finds the other one.
        was: the folder may have been forged before.
    """
    archive, manifest = folder / "archive", folder / "manifest.json"
    whole = folder / "before"
    if not (was and whole.exists()):
        whole.write_bytes(archive.read_bytes())
    found = re.search(carrier, whole.read_bytes(), re.DOTALL)
    assert found is not None
    evil = (statement.rstrip().rstrip(";") + ";" + (AGAIN if b"FUNCTION" in carrier else "")).encode()
    room = found.end() - found.start() - 1
    assert len(evil) <= room, f"{len(evil)} bytes have no place in {room}"
    content = whole.read_bytes()
    content = content[: found.start()] + evil.ljust(room) + b"\n" + content[found.end() :]
    archive.write_bytes(content)
    said = json.loads(manifest.read_text())
    said["files"]["archive"] = {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    manifest.write_text(json.dumps(said))
