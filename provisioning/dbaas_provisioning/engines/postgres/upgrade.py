"""Moving a cluster to a newer major version with pg_upgrade.

1. Files are copied or cloned, never linked: the old cluster stays what it was until the new one has been started.
2. What the new build lacks is looked for beforehand, by name; the rest is pg_upgrade's own check.
3. pg_upgrade speaks over a socket in a folder of its own, with the administrator's password from a file.

pg_upgrade: https://www.postgresql.org/docs/current/pgupgrade.html
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from ...engine import Binaries, ClusterSpec, UpgradePlan
from ...errors import Unsupported
from ...nouns import Cluster, Credential
from . import launch
from .administrator import administrator

__all__ = ["after_upgrade", "analyze", "before_upgrade", "drop_slots", "missing_tools", "upgrade_plan"]

log = logging.getLogger(__name__)

OLD_TOOLS = frozenset({"pg_controldata", "pg_ctl", "pg_resetwal", "postgres"})
NEW_TOOLS = OLD_TOOLS | {"initdb", "pg_dump", "pg_dumpall", "pg_restore", "pg_upgrade", "psql", "vacuumdb"}
KEEPS_SLOTS = 17  # from here on pg_upgrade takes logical slots along, and refuses those that lag
_PAUSES = (0.05, 0.2, 0.5, 1.0, 2.0)
NAMED = 8  # of what is missing, in one message

HBA = "local all {superuser} scram-sha-256\n"

_DATABASES = "select datname::text from pg_database where datallowconn and datname <> 'template1' order by datname"
_EXTENSIONS = "select extname::text from pg_extension where extname <> 'plpgsql' order by extname"
# Whatever depends on an ICU collation, and databases that sort by one. The column had another name before 17.
_ICU = """
select exists (
  select from pg_collation c join pg_depend d on d.refclassid = 'pg_collation'::regclass and d.refobjid = c.oid
  where c.collprovider = 'i'
) or exists (select from pg_collation where collprovider = 'i' and oid >= 16384)
  or exists (select from pg_database where datname = current_database() and datlocprovider = 'i')
"""
_LIKE = """
select d.datlocprovider::text, d.datcollate::text, d.datctype::text,
  coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale', ''), current_setting('data_checksums')
from pg_database d where d.datname = 'template0'
"""
_DROP_SLOTS = "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_type = 'logical'"
_END_FEEDS = "select pg_terminate_backend(active_pid, 5000) from pg_replication_slots where active_pid is not null"
_OUTDATED = """
select e.extname::text from pg_extension e join pg_available_extensions a on a.name = e.extname
where a.default_version is distinct from e.extversion order by e.extname
"""


def missing_tools(old: Binaries, new: Binaries) -> Sequence[str]:
    """Programs that pg_upgrade needs and that one of the two builds lacks."""
    return sorted((OLD_TOOLS - old.tools) | (NEW_TOOLS - new.tools))


def upgrade_plan(
    old: ClusterSpec, new: ClusterSpec, like: Mapping[str, str], folder: Path, *, clone: bool
) -> UpgradePlan:
    """The commands and files that move ``old`` to ``new``. Pure; see :class:`dbaas_provisioning.engine.UpgradePlan`."""
    password_file = folder / "password"
    hba = {"pg_hba.conf": HBA.format(superuser=launch.quoted_name(new.superuser.username))}
    plan = launch.plan(new, made_with=_initdb_arguments(like, new.binaries))
    pg_upgrade = [
        str(new.binaries.bindir / "pg_upgrade"),
        f"--old-bindir={old.binaries.bindir}",
        f"--new-bindir={new.binaries.bindir}",
        f"--old-datadir={old.data_dir}",
        f"--new-datadir={new.data_dir}",
        f"--username={new.superuser.username}",
        f"--socketdir={folder}",
        *(["--clone"] if clone else []),
    ]
    return UpgradePlan(
        make=plan,
        old_files=hba,
        new_files={**plan.files, **hba},
        private_files={password_file: _password_line(new.superuser)},
        check=[*pg_upgrade, "--check"],
        move=pg_upgrade,
        env={**plan.env, "PGPASSFILE": str(password_file)},
        reports="pg_upgrade_output.d/**/*.txt",
    )


def _initdb_arguments(like: Mapping[str, str], binaries: Binaries) -> Sequence[str]:
    """What the new cluster has to have in common with the old one."""
    provider = {"c": "libc", "i": "icu", "b": "builtin"}[like["provider"]]
    checksums = like["checksums"] == "on"
    return [
        f"--lc-collate={like['collate']}",
        f"--lc-ctype={like['ctype']}",
        f"--locale-provider={provider}",
        *([f"--{provider}-locale={like['locale']}"] if provider != "libc" else []),
        *(["--data-checksums"] if checksums else ["--no-data-checksums"] if int(binaries.major) >= 18 else []),
    ]


def _password_line(superuser: Credential) -> str:
    """libpq's password file: any host, port and database; its separators are escaped."""
    parts = [part.replace("\\", "\\\\").replace(":", "\\:") for part in (superuser.username, superuser.secret)]
    return f"*:*:*:{parts[0]}:{parts[1]}\n"


