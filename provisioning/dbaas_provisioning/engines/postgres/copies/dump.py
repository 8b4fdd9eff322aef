"""Writing a database to a file with pg_dump.

The file is in pg_dump's custom format and not a folder: the table of contents of a folder names files, and a malicious
one would have pg_restore read whichever files the platform may read.
"""

from __future__ import annotations

import os
from pathlib import Path

from psycopg.conninfo import make_conninfo

from ....copies import Contents, Extension, Told
from ....errors import DbaasError, Invalid, Unavailable
from ..administrator import Connection
from .entries import PLATFORM_SCHEMAS
from .tools import ToolFailed, Where, find_tools, run_tool

__all__ = ["contents_of", "withheld_of", "write"]

LOCK_WAIT_MS = 60_000

CONTENTS = """
with own as (
  select oid, nspname from pg_catalog.pg_namespace
  where nspname !~ '^pg_' and nspname <> 'information_schema'
)
select pg_catalog.current_setting('server_version'),
  (select coalesce(pg_catalog.array_agg(nspname::text order by nspname), '{}') from own),
  (select coalesce(pg_catalog.array_agg(array[extname::text, extversion, nspname::text] order by extname), '{}')
   from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace where extname <> 'plpgsql'),
  (select count(*)::int from pg_catalog.pg_class c join own on own.oid = c.relnamespace
   where relkind = 'r' and nspname <> all (%s)
     and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                       and d.objid = c.oid and d.deptype = 'e'))
"""

# As pg_dump would have written them, had nothing been withheld.
WITHHELD = """
with kept as (
  select distinct w.privilege || case w.attribute when '' then '' else format(' (%%I)', w.attribute) end as privilege,
    case w.privilege when 'CREATE' then format('SCHEMA %%I', n.nspname)
      else format('TABLE %%I.%%I', t.nspname, c.relname) end as object,
    case w.grantee when 0 then 'PUBLIC' else quote_ident(r.rolname) end as grantee,
    case when w.grantable then ' WITH GRANT OPTION' else '' end as option
  from extensions.dbaas_withheld w
    left join pg_catalog.pg_roles r on r.oid = w.grantee
    left join pg_catalog.pg_class c on c.oid = w.relation and w.privilege <> 'CREATE'
    left join pg_catalog.pg_namespace t on t.oid = c.relnamespace
    left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = w.attribute and not a.attisdropped
    left join pg_catalog.pg_namespace n on n.oid = w.relation and w.privilege = 'CREATE'
  where (w.grantee = 0 or r.oid is not null) and coalesce(t.nspname, n.nspname) <> all (%s)
    and (w.attribute = '' or a.attname is not null)
    and not exists (select from pg_catalog.pg_depend d where d.objid = w.relation and d.deptype = 'e'
      and d.classid in ('pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_namespace'::pg_catalog.regclass))
)
select format('GRANT %%s ON %%s TO %%s%%s;', string_agg(privilege, ', ' order by privilege), object, grantee, option)
from kept group by object, grantee, option order by 1
"""


async def contents_of(connection: Connection, owner: str) -> Contents:
    """What is in the database of a connection."""
    found = await connection.execute(CONTENTS, [list(PLATFORM_SCHEMAS)])
    row = await found.fetchone()
    assert row is not None
    version, schemas, extensions, tables = row
    return Contents(
        version.split(" ")[0],
        tuple(name for name in schemas if name not in PLATFORM_SCHEMAS),
        tuple(name for name in schemas if name in PLATFORM_SCHEMAS),
        tuple(Extension(*each) for each in extensions),
        owner,
        tables,
    )


async def withheld_of(connection: Connection) -> tuple[str, ...]:
    """What gives back what a full database's users may not do there now: a restored one decides that anew."""
    found = await connection.execute("select to_regclass('extensions.dbaas_withheld') is not null")
    if await found.fetchone() != (True,):
        return ()
    rows = await (await connection.execute(WITHHELD, [list(PLATFORM_SCHEMAS)])).fetchall()
    return tuple(row[0] for row in rows)


async def write(
    where: Where, packages: Path, archive: int, contents: Contents, told: Told, *, schema_only: bool = False
) -> None:
    """Write a database to a file. Raises ``Unavailable`` (``dump_failed``), ``Invalid`` (``row_security_forced``)."""
    program = find_tools(packages, contents.major).bindir / "pg_dump"
    arguments = [
        "--format=custom", "--compress=1", "--verbose", "--no-password", "--no-publications", "--no-subscriptions",
        "--no-security-labels", f"--lock-wait-timeout={LOCK_WAIT_MS}",
        *(f"--exclude-schema={name}" for name in PLATFORM_SCHEMAS),
        *(["--schema-only"] if schema_only else []),
        f"--dbname={make_conninfo(dbname=where.dbname)}",
    ]  # fmt: skip
    done = 0

    def line(text: str) -> None:
        nonlocal done
        if "dumping contents of table" in text:
            told(min(done, contents.tables), contents.tables)
            done += 1

    try:
        await run_tool(program, arguments, where, stdout=archive, line=line)
    except ToolFailed as error:
        raise error.as_unavailable() or _failed(error) from None
    told(contents.tables, contents.tables)
    os.fsync(archive)


def _failed(error: ToolFailed) -> DbaasError:
    if "row-level security" in error.reason or "row security" in error.reason:
        return Invalid(
            "row_security_forced",
            "Row policies would hide rows from the dump, so it was not made.",
            hint="ALTER TABLE … NO FORCE ROW LEVEL SECURITY lets the owner see every row.",
            details=error.reason,
        )
    return Unavailable("dump_failed", "The database could not be dumped.", details=error.reason)
