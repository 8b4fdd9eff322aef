"""A full database where the platform is no superuser: its owner can give himself back what is withheld.

Nothing but an event trigger keeps an owner from granting himself what was revoked. So the platform looks again and
again, and tells by two things that somebody lifted the limit: a privilege is there again, or the database has grown,
whatever by (a large object, a materialized view that is refreshed, a column that is added). Each time all its sessions
end and what was given back is taken again. Who does it once more is not let in for a minute, then for two, up to an
hour: CONNECT is the platform's to give, since the database is its own.

What does not hold: between two looks an owner may add what he can in that time, and tables that VACUUM FULL, CLUSTER or
REINDEX writes anew are not judged before they are done.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from psycopg import sql

from ...nouns import Cluster, Credential, Login
from .administrator import Connection, administrator, script
from .logins import by_login, logins_of

__all__ = ["FULL", "Standing", "give_back", "withhold"]

FULL = "dbaas storage: full"  # what the comment of such a database begins with
FIRST_SECONDS, LONGEST_SECONDS = 60, 3600
LEAST_GROWTH, PART_GROWTH = 16 * 1024**2, 32

SEEN = """
with tables as (
  select g.grantee = 'api_exposed'::regrole as exposed
  from pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) g
  where c.relkind in ('r', 'p') and c.oid >= 16384 and g.privilege_type in ('INSERT', 'UPDATE')
    and pg_get_userbyid(c.relowner) ~ '^([oas]_[a-z2-7]{12}|anon|authenticated|service_role|api_exposed)$'
    and pg_has_role(c.relowner, 'usage')
  union all
  select false
  from pg_class c join pg_attribute a on a.attrelid = c.oid, aclexplode(a.attacl) g
  where c.relkind in ('r', 'p') and c.oid >= 16384 and g.privilege_type in ('INSERT', 'UPDATE')
    and pg_get_userbyid(c.relowner) ~ '^([oas]_[a-z2-7]{12}|anon|authenticated|service_role|api_exposed)$'
    and pg_has_role(c.relowner, 'usage')
), schemas as (
  select from pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) g
  where g.privilege_type = 'CREATE'
    and pg_get_userbyid(n.nspowner) ~ '^([oas]_[a-z2-7]{12}|anon|authenticated|service_role|api_exposed)$'
    and pg_has_role(n.nspowner, 'usage')
)
select coalesce(shobj_description(d.oid, 'pg_database'), ''), pg_database_size(d.oid),
  extract(epoch from now())::bigint,
  exists (select from tables where not exposed) or exists (select from schemas),
  exists (select from tables where exposed),
  exists (select from pg_stat_progress_cluster p where p.datid = d.oid)
    or exists (select from pg_stat_progress_create_index p where p.datid = d.oid)
from pg_database d where d.datname = current_database()
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands between the platform and a full database. Kept as the database's comment.

    Attributes:
        size: bytes, when it was last closed.
        lifted: how often somebody lifted the limit since it is full.
        until: when people are let in again, in seconds since 1970; 0: they are.
    """

    size: int
    lifted: int = 0
    until: int = 0

    def __str__(self) -> str:
        return f"{FULL}: {self.size} bytes, lifted {self.lifted} times, closed until {self.until}"

    @classmethod
    def read(cls, comment: str) -> Standing | None:
        """None: the database is not full, as far as was seen before."""
        if not comment.startswith(FULL):
            return None
        size, lifted, until = (int(number) for number in re.findall(r"\d+", comment))
        return cls(size, lifted, until)

    def grown(self, size: int) -> bool:
        """By more than what reading and removing may leave behind."""
        return size > self.size + max(LEAST_GROWTH, self.size // PART_GROWTH)

    def again(self, size: int, now: int) -> Standing:
        """After somebody lifted the limit: the first time is forgiven."""
        seconds = min(FIRST_SECONDS * 2 ** min(self.lifted - 1, 16), LONGEST_SECONDS) if self.lifted else 0
        return Standing(size, self.lifted + 1, now + seconds if seconds else 0)


async def withhold(cluster: Cluster, login: Credential, name: str) -> None:
    """Nobody adds to the database any more; who was let in nevertheless is ended. Safe to repeat: it has to be."""
    async with administrator(cluster, login, name) as connection:
        row = await (await connection.execute(SEEN.encode())).fetchone()
        assert row is not None, "who is connected is in a database"
        comment, size, now, given_back, exposed, rewritten = row
        standing = Standing.read(comment)
        if standing is None:
            await _end_sessions(connection, writing=True)  # they may hold what is to be changed
            await _close(connection, name, Standing(size))
            await _end_sessions(connection, writing=True)
        elif given_back or (standing.grown(size) and not rewritten):
            closed = standing.again(size, now)
            async with connection.transaction():
                # Whoever is interrupted before the end leaves a time after which a later look lets people in again.
                await _note(connection, name, replace(closed, until=max(closed.until, now + 1)))
                await _connect(connection, name, allowed=False)
            await _end_sessions(connection)
            await _close(connection, name, closed)
        elif exposed or 0 < standing.until <= now:
            # The platform exposes a table when its first policy is made, as everywhere.
            await _close(connection, name, standing if now < standing.until else replace(standing, until=0))


async def give_back(cluster: Cluster, login: Credential, name: str) -> None:
    """Everybody may do again what they might before. Safe to repeat."""
    async with administrator(cluster, login, name) as connection, connection.transaction():
        logins = by_login(await logins_of(connection, name))
        names = {"database": name} | {one.value: username for one, username in logins.items()}
        await connection.execute(script("give_back"))
        await connection.execute(script("give_back_creation", **names))
        await connection.execute(sql.SQL("drop table extensions.dbaas_withheld"))
        await connection.execute(sql.SQL("comment on database {} is null").format(sql.Identifier(name)))


async def _close(connection: Connection, name: str, standing: Standing) -> None:
    async with connection.transaction():
        owner = by_login(await logins_of(connection, name))[Login.owner]
        await connection.execute(script("withhold"))
        await connection.execute(script("withhold_creation", database=name, owner=owner))
        await _note(connection, name, standing)
        await _connect(connection, name, allowed=not standing.until)


async def _note(connection: Connection, name: str, standing: Standing) -> None:
    await connection.execute(
        sql.SQL("comment on database {} is {}").format(sql.Identifier(name), sql.Literal(str(standing)))
    )


async def _connect(connection: Connection, name: str, *, allowed: bool) -> None:
    change = sql.SQL("grant connect on database {} to {}" if allowed else "revoke connect on database {} from {}")
    logins = by_login(await logins_of(connection, name)).values()
    await connection.execute(change.format(sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, logins))))


async def _end_sessions(connection: Connection, *, writing: bool = False) -> None:
    """Of the database's logins, or those that have written something."""
    await connection.execute(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database()"
        " and (backend_xid is not null or not %s) and usename ~ '^[oas]_[a-z2-7]{12}$'",
        [writing],
    )
