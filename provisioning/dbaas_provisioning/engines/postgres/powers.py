"""What an administrator's login can do on a server, and what becomes of the platform's promises there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ...engine import Ability
from ...errors import Conflict, DbaasError, Invalid, Unavailable, Unsupported
from ...nouns import Cluster, Credential, Powers
from .administrator import Connection, administrator

__all__ = ["EXTENSIONS", "abilities", "probe"]

EXTENSIONS = ("uuid-ossp", "pgcrypto", "pg_stat_statements")
OLDEST = 15  # the owner of a database owns its schema public; tables are published by schema
EVERY = "every few seconds"

FACTS = """
select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
  current_setting('max_connections')::int as max_connections, current_setting('wal_level') as wal_level,
  current_setting('max_replication_slots')::int - (select count(*)::int from pg_replication_slots) as free_slots,
  (select system_identifier::text from pg_control_system()) as system_identifier,
  r.rolsuper, r.rolcreatedb, r.rolcreaterole, r.rolbypassrls, r.rolinherit,
  r.rolsuper or r.rolreplication or exists (
    select from pg_roles m where m.rolname = 'rds_replication' and pg_has_role(m.oid, 'member')) as reads_logs,
  r.rolsuper or exists (
    select from pg_auth_members m where m.roleid = to_regrole('pg_use_reserved_connections') and m.admin_option
      and pg_has_role(m.member, 'member')) as grants_reserved,
  coalesce(current_setting('reserved_connections', true)::int, 0) > 0 as reserves,
  exists (select from pg_database d where d.datname = 'template1' and pg_has_role(d.datdba, 'usage')) as owns_templates,
  (select max(default_version) from pg_available_extensions where name = 'citus') as citus,
  array(select distinct name::text from pg_available_extension_versions v where v.name = any (%(extensions)s)
          and (v.trusted or r.rolsuper) order by 1) as extensions
from pg_roles r where r.rolname = current_user
"""

# How the roles that all tenants' connections become are made, or were made by somebody else.
API_ROLES = """
select r.rolname, r.rolcanlogin and r.rolname <> all (%(passwordless)s)
    or r.rolsuper or r.rolcreaterole or r.rolcreatedb or r.rolreplication
    or r.rolname <> 'service_role' and r.rolbypassrls
    or exists (select from pg_auth_members m
               where m.member = r.oid and m.roleid <> coalesce(to_regrole('api_exposed')::oid, 0)) as unsafe,
  %(super)s or %(number)s < 160000
    or exists (select from pg_auth_members m
               where m.roleid = r.oid and m.admin_option and pg_has_role(m.member, 'member')) as ours,
  r.rolbypassrls
