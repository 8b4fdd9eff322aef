"""The command line's grammar."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from dbaas_provisioning.nouns import Home

from ..control.about import VERSION
from ..home import default_home
from . import (
    audit,
    clusters,
    data,
    distribution,
    lifecycle,
    login,
    members,
    oidc,
    plans,
    platform,
    serving,
    tenancy,
    upgrading,
    usage,
)

__all__ = ["parse"]

_ALL = "a tenant alone: MongoDB's user of all its document databases"


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The options, with ``run`` the function to call. Exits with status 2 where the line is wrong.

    ``elsewhere`` is the URL of the platform that the environment names instead of this machine's; a data folder on the
    command line is nearer. ``reaches_elsewhere`` says whether the command can do its work there.
    """
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--home", type=_home, default=argparse.SUPPRESS, help="the data folder (or DBAAS_HOME)")
    common.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
    parser = argparse.ArgumentParser(
        prog="dbaas", description="Databases of your own, in Jupyter.", parents=[common], allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"dbaas {VERSION}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(
        name: str,
        text: str,
        run: object,
        group: argparse._SubParsersAction[argparse.ArgumentParser] = commands,
        *,
        elsewhere: bool = False,
    ) -> argparse.ArgumentParser:
        made = group.add_parser(name, help=text, description=text, parents=[common], allow_abbrev=False)
        made.set_defaults(run=run, reaches_elsewhere=elsewhere)
        return made

    command("up", "Start the platform; does nothing when it runs.", platform.up)
    command("status", "Tell what runs.", platform.status)
    command("down", "Stop the engines and the platform; the data stays.", platform.down)
    login.add_commands(command)
    serving.add_options(command("serve", "Serve the API on several processes.", serving.serve_api))

    tenant = commands.add_parser("tenant", help="Make, list, change and remove tenants.", allow_abbrev=False)
    tenants = tenant.add_subparsers(metavar="ACTION", required=True)
    made = command("create", "Make a tenant.", tenancy.create_tenant, tenants)
    made.add_argument("name")
    made.add_argument("--subdomain", help="its name in URLs; derived from the name by default")
    made.add_argument("--plan", default="free")
    made.add_argument("--administrator", metavar="PERSON", help="its first member, beside the operators")
    command("list", "List the tenants.", tenancy.list_tenants, tenants)
    changed = command("update", "Change what is given of a tenant.", tenancy.update_tenant, tenants)
    changed.add_argument("tenant")
    changed.add_argument("--default-database", metavar="DATABASE", help="what is meant where none is named")
    changed.add_argument("--plan")
    changed.add_argument("--max-connections", type=int, metavar="N", help="instead of the plan's; 0: the plan's")
    changed.add_argument("--max-storage-gb", type=float, metavar="N", help="instead of the plan's; 0: the plan's")
    changed.add_argument("--restart", action="store_true", help="at once, where a server needs it for more connections")
    changed.add_argument(
        "--cors-origins",
        metavar="ORIGINS",
        type=lambda text: text.split(",") if text else [],
        help="whose pages may read the data in a browser, with commas between; '*' is everybody, '' nobody",
    )
    drop_tenant = command("drop", "Remove a tenant with all its databases.", tenancy.drop_tenant, tenants)
    drop_tenant.add_argument("tenant")
    drop_tenant.add_argument("--yes", action="store_true", help="do not ask")

    plans.add_commands(commands, command)
    usage.add_commands(command)
    members.add_commands(commands, command)
    oidc.add_commands(commands, command)
    audit.add_commands(commands, command)
    upgrading.add_commands(command)

    create = command("create", "Make a database.", tenancy.create_database)
    create.add_argument("engine", help="postgres or document")
    create.add_argument("name")
    create.add_argument("--tenant", required=True)
    create.add_argument(
        "--cluster", metavar="NAME", help="a registered server to place it on (default: one of its own)"
    )
    create.add_argument("--expose", choices=["policies", "all"], help="which tables the API shows (default: policies)")

    clusters.add_commands(commands, command)

    keys = commands.add_parser("keys", help="Make, list and end API keys.", allow_abbrev=False)
    key_actions = keys.add_subparsers(metavar="ACTION", required=True)
    key = command("create", "Make a key; it is shown once.", tenancy.create_key, key_actions)
    key.add_argument("--tenant", help="not with --role admin")
    key.add_argument("--role", choices=["anon", "service_role", "admin"], required=True)
    listed = command("list", "List keys.", tenancy.list_keys, key_actions)
    listed.add_argument("--tenant", help="without it: the platform's admin keys")
    revoked = command("revoke", "End a key.", tenancy.revoke_key, key_actions)
    revoked.add_argument("id")
    revoked.add_argument("--tenant")

    jwt = command("jwt", "Sign a token with the tenant's secret.", tenancy.sign_token)
    jwt.add_argument("--tenant", required=True)
    jwt.add_argument("--role", choices=["anon", "authenticated"], default="authenticated")
    jwt.add_argument("--sub", help="the subject: who the token is for")
    jwt.add_argument("--expires-in", type=int, default=3600, metavar="SECONDS")
    secret = command("jwt-secret", "Print what signs the tenant's tokens.", tenancy.jwt_secret)
    secret.add_argument("--tenant", required=True)

    connection = command("connection-string", "Print a connection string.", tenancy.connection_string)
    connection.add_argument("database", metavar="TENANT[/DATABASE]", type=_tenant_or_pair, help=_ALL)
    connection.add_argument("--admin", action="store_true", help="the cluster's administrator, for the operator only")
    lists = command("list", "List databases.", tenancy.list_databases)
    lists.add_argument("--tenant")
    told = command("info", "Tell how a database and its feed of changes are doing.", tenancy.show_database)
    told.add_argument("database", metavar="TENANT/DATABASE", type=_pair)
    shown = command("schema", "Show tables and columns.", data.show_schema, elsewhere=True)
    shown.add_argument("database", metavar="TENANT/DATABASE", type=_pair)
    shown.add_argument("table", nargs="?")
    rotate = command("rotate", "New passwords; the old ones end.", tenancy.rotate)
    rotate.add_argument("database", metavar="TENANT[/DATABASE]", type=_tenant_or_pair, help=_ALL)
    drop = command("drop", "Remove a database; a last dump of it stays for a week.", tenancy.drop_database)
    drop.add_argument("--no-dump", action="store_true", help="remove it for ever, with its dumps")
    drop.add_argument("database", metavar="TENANT/DATABASE", type=_pair)
    drop.add_argument("--yes", action="store_true", help="do not ask")
    load = command(
        "load", "Load a CSV file with a header line into a table that exists.", data.load_csv, elsewhere=True
    )
    load.add_argument("database", metavar="TENANT/DATABASE", type=_pair)
    load.add_argument("file", type=Path, help="- reads standard input")
    load.add_argument("table")
    load.add_argument("--schema")

    lifecycle.add_commands(command, _pair, _tenant_or_pair)
    distribution.add_commands(command, _pair)

    options = parser.parse_args(argv)
    options.elsewhere = None if getattr(options, "home", None) else os.environ.get("DBAAS_URL") or None
    options.home = getattr(options, "home", None) or default_home()
    options.json = getattr(options, "json", False)
    return options


def _home(text: str) -> Home:
    return Home(Path(text).expanduser().resolve())


def _pair(text: str) -> tuple[str, str]:
    tenant, slash, database = text.partition("/")
    if not (tenant and slash and database):
        raise argparse.ArgumentTypeError("write it as TENANT/DATABASE")
    return tenant, database


def _tenant_or_pair(text: str) -> tuple[str, str | None]:
    return _pair(text) if "/" in text else (text, None)