async def before_upgrade(cluster: Cluster, superuser: Credential, to: Binaries) -> Mapping[str, str]:
    """See :meth:`dbaas_provisioning.engine.Engine.before_upgrade`."""
    lacking: list[str] = []
    sorts_by_icu: list[str] = []
    for name in await _databases(cluster, superuser):
        async with administrator(cluster, superuser, name) as connection:
            extensions = [row[0] for row in await (await connection.execute(_EXTENSIONS)).fetchall()]
            lacking += [f"{each} ({name})" for each in extensions if each not in to.extensions]
            uses_icu = await (await connection.execute(_ICU)).fetchone()
            if uses_icu is not None and uses_icu[0] and not to.icu:
                sorts_by_icu.append(name)
    if lacking:
        raise Unsupported(
            "extensions_missing",
            f"PostgreSQL {to.major} here lacks extensions that are in use: {_listed(lacking)}.",
            hint=f"Install them for PostgreSQL {to.major}, or drop them from these databases.",
        )
    if sorts_by_icu:
        raise Unsupported(
            "locales_missing",
            f"PostgreSQL {to.major} here was built without ICU, by which is sorted in: {_listed(sorts_by_icu)}.",
            hint="Use a build with ICU; DBAAS_POSTGRES_BIN names its folder.",
        )
    async with administrator(cluster, superuser) as connection:
        row = await (await connection.execute(_LIKE)).fetchone()
        assert row is not None
    return dict(zip(("provider", "collate", "ctype", "locale", "checksums"), row, strict=True))


async def drop_slots(cluster: Cluster, superuser: Credential) -> None:
    """Where pg_upgrade would take logical slots along: they are of a log that ends here, and followers resync."""
    if int(cluster.version) < KEEPS_SLOTS:
        return
    async with administrator(cluster, superuser) as connection:
        for pause in (*_PAUSES, None):
            try:
                await connection.execute(_END_FEEDS)
                await connection.execute(_DROP_SLOTS)
            except psycopg.errors.ObjectInUse:  # whoever read it was quick to come back
                if pause is None:
                    raise
                await asyncio.sleep(pause)
            else:
                return


async def after_upgrade(cluster: Cluster, superuser: Credential) -> None:
    """See :meth:`dbaas_provisioning.engine.Engine.after_upgrade`."""
    for name in await _databases(cluster, superuser):
        async with administrator(cluster, superuser, name) as connection:
            for (extension,) in await (await connection.execute(_OUTDATED)).fetchall():
                try:
                    await connection.execute(sql.SQL("alter extension {} update").format(sql.Identifier(extension)))
                except psycopg.DatabaseError as error:
                    log.warning("The extension %s in %s stays as it is: %s", extension, name, error.sqlstate)


async def analyze(cluster: Cluster, superuser: Credential) -> None:
    """See :meth:`dbaas_provisioning.engine.Engine.analyze`."""
    for name in await _databases(cluster, superuser):
        async with administrator(cluster, superuser, name) as connection:
            await connection.execute("set statement_timeout = 0")
            await connection.execute("analyze")


async def _databases(cluster: Cluster, superuser: Credential) -> Sequence[str]:
    async with administrator(cluster, superuser) as connection:
        return [row[0] for row in await (await connection.execute(_DATABASES)).fetchall()]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
