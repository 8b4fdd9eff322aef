"""``dbaas tenant | create | keys | jwt | connection-string | info | list | rotate | drop``."""

from __future__ import annotations

import argparse
import sys
from typing import Any
from uuid import UUID

from dbaas_provisioning.errors import Invalid, NotFound
from dbaas_provisioning.nouns import Database, KeyRole

from ..control.keys import signed
from ..control.render import database_json, endpoints, key_json, mongo_door, tenant_json
from ..feeds.remote import SocketFeeds
from .opened import Opened, opened
from .show import print_fields, print_rows, size_text

__all__ = [
    "connection_string", "create_database", "create_key", "create_tenant", "drop_database", "drop_tenant", "jwt_secret",
    "list_databases", "list_keys", "list_tenants", "reach", "revoke_key", "rotate", "show_database", "sign_token",
    "update_tenant",
]  # fmt: skip

_DESCRIBED = (
    "tenant", "name", "engine", "version", "state", "size_bytes", "connections", "exposure",
    "rest_url", "realtime_url", "graphql_url", "mongodb_url",
)  # fmt: skip


async def create_tenant(options: argparse.Namespace) -> None:
    """Make a tenant."""
    async with opened(options.home) as here:
        tenant = await here.platform.create_tenant(
            options.name,
            subdomain=options.subdomain,
            plan=options.plan,
            administrator=options.administrator,
            actor=here.actor,
        )
    print_fields(tenant_json(tenant), as_json=options.json)


async def list_tenants(options: argparse.Namespace) -> None:
    """List tenants."""
    async with opened(options.home) as here:
        rows = [tenant_json(tenant) for tenant in await here.platform.tenants()]
    print_rows(
        rows,
        ["subdomain", "name", "plan_type", "default_database"],
        as_json=options.json,
        empty="No tenant yet: dbaas tenant create NAME",
    )


async def update_tenant(options: argparse.Namespace) -> None:
    """Change what is given of a tenant."""
    wished = (
        options.default_database,
        options.plan,
        options.cors_origins,
        options.max_connections,
        options.max_storage_gb,
    )
    if all(wish is None for wish in wished):
        raise Invalid("missing_field", "There is nothing to change.", hint="dbaas tenant update --help")
    async with opened(options.home) as here:
        tenant = await here.platform.update_tenant(
            options.tenant,
            default_database=options.default_database,
            plan=options.plan,
            max_connections=options.max_connections,
            max_storage_gb=options.max_storage_gb,
            restart=options.restart,
            cors_origins=options.cors_origins,
            actor=here.actor,
        )
        shown = tenant_json(tenant) | {"restart_needed": await here.platform.plans.short(tenant)}
    if not options.json:
        shown["cors_origins"] = ", ".join(tenant.cors_origins)
    print_fields(shown, as_json=options.json)


async def drop_tenant(options: argparse.Namespace) -> int:
    """Remove a tenant, after asking."""
    async with opened(options.home) as here:
        tenant = await here.platform.tenant(options.tenant)
        if not _confirmed(
            options, f"tenant {tenant.subdomain} with all its databases and their dumps", tenant.subdomain
        ):
            return 1
        await here.platform.drop_tenant(tenant.subdomain, actor=here.actor)
    print_fields({"dropped": tenant.subdomain}, as_json=options.json)
    return 0


async def create_database(options: argparse.Namespace) -> None:
    """Make a database and print how to reach it."""
    async with opened(options.home) as here:
        database = await here.platform.create_database(
            options.tenant,
            options.engine,
            options.name,
            options={"expose": options.expose} if options.expose else {},
            cluster=options.cluster,
            actor=here.actor,
        )
        fields = await reach(here, options.tenant, database)
    print_fields(fields, as_json=options.json)


async def rotate(options: argparse.Namespace) -> None:
    """New passwords: of a database, or for MongoDB's clients of a tenant."""
    tenant, name = options.database
    async with opened(options.home) as here:
        if name is None:
            await here.platform.rotate_mongo_login(tenant, actor=here.actor)
            fields = {"tenant": tenant, "connection_string": await here.platform.mongo_connection_string(tenant)}
        else:
            database = await here.platform.rotate(tenant, name, actor=here.actor)
            fields = await reach(here, tenant, database)
    print_fields(fields, as_json=options.json)


async def reach(here: Opened, tenant: str, database: Database) -> dict[str, Any]:
    """How a database is reached, with the owner's secret."""
    door = await mongo_door(here.platform, database)
    fields = {
        "tenant": tenant,
        "database": database.name,
        "engine": database.engine,
        "exposure": database.exposure if door is None else None,
        "connection_string": await here.platform.connection_string(tenant, database.name),
        **endpoints(here.url, tenant, database.name, door),
    }
    return {name: value for name, value in fields.items() if value is not None}


async def drop_database(options: argparse.Namespace) -> int:
    """Remove a database, after asking."""
    tenant, name = options.database
    async with opened(options.home) as here:
        await here.platform.database(tenant, name)
        kept = ", for ever" if options.no_dump else "; a last dump stays for a week"
        if not _confirmed(options, f"database {tenant}/{name} and its data{kept}", name):
            return 1
        await here.platform.drop_database(tenant, name, keep_dump=not options.no_dump, actor=here.actor)
    print_fields({"dropped": f"{tenant}/{name}"}, as_json=options.json)
    return 0


