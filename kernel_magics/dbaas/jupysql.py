"""Registers a database with jupysql, so that ``%%sql`` cells run on it.

No password is kept in the engine's URL, where jupysql would show it: each new connection asks the server for the
connection string, which also wakes a sleeping database and follows rotated credentials. jupysql's own HTML of a
result does not escape what is in the cells; its results are displayed by our renderer instead.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Set
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from IPython.core.getipython import get_ipython
from IPython.utils.capture import capture_output

from .errors import DbaasError
from .render import escape, html_table, text_table

if TYPE_CHECKING:
    from .client import DatabaseClient

__all__ = ["aliases", "forget", "place", "register", "renew"]

_ours: WeakKeyDictionary[Any, tuple[str, str]] = WeakKeyDictionary()  # jupysql's connection → tenant, database


def register(database: DatabaseClient, alias: str) -> None:
    """Make ``database`` jupysql's current connection under the name ``alias``.

    Raises:
        DbaasError: jupysql is missing, nothing runs IPython, or the database cannot be reached.
    """
    shell: Any = get_ipython()
    if shell is None:
        raise DbaasError("%%sql needs IPython.", code="no_shell")
    try:
        import sqlalchemy
        from sql.connection import ConnectionManager
        from sql.run.resultset import ResultSet
    except ImportError:
        raise DbaasError("jupysql is not installed.", code="not_installed", hint="%pip install jupysql") from None
    forget([alias])
    engine = _engine(database)
    with capture_output(stderr=False):  # jupysql greets, and displays advice
        if "sql" not in shell.extension_manager.loaded:
            shell.extension_manager.load_extension("sql")
        try:
            connection = ConnectionManager.set(engine, displaycon=False, alias=alias)
        except sqlalchemy.exc.SQLAlchemyError as error:
            reason = getattr(error, "orig", None)
            raise DbaasError(
                "The database did not let %%sql in.", code="connect_failed", details=str(reason).strip() or None
            ) from None
    _ours[connection] = (database.tenant, database.name)
    formatters = shell.display_formatter.formatters
    formatters["text/html"].for_type(ResultSet, _html)
    formatters["text/plain"].for_type(ResultSet, lambda result, printer, _: printer.text(_text(result)))


def aliases() -> Set[str]:
    """The names of all connections that jupysql has."""
    loaded = sys.modules.get("sql.connection")
    return loaded.ConnectionManager.connections.keys() if loaded is not None else frozenset()


def place(alias: str | None) -> tuple[str, str] | None:
    """Tenant and database of a connection, by default of the current one; None when it is none of ours."""
    loaded = sys.modules.get("sql.connection")
    if loaded is None:
        return None
    manager = loaded.ConnectionManager
    connection = manager.current if alias is None else manager.connections.get(alias)
    return None if connection is None else _ours.get(connection)


def renew(database: DatabaseClient, alias: str) -> None:
    """Connect an alias anew, after its credentials changed. What was current stays so."""
    from sql.connection import ConnectionManager

    current = ConnectionManager.current
    kept = current if current is not ConnectionManager.connections.get(alias) else None
    register(database, alias)
    if kept is not None:
        ConnectionManager.current = kept


def forget(aliases: Iterable[str]) -> None:
    """Close the connections that were registered under these names."""
    aliases = list(aliases)
    if not aliases:
        return  # importing jupysql takes its time
    try:
        from sql.connection import ConnectionManager
    except ImportError:
        return
    for alias in aliases:
        connection = ConnectionManager.connections.get(alias)
        if connection is not None:
            connection.close()


def _engine(database: DatabaseClient) -> Any:
    import psycopg
    import sqlalchemy

    def connect() -> Any:
        return psycopg.connect(str(database.connection_string()), application_name="jupysql")

    url = sqlalchemy.URL.create("postgresql+psycopg", database=database.name)
    return sqlalchemy.create_engine(url, creator=connect, pool_pre_ping=True)


def _shown(result: Any) -> tuple[list[str], list[list[Any]], str]:
    """Headers, the rows that jupysql would show, and a line about the rest."""
    result.fetch_for_repr_if_needed()
    limit = result._config.displaylimit
    rows = [list(row) for row in result._results]
    shown = rows[:limit] if limit else rows
    more = limit and (len(rows) > limit or not result._done_fetching())
    return [str(key) for key in result.keys], shown, f"the first {len(shown):,} rows" if more else ""


def _html(result: Any) -> str:
    headers, rows, footer = _shown(result)
    if not headers:
        return ""
    return f'{html_table(headers, rows)}<div style="opacity:.7;padding:2px 8px">{escape(footer)}</div>'


def _text(result: Any) -> str:
    headers, rows, footer = _shown(result)
    return f"{text_table(headers, rows)}\n{footer}".rstrip() if headers else ""
