"""``%dbaas connect`` and ``%dbaas connection-string``."""

from __future__ import annotations

from ..arguments import Arguments, Option
from ..context import Context
from ..jupysql import register
from ..views import Note, masked
from .command import SHOW, TENANT, Command

__all__ = ["COMMANDS"]


def _connect(context: Context, arguments: Arguments) -> Note:
    database = context.chosen_database(arguments, arguments.words[0] if arguments.words else None)
    alias = arguments.get("alias") or database.name
    register(database, alias)
    context.registered[alias] = (database.tenant, database.name)
    return Note(f"%%sql now runs on {database.tenant}/{database.name}.")


def _connection_string(context: Context, arguments: Arguments) -> Note:
    database = context.chosen_database(arguments, arguments.words[0] if arguments.words else None)
    text = database.connection_string()
    if context.bind(arguments.target, text):
        return Note(f"The connection string of {database.tenant}/{database.name} is in {arguments.target}.")
    if arguments.has("show"):
        return Note(str(text))
    return Note(masked(text), ["--show prints the password, >> name binds it all to a variable"])


COMMANDS = (
    Command(
        ("connect",),
        ("[DATABASE]",),
        "Register the database with jupysql, for %%sql cells.",
        _connect,
        {**TENANT, "alias": Option("a name")},
        "%dbaas connect",
    ),
    Command(
        ("connection-string",),
        ("[DATABASE]",),
        "What psql, SQLAlchemy and other clients take.",
        _connection_string,
        {**TENANT, **SHOW},
        "%dbaas connection-string >> url",
    ),
)
