"""Filling a new, prepared database from an archive.

What comes with an archive runs as a working login, hence as its owner at most. The administrator comes before and after
it, looks at catalogs alone, and runs nothing that the archive brought.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from ....copies import Contents, Told
from ....errors import DbaasError, Invalid, Unsupported
from ....nouns import Cluster, Credential
from ..administrator import Connection, administrator, refused
from .entries import Entry, entries, grants_of, is_grant, wanted
from .tools import ToolFailed, Where, find_tools, listed, run_tool
from .working import where, working_login

__all__ = ["API_ROLES", "PROVIDED", "check_extensions", "fill", "foreign_roles"]

PROVIDED = frozenset({"plpgsql", "uuid-ossp", "pgcrypto", "pg_stat_statements"})
API_ROLES = ("anon", "authenticated", "service_role", "api_exposed")
NO_SUCH_SETTING = (17, 'unrecognized configuration parameter "transaction_timeout"')
DATA = ("TABLE DATA", "MATERIALIZED VIEW DATA")


async def check_extensions(cluster: Cluster, superuser: Credential, contents: Contents) -> None:
    """Raises ``Unsupported`` (``extension_missing``) for what owners cannot create here, all of it by name."""
    needed = sorted({each.name for each in contents.extensions} - PROVIDED)
    if not needed:
        return
    async with administrator(cluster, superuser) as connection:
        found = await connection.execute(
            "select distinct name from pg_available_extension_versions where trusted and name = any (%s)", [needed]
        )
        here = {row[0] for row in await found.fetchall()}
    if missing := [name for name in needed if name not in here]:
        raise Unsupported(
            "extension_missing",
            f"This needs extensions that owners cannot create here: {', '.join(missing)}.",
            hint="Drop them where it comes from, or ask the platform's operator for them.",
        )


async def fill(
    cluster: Cluster,
    superuser: Credential,
    name: str,
    owner: str,
    others: Collection[str],
    working: str,
    packages: Path,
    archive: int,
    contents: Contents,
    told: Told,
    *,
    grants: bool,
) -> None:
    """See :meth:`dbaas_provisioning.copies.Copies.restore`.

    Args:
        owner: the role that everything belongs to.
        others: the database's other logins.
    """
    program = find_tools(packages, max(contents.major, cluster.version, key=int)).bindir / "pg_restore"
    found = list(entries(await listed(program, archive)))
    async with administrator(cluster, superuser, name) as inside:
        if grants:
            await _without_defaults(inside, owner)
        found_here = await inside.execute("select extname from pg_extension")
        present = PROVIDED.union(row[0] for row in await found_here.fetchall())
    async with working_login(cluster, superuser, working, owner) as login:
        place = where(cluster, name, login)
        chosen = [each for each in found if wanted(each, present)]
        await _run(program, place, owner, archive, chosen, told, older_server=int(cluster.version) < NO_SUCH_SETTING[0])
        async with administrator(cluster, superuser, name) as inside:
            # What the dump made beneath the owner's role.
            await inside.execute(
                sql.SQL("reassign owned by {} to {}").format(sql.Identifier(working), sql.Identifier(owner))
            )
        script = await _grants(program, archive, [each for each in found if grants and is_grant(each)])
        if grants:
            script += "\n".join(contents.withheld)
        await _finish(cluster, login, name, owner, list(grants_of(script, contents.owner, owner)), contents)
    async with administrator(cluster, superuser, name) as inside:
        if strangers := await foreign_roles(inside, [owner, *others, *API_ROLES, superuser.username]):
            raise Invalid(
                "restore_refused",
                "The dump gives something to roles that do not belong to the database.",
                details=", ".join(strangers),
            )


async def foreign_roles(inside: Connection, known: Collection[str]) -> list[str]:
    """Roles beyond those known and the server's own that anything in the database of a connection depends on."""
    found = await inside.execute(
        "select distinct rolname from pg_shdepend s join pg_roles r on r.oid = s.refobjid"
        " where s.refclassid = 'pg_authid'::regclass and r.oid >= 16384 and rolname <> all (%s)"
        " and s.dbid = (select oid from pg_database where datname = current_database()) order by 1",
        [list(known)],
    )
    return [row[0] for row in await found.fetchall()]


