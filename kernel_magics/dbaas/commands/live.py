"""``%dbaas live``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..arguments import Arguments, Option
from ..changes import Wanted
from ..client import DatabaseClient
from ..context import Context
from ..errors import DbaasError, did_you_mean
from .command import DATABASE, Command

if TYPE_CHECKING:
    from ..live import Live

__all__ = ["COMMANDS"]

PATIENCE_SECONDS = 10.0  # until changes flow; then the widget says that they do not yet


def _live(context: Context, arguments: Arguments) -> Live:
    from ..live import Live  # widgets are loaded by those who show some

    database = context.chosen_database(arguments)
    schema, table = arguments.get("schema"), arguments.words[0]
    _check_table(database, schema or "public", table)
    event = arguments.get("event")
    wanted = Wanted(database.tenant, database.name, table, schema, arguments.get("where"), event)
    live = Live(database.transport, wanted, arguments.get("since"))
    live.begin(PATIENCE_SECONDS)
    context.bind(arguments.target, live)
    return live


def _check_table(database: DatabaseClient, schema: str, table: str) -> None:
    """Refuse a table that is not there: nothing would ever come of it."""
    known = [each.name for each in database.schema().tables if each.schema == schema]
    if table != "*" and table not in known:
        raise DbaasError(
            f"There is no table {table!r} in {database.tenant}/{database.name}.",
            code="unknown_table",
            hint=did_you_mean(table, known) or "%dbaas schema lists the tables; * follows all of them.",
        )


COMMANDS = (
    Command(
        ("live",),
        ("TABLE",),
        "Show a table's changes as they are committed.",
        _live,
        {
            "where": Option("a filter such as amount=gt.100"),
            "since": Option("a position"),
            "event": Option("a kind", choices=("INSERT", "UPDATE", "DELETE", "*")),
            "schema": Option("a schema"),
            **DATABASE,
        },
        "%dbaas live orders --where status=eq.open >> view",
    ),
)
