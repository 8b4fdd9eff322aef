"""What event triggers do where there are some, done by looking again and again where there are none.

It all runs with the administrator's rights in a database whose tables are a tenant's: names are looked up in
``pg_catalog`` only, and nothing of a tenant's is ever called or evaluated. Each change is a statement of its own that
waits for nobody; what somebody holds just now is done next time.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence

from psycopg import errors

from ...nouns import Powers
from .administrator import Connection

__all__ = ["SERVICE_POLICY", "tend"]

log = logging.getLogger(__name__)

SERVICE_POLICY = "dbaas_service_role"

# Tables of the tenant's that the administrator has the owner's rights on.
TABLES = """
select c.oid, c.relacl, c.relkind, c.relispartition, c.relpersistence, c.relreplident, c.relrowsecurity, n.nspname,
  n.nspowner = to_regrole(%(owner)s) as in_own_schema
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and c.relpersistence <> 't' and c.oid >= 16384 and pg_has_role(c.relowner, 'usage')
"""

# A schema public that the tenant made anew serves the API, once: what is revoked afterwards stays revoked.
PUBLIC_SCHEMA = """
select array[
  'grant usage on schema public to anon, authenticated, service_role',
  format('comment on schema extensions is %%L', 'public is ' || oid)]
from pg_namespace
where nspname = 'public' and nspowner = to_regrole(%(owner)s) and oid >= 16384
  and 'public is ' || oid is distinct from obj_description(to_regnamespace('extensions'), 'pg_namespace')
"""

EXPOSURE = f"""
with tables as (
  select oid, relacl, in_own_schema and relrowsecurity
    and exists (select from pg_policy p where p.polrelid = t.oid and p.polname <> '{SERVICE_POLICY}') as wanted
  from ({TABLES}) t
), objects as (
  select oid, 'table' as kind, relacl, wanted from tables
  union all
  select s.oid, 'sequence', s.relacl, t.wanted
  from tables t
    join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid
     and d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i')
    join pg_class s on s.oid = d.objid and s.relkind = 'S'
)
select array[case
  when kind = 'sequence' and wanted then format('grant usage on sequence %%s to api_exposed', oid::regclass)
  when wanted then format('grant select, insert, update, delete on table %%s to api_exposed', oid::regclass)
  else format('revoke all on %%s %%s from api_exposed', kind, oid::regclass)
end]
from objects
where wanted <> exists (select from aclexplode(relacl) where grantee = 'api_exposed'::regrole)
"""  # noqa: S608 - every name in it is ours

SERVICE = f"""
select array[format(
  'create policy {SERVICE_POLICY} on %%s to service_role using (true) with check (true)', oid::regclass)]
from ({TABLES}) t
where relrowsecurity and in_own_schema
  and not exists (select from pg_policy p where p.polrelid = t.oid and p.polname = '{SERVICE_POLICY}')
"""  # noqa: S608 - every name in it is ours

# Whole rows are written to the log: a key may go at any time, and a published table without one refuses UPDATE.
PUBLICATION = f"""
with mine as ({TABLES}), published as (
  select t.oid, not t.relispartition and not exists (select from pg_publication_rel r where r.prrelid = t.oid
      and r.prpubid = (select oid from pg_publication where pubname = 'dbaas')) as added,
    t.relreplident <> 'f' as changed
  from mine t join pg_namespace n on n.nspname = t.nspname
  where t.relpersistence = 'p'
    and not (starts_with(t.nspname, 'pg_') or t.nspname in ('information_schema', 'auth', 'extensions'))
    and not exists (select from pg_depend d
      where d.classid = 'pg_namespace'::regclass and d.objid = n.oid and d.deptype = 'e')
)
select array_remove(array[
  case when changed then format('alter table %%s replica identity full', oid::regclass) end,
  case when added then format('alter publication dbaas add table %%s', oid::regclass) end], null)
from published where added or changed
"""  # noqa: S608 - every name in it is ours


async def tend(connection: Connection, owner: str, exposure: str, powers: Powers) -> None:
    """Make grants, policies of the platform's and the publication right. Changes nothing where all is well.

    Args:
        connection: the administrator's, to the database.
        owner: the login that the tenant's objects belong to.
    """
    changed = 0
    async for statements in _wanted(connection, owner, exposure, powers):
        changed += await _do(connection, statements)
    if changed:
        await connection.execute("select pg_notify('dbaas_ddl', '')")


async def _wanted(connection: Connection, owner: str, exposure: str, powers: Powers) -> AsyncIterator[Sequence[str]]:
    """Groups of statements, each for one table; the next question is asked when the answers to the last are done."""
    questions: Mapping[str, bool] = {
        PUBLIC_SCHEMA: True,
        EXPOSURE: exposure == "policies",
        SERVICE: not powers.bypasses_policies,
        PUBLICATION: powers.replication,
    }
    if powers.replication:
        await _publication(connection)
    for question, asked in questions.items():
        if asked:
            found = await connection.execute(question.encode(), {"owner": owner})
            for (statements,) in await found.fetchall():
                yield statements


async def _do(connection: Connection, statements: Sequence[str]) -> bool:
    try:
        async with connection.transaction():
            await connection.execute("set local lock_timeout = '100ms'")
            for statement in statements:
                await connection.execute(statement.encode())
    except (
        errors.LockNotAvailable, errors.ObjectInUse, errors.InsufficientPrivilege,
        errors.UndefinedTable, errors.DuplicateObject, errors.WrongObjectType,
    ) as error:  # fmt: skip
        # It is in use, or is another thing than it was a moment ago: the next look tells.
        log.debug("not tended yet: %s", error.sqlstate)
        return False
    return True


async def _publication(connection: Connection) -> None:
    found = await connection.execute("select from pg_publication where pubname = 'dbaas'")
    if found.rowcount:
        return
    generated = ", publish_generated_columns = stored" if connection.info.server_version >= 180000 else ""
    await connection.execute(f"create publication dbaas with (publish_via_partition_root = true{generated})".encode())