async def _without_defaults(inside: Connection, owner: str) -> None:
    """Let new objects have no more rights than the dump gives: it brings its own, the default ones among them."""
    role = sql.Identifier(owner)
    kinds = {"schemas": "usage", "tables": "all", "sequences": "all", "routines": "all"}
    async with inside.transaction():
        for kind, right in kinds.items():
            for schema, groups in (("", "service_role"), ("in schema public", ", ".join(API_ROLES[:3]))):
                if not (schema and kind == "schemas"):
                    await inside.execute(
                        sql.SQL("alter default privileges for role {} {} revoke {} on {} from {}").format(
                            role, sql.SQL(schema), sql.SQL(right), sql.SQL(kind), sql.SQL(groups)
                        )
                    )


async def _run(
    program: Path, place: Where, owner: str, archive: int, chosen: list[Entry], told: Told, *, older_server: bool
) -> None:
    tables = sum(each.kind in DATA for each in chosen)
    done = 0

    def line(text: str) -> None:
        nonlocal done
        if "processing data for table" in text:
            told(min(done, tables), tables)
            done += 1

    with _list_of(chosen) as listing:
        arguments = [
            *([] if older_server else ["--exit-on-error"]),
            "--format=custom", "--verbose", "--no-password", "--no-owner", "--no-acl",
            "--no-tablespaces", "--no-publications", "--no-subscriptions", "--no-security-labels",
            f"--role={owner}", f"--use-list=/proc/self/fd/{listing}", f"--dbname={make_conninfo(dbname=place.dbname)}",
        ]  # fmt: skip
        os.lseek(archive, 0, os.SEEK_SET)
        try:
            await run_tool(program, arguments, place, stdin=archive, keep=[listing], line=line)
        except ToolFailed as error:
            if not (older_server and _only_the_setting(error)):
                raise error.as_unavailable() or _refused(error) from None
    told(tables, tables)


def _only_the_setting(error: ToolFailed) -> bool:
    """Programs from 17 on set what older servers do not know, and count that as their one failure."""
    [first, *others] = error.lines
    return NO_SUCH_SETTING[1] in first and [line.partition(": ")[2] for line in others] == [
        "warning: errors ignored on restore: 1"
    ]


async def _grants(program: Path, archive: int, chosen: list[Entry]) -> str:
    """The script that gives and takes rights, as the archive has it; it is only read."""
    if not chosen:
        return ""
    with _list_of(chosen) as listing:
        os.lseek(archive, 0, os.SEEK_SET)
        arguments = ["--format=custom", "--file=-", "--no-owner", f"--use-list=/proc/self/fd/{listing}"]
        try:
            return (await run_tool(program, arguments, stdin=archive, keep=[listing])).decode()
        except (ToolFailed, UnicodeDecodeError):
            raise Invalid("dump_damaged", "The dump's list of rights cannot be read.") from None


async def _finish(
    cluster: Cluster, login: Credential, name: str, owner: str, grants: list[str], contents: Contents
) -> None:
    """Rights, and statistics for the planner; as the owner."""
    try:
        connection = await psycopg.AsyncConnection.connect(
            **cluster.endpoint.parameters, dbname=name, user=login.username,
            password=login.secret, options="-c search_path=pg_catalog", require_auth="scram-sha-256",
            connect_timeout=10, autocommit=True,
        )  # fmt: skip
        async with connection:
            await connection.execute(sql.SQL("set role {}").format(sql.Identifier(owner)))
            if "public" not in contents.schemas:
                await connection.execute("drop schema public")
            async with connection.transaction():
                for statement in grants:
                    await connection.execute(statement.encode())
            await connection.execute("analyze")
    except psycopg.OperationalError as error:
        raise refused(error) from None
    except psycopg.Error as error:
        raise Invalid(
            "restore_refused", "The server refused the dump's rights.", details=error.diag.message_primary
        ) from None


@contextmanager
def _list_of(chosen: list[Entry]) -> Iterator[int]:
    """A file in memory that a program of another user can read, with what it is to take."""
    descriptor = os.memfd_create("entries")
    try:
        os.fchmod(descriptor, 0o444)
        with open(descriptor, "w", encoding="ascii", closefd=False) as stream:
            stream.writelines(f"{each.id};\n" for each in chosen)
        yield descriptor
    finally:
        os.close(descriptor)


def _refused(error: ToolFailed) -> DbaasError:
    damaged = not any("ERROR:" in line for line in error.lines)
    if damaged:
        return Invalid("dump_damaged", "The dump cannot be read to its end.", details=error.reason)
    return Invalid(
        "restore_refused", "The server refused what is in the dump; nothing was changed.", details=error.reason
    )
