"""``%dbaas create``, ``list``, ``info``, ``rotate``, ``drop``."""

from __future__ import annotations

import shlex
from typing import Literal, cast

from .. import jupysql
from ..arguments import Arguments, Option
from ..context import NO_DATABASE, Context
from ..errors import DbaasError
from ..nouns import Database, Feed
from ..render import bytes_of
from ..views import Card, Listing, Note, masked
from .command import SHOW, TENANT, Command

__all__ = ["COMMANDS", "card"]

_EXPOSED = {"all": "every table", "policies": "tables with policies", None: ""}
_HIDDEN = "The password is hidden, since notebooks are stored: --show prints it, >> name binds it to a variable."


def _create(context: Context, arguments: Arguments) -> Card:
    engine, name = arguments.words
    tenant = context.chosen_tenant(arguments)
    expose = cast(Literal["policies", "all"] | None, arguments.get("expose"))
    try:
        database = tenant.create_database(name, engine=engine, expose=expose)
    except DbaasError as error:
        if error.code != "database_exists" or not arguments.has("if-not-exists"):
            raise
        database = tenant.database(name).info()
        if arguments.target is not None:
            context.bind(arguments.target, tenant.database(name).connection_string())
    context.tenant, context.database = tenant.name, database.name
    return card(context, database, arguments)


def _list(context: Context, arguments: Arguments) -> Listing:
    tenant = context.chosen_tenant(arguments)
    databases = tenant.databases()
    return Listing(
        ["database", "engine", "state", "size", "connections", "reachable through the API", "default"],
        [
            [
                d.name,
                f"{d.engine} {d.version}".strip(),
                d.state,
                bytes_of(d.size_bytes),
                f"{d.connections} of {d.max_connections}",
                _EXPOSED.get(d.exposure),
                "✓" if d.is_default else "",
            ]
            for d in databases
        ],
        databases,
        Note(f"The tenant {tenant.name} has no database yet.", [NO_DATABASE]),
    )


def _info(context: Context, arguments: Arguments) -> Card:
    client = context.chosen_database(arguments, arguments.words[0] if arguments.words else None)
    database = client.info()
    context.bind(arguments.target, database)
    more = [
        ("size", bytes_of(database.size_bytes)),
        ("connections", f"{database.connections} of {database.max_connections}"),
        *(_feed_facts(client.feed()) if database.mongodb_url is None else ()),
    ]
    return Card(f"{database.tenant}/{database.name}", [*_facts(database), *more])


def _feed_facts(feed: Feed) -> list[tuple[str, str]]:
    more = [("changes", _feed_text(feed))]
    if feed.slot is not None:
        left = f", {bytes_of(feed.left_bytes)} until it is lost" if feed.left_bytes is not None else ""
        more.append(
            ("log kept", f"{bytes_of(feed.retained_bytes)} ({feed.wal_status or 'nothing'}{left}) as {feed.slot}")
        )
    if feed.oldest_position is not None:
        reach = f"{feed.oldest_position} to {feed.position}, {bytes_of(feed.history_bytes)}"
        more.append(("history", reach))
    if feed.last_error is not None:
        more.append(("last error", f"{feed.last_error} ({feed.last_error_at})"))
    return more


def _feed_text(feed: Feed) -> str:
    """``live · 0 B behind · 1 follower``."""
    parts = [feed.state.replace("_", " ")]
    if feed.lag_bytes is not None and feed.lag_seconds is not None:
        parts.append(f"{bytes_of(feed.lag_bytes)}, {feed.lag_seconds:.1f} s behind")
    parts.append(f"{feed.followers} follower{'' if feed.followers == 1 else 's'}")
    return " · ".join(parts)


def _rotate(context: Context, arguments: Arguments) -> Card:
    database = context.chosen_database(arguments, arguments.words[0] if arguments.words else None)
    rotated = database.rotate()
    for alias, place in context.registered.items():
        if place == (database.tenant, rotated.name):
            jupysql.renew(database, alias)
    context.forget_documents(database.tenant, rotated.name)
    return card(context, rotated, arguments, "The old credentials no longer work. ")


def _drop(context: Context, arguments: Arguments) -> Note:
    database = context.chosen_database(arguments, arguments.words[0])
    name = f"{database.tenant}/{database.name}"
    database.info()  # one that does not exist is said before anybody is asked
    keep = not arguments.has("no-dump")
    more = "" if keep else " No dump of it is kept."
    if not arguments.has("yes") and not context.ask(f"Drop the database {name} with all its data?{more}"):
        return Note("Nothing was dropped.")
    database.drop(keep_dump=keep)
    context.forget_documents(database.tenant, database.name)
    if (context.tenant, context.database) == (database.tenant, database.name):
        context.database = None
    if not keep:
        return Note(f"Dropped the database {name}.")
    return Note(f"Dropped the database {name}. A last dump is kept for a week.", [f"%dbaas undrop {shlex.quote(name)}"])


def card(context: Context, database: Database, arguments: Arguments, said: str = "") -> Card:
    """A database that was made, or has new credentials, which are shown only where they were asked for."""
    facts = _facts(database)
    note = None
    if database.connection_string is not None:
        bound = context.bind(arguments.target, database.connection_string)
        shown = arguments.has("show")
        text = str(database.connection_string) if shown else masked(database.connection_string)
        facts.append(("connection", text))
        note = said + (f"The connection string is in {arguments.target}." if bound else "" if shown else _HIDDEN)
    return Card(f"{database.tenant}/{database.name}", facts, note or None)


def _facts(database: Database) -> list[tuple[str, str]]:
    facts = [
        ("state", database.state),
        ("engine", f"{database.engine} {database.version}".strip()),
        ("REST", database.rest_url),
        ("GraphQL", database.graphql_url),
        ("realtime", database.realtime_url),
        ("MongoDB", database.mongodb_url),
    ]
    return [(name, text) for name, text in facts if text is not None]


COMMANDS = (
    Command(
        ("create",),
        ("ENGINE", "NAME"),
        "Make a database and use it.",
        _create,
        {**TENANT, "expose": Option("a rule", ("policies", "all")), "if-not-exists": Option(), **SHOW},
        "%dbaas create postgres shop",
    ),
    Command(("list",), (), "List the tenant's databases.", _list, TENANT),
    Command(("info",), ("[DATABASE]",), "Tell how a database and its feed of changes are doing.", _info, TENANT),
    Command(("rotate",), ("[DATABASE]",), "Give a database new credentials.", _rotate, {**TENANT, **SHOW}),
    Command(
        ("drop",),
        ("DATABASE",),
        "Drop a database and its data; a last dump is kept for a week, unless you say --no-dump.",
        _drop,
        {**TENANT, "yes": Option(), "no-dump": Option()},
        "%dbaas drop shop",
    ),
)