def _confirmed(options: argparse.Namespace, what: str, answer: str) -> bool:
    """Ask, unless told not to; a script that cannot be asked gets an error instead of a guess."""
    if options.yes:
        return True
    if not sys.stdin.isatty():
        raise Invalid("not_confirmed", f"This would remove {what}.", hint="Add --yes.")
    sys.stderr.write(f"This removes {what}. Type {answer} to go on: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() == answer:
        return True
    sys.stderr.write("Nothing was removed.\n")
    return False


async def connection_string(options: argparse.Namespace) -> None:
    """Print a connection string: of a database, or for MongoDB's clients of a tenant."""
    tenant, name = options.database
    if name is None and options.admin:
        raise Invalid("missing_field", "--admin goes with a database.", hint="Write TENANT/DATABASE.")
    async with opened(options.home) as here:
        if name is None:
            text = await here.platform.mongo_connection_string(tenant)
        else:
            text = await here.platform.connection_string(tenant, name, admin=options.admin)
        what = "admin_connection_string" if options.admin else "connection_string"
        await here.platform.reveal(tenant, name, what, actor=here.actor)
    if options.json:
        print_fields({"connection_string": text}, as_json=True)
    else:
        sys.stdout.write(text + "\n")


async def show_database(options: argparse.Namespace) -> None:
    """Print what a database is, where its doors are, and how its feed is doing."""
    tenant, name = options.database
    async with opened(options.home) as here:
        database = await here.platform.database(tenant, name)
        cluster = await here.platform.cluster(database.cluster_id)
        usage = await here.platform.usage(tenant, name)
        owner = await here.platform.tenant(tenant)
        door = await mongo_door(here.platform, database)
        told = door is None and cluster.powers.replication
        feed = (await SocketFeeds(options.home).of(tenant, name).figures()).as_dict() if told else None
        fields = database_json(database, owner, cluster, usage, here.url, door)
    if options.json:
        print_fields({**fields, "feed": feed}, as_json=True)
        return
    sizes = {"size_bytes", "retained_bytes", "left_bytes", "lag_bytes", "history_bytes"}
    shown = {name: fields[name] for name in _DESCRIBED if fields.get(name) is not None}
    shown |= {f"feed_{name}": value for name, value in (feed or {}).items()}
    texts = {
        name.removesuffix("_bytes"): size_text(value) if name.removeprefix("feed_") in sizes else value
        for name, value in shown.items()
    }
    print_fields({("feed" if name == "feed_state" else name): value for name, value in texts.items()}, as_json=False)


async def list_databases(options: argparse.Namespace) -> None:
    """List databases, of one tenant or of all."""
    rows: list[dict[str, Any]] = []
    async with opened(options.home) as here:
        tenants = [await here.platform.tenant(options.tenant)] if options.tenant else await here.platform.tenants()
        for tenant in tenants:
            for database in await here.platform.databases(tenant.subdomain):
                cluster = await here.platform.cluster(database.cluster_id)
                usage = await here.platform.usage(tenant.subdomain, database.name)
                door = await mongo_door(here.platform, database)
                row = database_json(database, tenant, cluster, usage, here.url, door)
                rows.append(row if options.json else {**row, "size": size_text(row["size_bytes"])})
    print_rows(
        rows,
        ["tenant", "name", "engine", "version", "state", "size", "connections", "exposure"],
        as_json=options.json,
        empty="No database yet: dbaas create postgres NAME --tenant TENANT",
    )


async def create_key(options: argparse.Namespace) -> None:
    """Make a key."""
    role = KeyRole(options.role)
    if (role is KeyRole.admin) == bool(options.tenant):
        raise Invalid("invalid_field", "Keys of a tenant need --tenant; admin keys have none.")
    async with opened(options.home) as here:
        key, plain = await here.platform.create_key(options.tenant, role, actor=here.actor)
    print_fields({"key": plain, **key_json(key)}, as_json=options.json)


async def list_keys(options: argparse.Namespace) -> None:
    """List keys."""
    async with opened(options.home) as here:
        rows = [key_json(key) for key in await here.platform.keys(options.tenant)]
    print_rows(
        rows,
        ["id", "role", "prefix", "created_at", "revoked_at"],
        as_json=options.json,
        empty="No key yet: dbaas keys create --tenant TENANT --role anon",
    )


async def revoke_key(options: argparse.Namespace) -> None:
    """End a key."""
    try:
        key_id = UUID(options.id)
    except ValueError:
        raise NotFound("key_not_found", "There is no such key.", hint="dbaas keys list shows their ids.") from None
    async with opened(options.home) as here:
        await here.platform.revoke_key(options.tenant, key_id, actor=here.actor)
    print_fields({"revoked": str(key_id)}, as_json=options.json)


async def sign_token(options: argparse.Namespace) -> None:
    """Sign a token."""
    async with opened(options.home) as here:
        secret = await here.platform.jwt_secret(options.tenant)
        await here.platform.reveal(options.tenant, None, "jwt", actor=here.actor)
    token, expires_at = signed(secret, role=options.role, sub=options.sub, expires_in=options.expires_in, claims={})
    if options.json:
        print_fields({"token": token, "expires_at": expires_at}, as_json=True)
    else:
        sys.stdout.write(token + "\n")


async def jwt_secret(options: argparse.Namespace) -> None:
    """Print the signing secret."""
    async with opened(options.home) as here:
        secret = await here.platform.jwt_secret(options.tenant)
        await here.platform.reveal(options.tenant, None, "jwt_secret", actor=here.actor)
    if options.json:
        print_fields({"kid": secret.kid, "secret": secret.secret, "algorithm": "HS256"}, as_json=True)
    else:
        sys.stdout.write(secret.secret + "\n")
