"""``%dbaas dump``, ``dumps``, ``restore``, ``undrop``, ``branch``, ``import``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, cast

from .. import jupysql
from ..arguments import Arguments, Option
from ..client import DatabaseClient
from ..context import Context
from ..errors import DbaasError, UsageError, did_you_mean
from ..lifecycle import is_dump_id
from ..nouns import Dump
from ..render import bytes_of
from ..views import Card, Listing, Note
from .command import SHOW, TENANT, Command
from .databases import card

__all__ = ["COMMANDS"]

_AS = {"as": Option("a name")}
_YES = {"yes": Option()}


def _dump(context: Context, arguments: Arguments) -> Card | Note:
    database = context.chosen_database(arguments, arguments.words[0])
    name = f"{database.tenant}/{database.name}"
    if len(arguments.words) == 2:
        path = database.dump_to(arguments.words[1], progress=True)
        context.bind(arguments.target, path)
        return Note(f"{name} is in {path}, {bytes_of(path.stat().st_size)}.")
    made = database.dump(progress=True)
    context.bind(arguments.target, made)
    facts = [("id", made.id), ("size", bytes_of(made.size_bytes)), ("kept until", _until(made))]
    return Card(f"Dump of {name}", facts, f"%dbaas restore {name} {made.id} brings it back.")


def _dumps(context: Context, arguments: Arguments) -> Listing | Note:
    database = context.chosen_database(arguments, arguments.words[0] if arguments.words else None)
    kept = database.dumps()
    if (remove := arguments.get("remove")) is not None:
        return _remove(context, arguments, database, _found(kept, remove))
    return Listing(
        ["dump", "made", "server", "size", "kept until"],
        [[d.id, _minute(d.made_at), d.server_version, bytes_of(d.size_bytes), _until(d)] for d in kept],
        kept,
        Note(
            f"No dump of {database.tenant}/{database.name} is kept.", [f"%dbaas dump {database.tenant}/{database.name}"]
        ),
    )


def _remove(context: Context, arguments: Arguments, database: DatabaseClient, dump: Dump) -> Note:
    if not arguments.has("yes") and not context.ask(f"Remove the dump of {_minute(dump.made_at)}?"):
        return Note("Nothing was removed.")
    database.delete_dump(dump.id)
    return Note(f"Removed the dump of {_minute(dump.made_at)}.")


def _restore(context: Context, arguments: Arguments) -> Card | Note:
    word, source = arguments.words
    database = context.chosen_database(arguments, word)
    name, as_new = f"{database.tenant}/{database.name}", arguments.get("as")
    of = _source(context, database, source)
    if as_new is not None:
        return card(context, database.restore(source, as_new=as_new, progress=True), arguments)
    if not arguments.has("yes") and not context.ask(f"Put {of} in the place of all that {name} has?"):
        return Note("Nothing was restored.")
    database.restore(source, progress=True)
    for alias, place in context.registered.items():
        if place == (database.tenant, database.name):
            jupysql.renew(database, alias)
    context.forget_documents(database.tenant, database.name)
    return Note(f"{name} has what {of} has. Passwords and keys stay.")


def _source(context: Context, database: DatabaseClient, word: str) -> str:
    """A dump in words. Raises ``DbaasError`` before anybody is asked about one that is not there."""
    if is_dump_id(word):
        kept = database.dumps()
        if all(dump.id != word for dump in kept):  # the tenant's others can be restored, too
            tenant = context.client.tenant(database.tenant)
            kept += tenant.undroppable()
            kept += [dump for each in tenant.databases() for dump in tenant.database(each.name).dumps()]
        found = _found(kept, word)
        return f"the dump of {found.database} of {_minute(found.made_at)}"
    if not Path(word).expanduser().exists():
        raise DbaasError(
            f"{word} is neither a file here nor the id of a dump.",
            code="dump_not_found",
            hint=f"%dbaas dumps {database.tenant}/{database.name}",
        )
    return word


def _undrop(context: Context, arguments: Arguments) -> Card | Listing:
    if arguments.words:
        tenant, name = context.place(arguments, arguments.words[0])
        return card(context, tenant.undrop(name, as_new=arguments.get("as"), progress=True), arguments)
    if arguments.has("as"):
        raise UsageError("Which database shall have another name?", hint="%dbaas undrop DATABASE --as NAME")
    tenant = context.chosen_tenant(arguments)
    dropped = tenant.undroppable()
    return Listing(
        ["database", "engine", "size", "dropped", "kept until"],
        [[d.database, d.engine, bytes_of(d.size_bytes), _minute(d.made_at), _until(d)] for d in dropped],
        dropped,
        Note(f"No database of {tenant.name} was dropped in the last week."),
    )


def _branch(context: Context, arguments: Arguments) -> Card:
    word, new = arguments.words
    database = context.chosen_database(arguments, word)
    return card(context, database.branch(new, schema_only=arguments.has("schema-only"), progress=True), arguments)


def _import(context: Context, arguments: Arguments) -> Card:
    tenant, name = context.place(arguments, arguments.words[0])
    expose = cast(Literal["policies", "all"] | None, arguments.get("expose"))
    dsn = _dsn(context, arguments.get("dsn"))
    return card(context, tenant.import_database(name, dsn, expose=expose, progress=True), arguments)


def _dsn(context: Context, variable: str | None) -> str:
    """A connection string that no notebook stores."""
    if variable is None:
        return context.ask_secret("Connection string of the database: ")
    if not variable.isidentifier():
        raise UsageError(
            "--dsn is the name of a variable, since notebooks are stored.",
            hint="Write --dsn url where url holds the connection string, or leave it away to be asked.",
        )
    value = context.variables.get(variable)
    if not isinstance(value, str):
        texts = [name for name, held in context.variables.items() if isinstance(held, str)]
        raise UsageError(f"There is no variable {variable} with a text.", hint=did_you_mean(variable, texts))
    return value


def _found(kept: list[Dump], dump_id: str) -> Dump:
    for dump in kept:
        if dump.id == dump_id:
            return dump
    raise DbaasError(
        f"There is no dump {dump_id!r}.",
        code="dump_not_found",
        hint=did_you_mean(dump_id, (dump.id for dump in kept)) or "%dbaas dumps DATABASE",
    )


def _minute(text: str) -> str:
    return text[:16].replace("T", " ")


def _until(dump: Dump) -> str:
    return _minute(dump.expires_at) if dump.expires_at else "removed"


COMMANDS = (
    Command(
        ("dump",),
        ("DATABASE", "[FILE]"),
        "Dump a database to a file here, which must not be there yet; without one the platform keeps the dump.",
        _dump,
        TENANT,
        "%dbaas dump acme/shop shop.dump",
    ),
    Command(
        ("dumps",),
        ("[DATABASE]",),
        "List the dumps that are kept of a database, or remove one.",
        _dumps,
        {**TENANT, "remove": Option("an id"), **_YES},
    ),
    Command(
        ("restore",),
        ("DATABASE", "DUMP_OR_FILE"),
        "Bring a dump back, all or nothing: in the place of what the database has, or as a new one.",
        _restore,
        {**TENANT, **_AS, **_YES, **SHOW},
        "%dbaas restore acme/shop shop.dump --as shop_before",
    ),
    Command(
        ("undrop",),
        ("[DATABASE]",),
        "List the databases dropped in the last week, or bring one back with new passwords.",
        _undrop,
        {**TENANT, **_AS, **SHOW},
        "%dbaas undrop acme/shop",
    ),
    Command(
        ("branch",),
        ("DATABASE", "NEW"),
        "Copy a database into a new one with logins of its own.",
        _branch,
        {**TENANT, "schema-only": Option(), **SHOW},
        "%dbaas branch shop shop_test --schema-only",
    ),
    Command(
        ("import",),
        ("NAME",),
        "Take over a PostgreSQL database from elsewhere. --dsn names a variable that holds its connection string;"
        " without it you are asked, and nothing is shown or stored.",
        _import,
        {**TENANT, "dsn": Option("a variable"), "expose": Option("a rule", ("policies", "all")), **SHOW},
        "%dbaas import acme/legacy --dsn url",
    ),
)
