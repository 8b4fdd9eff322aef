"""What tenants who share a server must never manage: beside everything else, to reach each other through it.

That a server's databases and roles can be listed by everybody on it is PostgreSQL's way, and tolerated: their names are
opaque, and tell nothing of whose they are.
"""

from __future__ import annotations

import contextlib
import re

import psycopg
import pytest

from contract.isolation import SqlIsolation
from dbaas_provisioning.nouns import Login
from dbaas_provisioning.platform import Access, Platform

ROLES = {
    Login.owner: ("none", "anon", "authenticated"),
    Login.api: ("none", "anon", "authenticated"),
    Login.service: ("none", "service_role"),
}
EVERY_WAY = [(login, role) for login, roles in ROLES.items() for role in roles]


class SharedServerIsolation(SqlIsolation):
    """The suite, with attacks that only neighbours have. Fixtures as there."""

    @pytest.mark.parametrize(("login", "role"), EVERY_WAY)
    @pytest.mark.parametrize("act", ["pg_terminate_backend", "pg_cancel_backend"])
    async def test_a_neighbours_sessions_cannot_be_ended(
        self, attacker: Access, victim: Access, connect, login: Login, role: str, act: str
    ) -> None:
        sessions = [await connect(victim, one) for one in Login]
        mine = await connect(attacker, login)
        await mine.execute(f"set role {role}")
        for session in sessions:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await mine.execute(f"select {act}(%s)", [session.info.backend_pid])
            assert (await (await session.execute("select 1")).fetchone()) == (1,)

    @pytest.mark.parametrize(("login", "role"), EVERY_WAY)
    async def test_what_a_neighbour_runs_cannot_be_read(
        self, attacker: Access, victim: Access, connect, login: Login, role: str
    ) -> None:
        sessions = [await connect(victim, one) for one in Login]
        for session in sessions:
            await session.execute("select 'a secret of the neighbour'")
        mine = await connect(attacker, login)
        await mine.execute(f"set role {role}")
        cursor = await mine.execute(
            "select query from pg_stat_activity where query like '%of the neighbour%' and pid <> pg_backend_pid()"
        )
        assert await cursor.fetchall() == []
        query = "select query from extensions.pg_stat_statements where query like '%of the neighbour%'"
        # It is not for every login, and not in every database.
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable):
            assert await (await mine.execute(query)).fetchall() == []

    @pytest.mark.parametrize("login", list(Login))
    @pytest.mark.parametrize("other", list(Login))
    async def test_nobody_becomes_or_joins_a_neighbours_login(
        self, attacker: Access, victim: Access, connect, login: Login, other: Login
    ) -> None:
        mine, theirs = await connect(attacker, login), victim.logins[other].username
        me = attacker.logins[login].username
        for statement in (
            f"set role {theirs}",
            f"set session authorization {theirs}",
            f"grant {theirs} to {me}",
            f"grant {me} to {theirs}",
            f"alter role {theirs} password 'x'",
            f"alter role {theirs} connection limit 0",
            f"drop role {theirs}",
            f"reassign owned by {theirs} to {me}",
            f"drop owned by {theirs}",
            f"comment on role {theirs} is 'dbaas database: x'",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await mine.execute(statement)

    @pytest.mark.parametrize("login", list(Login))
    async def test_the_roles_that_all_share_cannot_be_changed(self, attacker: Access, connect, login: Login) -> None:
        mine = await connect(attacker, login)
        me = attacker.logins[login].username
        for role in ("anon", "authenticated", "service_role", "api_exposed"):
            for statement in (
                f"alter role {role} set statement_timeout = 1",
                f"alter role {role} login",
                f"alter role {role} bypassrls",
                f"drop role {role}",
                f"grant {role} to {me} with admin option",
                f"grant service_role to {role}",
                f"comment on role {role} is 'x'",
            ):
                with pytest.raises(psycopg.DatabaseError) as error:
                    await mine.execute(statement)
                assert error.value.sqlstate in ("42501", "0LP01")  # the latter: a role cannot be its own member

    async def test_who_serves_anon_is_no_member_of_service_role(
        self, attacker: Access, victim: Access, connect
    ) -> None:
        """Neither directly nor over others; and no login is a member of a neighbour's."""
        owner = await connect(attacker)
        logins = {login: [access.logins[login].username for access in (attacker, victim)] for login in Login}
        query = "select pg_has_role(%s, %s, 'member')"

        async def member(one: str, of: str) -> bool:
            return (await (await owner.execute(query, [one, of])).fetchone())[0]

        for name in [*logins[Login.api], *logins[Login.owner], "anon", "authenticated"]:
            assert not await member(name, "service_role")
        everybody = [name for names in logins.values() for name in names]
        for one in everybody:
            for other in everybody:
                assert one == other or not await member(one, other)

    async def test_names_tell_nothing(self, platform: Platform, attacker: Access, connect) -> None:
        """They can be listed, and are opaque."""
        owner = await connect(attacker)
        cursor = await owner.execute(
            "select rolname from pg_roles union all select datname from pg_database union all"
            " select description from pg_shdescription"
        )
        told = " ".join(row[0] for row in await cursor.fetchall())
        for access in (attacker,):
            assert re.fullmatch("d_[a-z2-7]{12}", access.database.physical_name)
            assert access.tenant.subdomain not in told
        for tenant in await platform.tenants():
            assert not re.search(rf"\b{re.escape(tenant.subdomain)}\b", told)

    async def test_advisory_locks_are_a_databases_own(self, attacker: Access, victim: Access, connect) -> None:
        mine, theirs = await connect(attacker), await connect(victim)
        await mine.execute("select pg_advisory_lock(1)")
        assert await (await theirs.execute("select pg_try_advisory_lock(1)")).fetchone() == (True,)
