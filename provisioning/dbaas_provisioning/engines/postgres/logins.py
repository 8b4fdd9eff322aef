"""The logins of a database: how they are called, what they may become, how they are found again."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from psycopg import sql

from ...nouns import Credential, Login, Plan, Powers
from ...secrets import new_password
from .administrator import Connection
from .launch import POOLS

__all__ = [
    "MADE_FOR",
    "MEMBER_OF",
    "POOL_ROLE_SINCE",
    "by_login",
    "for_administrator",
    "limit_statements",
    "login_statements",
    "logins_of",
    "new_login",
    "new_logins",
    "password_clause",
]

MADE_FOR = "dbaas database: "  # what a login's comment begins with; the database's name follows
LETTERS: Mapping[Login, str] = MappingProxyType({Login.owner: "o", Login.api: "a", Login.service: "s"})
MEMBER_OF: Mapping[Login, tuple[str, ...]] = MappingProxyType(
    {
        Login.owner: ("anon", "authenticated"),
        Login.api: ("anon", "authenticated"),
        Login.service: ("service_role",),
    }
)
BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
POOL_ROLE_SINCE = 160000
MEMBERSHIP_SINCE = 160000  # until then a member inherits and may become, if its own role does
MOST_TEMPORARY = 2_147_483_647  # kB


def new_logins() -> Mapping[Login, Credential]:
    """Three logins with opaque names: on a shared cluster a name would tell who its tenants are."""
    return {login: new_login(login) for login in LETTERS}


def new_login(login: Login) -> Credential:
    """One login; its first letter tells which."""
    return Credential(f"{LETTERS[login]}_{''.join(secrets.choice(BASE32) for _ in range(12))}", new_password())


def by_login(usernames: list[str]) -> Mapping[Login, str]:
    """Which login each of a database's role names is."""
    return {login: name for login, letter in LETTERS.items() for name in usernames if name.startswith(f"{letter}_")}


def password_clause(connection: Connection, login: Credential) -> sql.Composable:
    """A SCRAM verifier made on this side: the server never sees the password, so it can never log it."""
    verifier = connection.pgconn.encrypt_password(login.secret.encode(), login.username.encode(), b"scram-sha-256")
    return sql.Literal(verifier.decode())


def login_statements(
    connection: Connection,
    database: str,
    login: Login,
    credential: Credential,
    plan: Plan,
    groups: Sequence[str],
    powers: Powers,
) -> Iterator[sql.Composed]:
    """What makes one login, a member of ``groups``. Its comment tells which database it belongs to.

    An administrator who is no superuser becomes a member of it: what is the login's is then the administrator's, too.
    """
    role = sql.Identifier(credential.username)
    yield sql.SQL("create role {} login nosuperuser nocreatedb nocreaterole noreplication {} password {}").format(
        role, sql.SQL("inherit" if login is Login.owner else "noinherit"), password_clause(connection, credential)
    )
    yield sql.SQL("comment on role {} is {}").format(role, sql.Literal(_mark(database)))
    for group in groups:
        yield sql.SQL("grant {} to {}").format(sql.Identifier(group), role)
    if not powers.superuser:
        yield from for_administrator(connection, credential.username)
    pools = powers.reserved_connections and connection.info.server_version >= POOL_ROLE_SINCE
    if login is not Login.owner and pools:
        yield sql.SQL("grant pg_use_reserved_connections to {} with inherit true, set false").format(role)
    yield from limit_statements(credential.username, login, plan, powers)


def for_administrator(connection: Connection, username: str) -> Iterator[sql.Composed]:
    """What makes an administrator who is no superuser a member of a login: it can work for it, and end its sessions."""
    options = sql.SQL(" with inherit true, set true" if connection.info.server_version >= MEMBERSHIP_SINCE else "")
    yield sql.SQL("grant {} to current_user{}").format(sql.Identifier(username), options)


def limit_statements(username: str, login: Login, plan: Plan, powers: Powers) -> Iterator[sql.Composed]:
    """What makes a plan's limits hold for one login."""
    role = sql.Identifier(username)
    connections = plan.max_connections if login is Login.owner else POOLS
    yield sql.SQL("alter role {} connection limit {}").format(role, sql.Literal(connections))
    yield sql.SQL("alter role {} set statement_timeout = {}").format(
        role, sql.Literal(f"{plan.statement_timeout_ms}ms")
    )
    if not powers.superuser:
        return
    # Of each session; only a superuser may set it, and set it otherwise.
    yield sql.SQL("alter role {} set temp_file_limit = {}").format(
        role, sql.Literal(f"{min(round(plan.max_storage_gb * 1024 * 1024), MOST_TEMPORARY)}kB")
    )


async def logins_of(connection: Connection, database: str) -> list[str]:
    """The role names that were made for a database."""
    found = await connection.execute(
        "select rolname from pg_roles where shobj_description(oid, 'pg_authid') = %s order by 1", [_mark(database)]
    )
    return [row[0] for row in await found.fetchall()]


def _mark(database: str) -> str:
    return f"{MADE_FOR}{database}"