from pg_roles r where r.rolname in ('anon', 'authenticated', 'service_role', 'api_exposed') order by 1
"""

# Citus goes to its workers as the role that a session became, which must be one that may log in. Without a password it
# is let in nowhere but where pg_hba.conf lets nodes in.
PASSWORDLESS = """
select coalesce(array_agg(rolname::text), '{}') from pg_authid
where rolname in ('anon', 'authenticated', 'service_role') and rolcanlogin and rolpassword is null
"""

OPEN_DATABASES = """
select d.datname from pg_database d
where d.datallowconn and has_database_privilege('public', d.oid, 'connect') order by 1
"""


async def probe(cluster: Cluster, login: Credential) -> Powers:
    """Ask a server what its administrator can do. Changes nothing.

    Raises:
        Unavailable: ``server_unreachable``, ``tls_failed``: it cannot be reached, or not in the way that was asked for.
        Invalid: ``login_refused``: not with this name, password or database.
        Unsupported: ``server_cannot_isolate``: the login cannot make what keeps tenants apart.
        Conflict: ``api_roles_taken``: roles of our names are there already, and are not safe or not ours to grant.
    """
    try:
        async with administrator(cluster, login, plain=True) as connection:
            facts = await _facts(connection)
            _check(facts)
            roles = await _roles(connection, facts)
            makes_triggers = facts["rolsuper"] or await _makes_event_triggers(connection)
            opened = [row[0] for row in await (await connection.execute(OPEN_DATABASES.encode())).fetchall()]
    except DbaasError as error:
        raise reached_not(error) from None
    bypasses = {row["rolname"]: row["rolbypassrls"] for row in roles}
    return Powers(
        version=facts["version"].split(" ")[0],
        system_identifier=facts["system_identifier"],
        superuser=facts["rolsuper"],
        event_triggers=makes_triggers,
        replication=facts["reads_logs"] and facts["wal_level"] == "logical",
        bypasses_policies=bypasses.get(
            "service_role", facts["rolsuper"] or (facts["rolbypassrls"] and facts["number"] >= 160000)
        ),
        reserved_connections=facts["grants_reserved"] and facts["reserves"],
        owns_templates=facts["owns_templates"],
        extensions=tuple(facts["extensions"]),
        citus=facts["citus"],
        max_connections=facts["max_connections"],
        free_slots=facts["free_slots"],
        open_databases=tuple(opened),
    )


async def _facts(connection: Connection) -> Mapping[str, Any]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        found = await (await cursor.execute(FACTS, {"extensions": list(EXTENSIONS)})).fetchone()
    assert found is not None, "who is connected has a role"
    return found


async def _roles(connection: Connection, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    passwordless: list[str] = []
    if facts["rolsuper"] and facts["citus"]:
        [passwordless] = await (await connection.execute(PASSWORDLESS)).fetchone() or ([],)
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            API_ROLES, {"super": facts["rolsuper"], "number": facts["number"], "passwordless": passwordless}
        )
        roles = await cursor.fetchall()
    for role in roles:
        if role["unsafe"] or not role["ours"]:
            wrong = "can do more than it may" if role["unsafe"] else "is not this login's to grant"
            raise Conflict(
                "api_roles_taken",
                f"The server has a role {role['rolname']} already, which {wrong}.",
                hint="It may not log in nor have rights or memberships of its own; the login needs ADMIN OPTION on it.",
            )
    return roles


def _check(facts: Mapping[str, Any]) -> None:
    """Refuse where tenants could not be kept apart at all, naming everything that is missing."""
    missing = []
    if facts["number"] < OLDEST * 10_000:
        missing.append(f"PostgreSQL {OLDEST} or newer (it is {facts['version'].split(' ')[0]})")
    if not facts["rolsuper"]:
        missing += ["CREATEDB"] if not facts["rolcreatedb"] else []
        missing += ["CREATEROLE"] if not facts["rolcreaterole"] else []
        missing += ["INHERIT"] if not facts["rolinherit"] and facts["number"] < 160000 else []
    if missing:
        raise Unsupported(
            "server_cannot_isolate",
            f"Tenants cannot be kept apart on this server; missing: {', '.join(missing)}.",
            hint="Register a login with CREATEDB and CREATEROLE, or another server.",
        )


async def _makes_event_triggers(connection: Connection) -> bool:
    """Some managed services allow it to others than superusers. Tried, and taken back."""
    try:
        async with connection.transaction(force_rollback=True):
            await connection.execute(
                "create function pg_temp.dbaas_probe() returns event_trigger language plpgsql as 'begin end'"
            )
            await connection.execute(
                "create event trigger dbaas_probe on ddl_command_end when tag in ('CREATE CAST')"
                " execute function pg_temp.dbaas_probe()"
            )
    except psycopg.Error:
        return False
    return True


# What libpq says when the server refused, or something before it did. The server's own words are in its language.
LOGIN_REFUSED = ("password authentication failed", 'role "', 'database "', "not permitted to log in")
TLS_REFUSED = ("SSL", "certificate", "TLS", "no encryption")


def reached_not(error: DbaasError) -> DbaasError:
    """Which of the ways not to be let in it was; any other error as it is."""
    if error.code != "engine_unreachable":
        return error
    told = error.details or ""
    if any(words in told for words in LOGIN_REFUSED):
        return Invalid("login_refused", "The server does not let this login in.", details=told)
    if any(words in told for words in TLS_REFUSED):
        return Unavailable(
            "tls_failed", "No protected connection to the server could be made.", details=told,
            hint="Look at sslmode, the host's name and --ca.",
        )  # fmt: skip
    return Unavailable(
        "server_unreachable", "The server cannot be reached.", details=told, hint="Look at the host and the port."
    )


def abilities(cluster: Cluster) -> Iterator[Ability]:
    """What the platform promises, and whether it holds on this server. Pure."""
    powers = cluster.powers
    yield Ability("isolation", "supported", "Each database has logins of its own; nobody else's can enter it.")
    if powers.open_databases:
        listed = ", ".join(powers.open_databases)
        yield Ability(
            "closed_server", "refused",
            f"Every login can enter {listed}: only their owner can REVOKE CONNECT … FROM PUBLIC.",
        )  # fmt: skip
    else:
        yield Ability("closed_server", "supported", "Tenants' logins can enter no database but their own.")
    yield Ability(
        "hidden_neighbours", "refused", "Names of all databases and roles can be read by all; hence they are opaque."
    )
    if powers.superuser:
        yield Ability("exposure", "supported", "Event triggers grant and withdraw with the very command.")
    else:
        yield Ability(
            "exposure", "worked_around",
            f"Without event triggers the platform looks {EVERY}: new policies and tables count from then on.",
        )  # fmt: skip
    if powers.bypasses_policies:
        yield Ability("service_role", "supported", "service_role passes by row policies.")
    else:
        yield Ability(
            "service_role", "worked_around",
            "service_role may not have BYPASSRLS: tables with row security get a policy that lets it see all;"
            " restrictive policies hold for it.",
        )  # fmt: skip
    if not powers.replication:
        yield Ability(
            "realtime", "refused", "The log of changes needs REPLICATION for the login, and wal_level = logical."
        )
    elif powers.superuser:
        yield Ability("realtime", "supported", "The log of changes is read.")
    else:
        yield Ability(
            "realtime", "worked_around",
            f"New tables are published when the platform looks, {EVERY}, and write whole rows to the log.",
        )  # fmt: skip
    if powers.reserved_connections:
        yield Ability("reserved_connections", "supported", "The API is let in when others use up the connections.")
    else:
        yield Ability(
            "reserved_connections", "refused", "Connections cannot be kept free for the API; tenants share them all."
        )
    yield Ability(
        "limits", "supported",
        "Connections are limited for each login; the platform looks every second, and ends what takes longer than its"
        " tenant's plan allows.",
    )  # fmt: skip
    if powers.superuser:
        yield Ability("storage", "supported", "What adds to a database whose tenant has no room left is refused.")
    else:
        yield Ability(
            "storage", "worked_around",
            f"What adds to a full database is refused, but its owner can lift that until the platform looks, {EVERY}:"
            " then its sessions end, and who does it again is not let in for a while.",
        )  # fmt: skip
    if powers.superuser:
        yield Ability("temporary_files", "supported", "What a statement may write to temporary files is limited.")
    else:
        yield Ability(
            "temporary_files", "refused", "Only a superuser can limit what statements write to temporary files."
        )
    missing = [name for name in EXTENSIONS if name not in powers.extensions]
    yield Ability(
        "extensions",
        "refused" if missing else "supported",
        f"New databases lack {', '.join(missing)}." if missing else "New databases have what local ones have.",
    )
    if cluster.endpoint.sslmode in ("verify-full", "verify-ca") or cluster.endpoint.sslrootcert:
        yield Ability("tls", "supported", "Connections are protected, and the server is known by its certificate.")
    else:
        yield Ability("tls", "refused", "Nobody vouches for the server: register it with sslmode=verify-full.")
    if powers.citus is not None:
        yield Ability(
            "citus", "worked_around",
            f"The server has Citus {powers.citus}: databases in which its operator made the extension and named the"
            " workers distribute tables; the log of changes has nothing of rows on workers.",
        )  # fmt: skip
