"""``%dbaas`` and ``%%dbaas``."""

from __future__ import annotations

import contextlib
import getpass
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class, needs_local_scope
from IPython.display import display

from . import commands, jupysql, operations
from .arguments import Arguments, Option, parse, split
from .client import DatabaseClient, connect
from .completion import matcher
from .context import Context
from .errors import DbaasError, UsageError
from .graphql import Answer, read_variables, shown
from .lookup import Lookup
from .results import Result, arrow_to_pandas, arrow_to_polars
from .views import Listing, Note

__all__ = ["DbaasMagics", "load", "unload"]

_CELL_OPTIONS = {
    "to": Option("a kind of table", ("pandas", "polars", "arrow")),
    "tenant": Option("a tenant"),
    "graphql": Option(),
    "variables": Option("a dict of the notebook, or JSON"),
    "operation": Option("the name of one of the document's operations"),
}
_AS: dict[str, Callable[[pa.Table], Any]] = {"pandas": arrow_to_pandas, "polars": arrow_to_polars}
_CELL_USAGE = "%%dbaas [DATABASE] [--to pandas|polars|arrow] [--tenant NAME] [>> name]"
_GRAPHQL_USAGE = (
    "%%dbaas [DATABASE] --graphql [--variables NAME|JSON] [--operation NAME] [--to pandas|polars|arrow] [>> name]"
)


@magics_class
class DbaasMagics(Magics):
    """The magics of one shell, and its state."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.context = Context(connect(), shell.user_ns, _ask, _ask_secret)
        self.lookup = Lookup()
        self.matcher = matcher(self.context, self.lookup)

    @needs_local_scope
    @line_cell_magic
    def dbaas(self, line: str, cell: str | None = None, local_ns: dict[str, Any] | None = None) -> object:
        """Manage databases (``%dbaas help``), or run the cell on one (``%%dbaas``)."""
        with _stoppable("The server ends its work." if cell is None else "The server cancels the statement."):
            if cell is None:
                answer = commands.run(self.context, split(line))
                if answer is None or isinstance(answer, Listing):
                    return answer
                # What was done is said also when the line is not the last of its cell.
                display(answer)  # type: ignore[no-untyped-call]
                return None
            return self._run_cell(line, cell, {**self.context.variables, **(local_ns or {})})

    def _run_cell(self, line: str, cell: str, variables: dict[str, Any]) -> object:
        arguments = parse(split(line), _CELL_OPTIONS, least=0, most=1, usage=_CELL_USAGE)
        if not cell.strip():
            raise UsageError("The cell is empty.", hint="Write a statement below the first line.")
        if arguments.has("graphql"):
            return self._run_graphql(arguments, cell, variables)
        for name in ("variables", "operation"):
            if arguments.has(name):
                raise UsageError(f"--{name} goes with --graphql.", hint=_GRAPHQL_USAGE)
        database = self.context.chosen_database(arguments, arguments.words[0] if arguments.words else None)
        kind = arguments.get("to")
        place = (database.tenant, database.name)
        if place not in self.context.documents:
            try:
                return self._run_sql(database, arguments, kind, cell, variables)
            except DbaasError as error:
                if error.code != "wrong_engine":
                    raise
        return self._run_documents(database, arguments, kind, cell, variables)

    def _run_sql(
        self, database: DatabaseClient, arguments: Arguments, kind: str | None, cell: str, variables: dict[str, Any]
    ) -> object:
        value: Any
        if kind is None:
            value = database.query(cell, variables)
            shape = f"{value.footer()}" if value.columns else value.command
        else:
            table = database.arrow(cell, variables)
            value = _AS[kind](table) if kind in _AS else table
            shape = f"{table.num_rows:,} rows × {table.num_columns} columns"
        if self.context.bind(arguments.target, value):
            return Note(f"{arguments.target}: {shape}")
        return value

    def _run_documents(
        self, database: DatabaseClient, arguments: Arguments, kind: str | None, cell: str, variables: dict[str, Any]
    ) -> object:
        """The cell as mongosh would read it, on a document database."""
        from .documents import Documents, Mongo  # with pymongo, which only those need who have documents

        place = (database.tenant, database.name)
        mongo = self.context.documents.get(place)
        if mongo is None:
            mongo = self.context.documents[place] = Mongo(database.name, lambda: str(database.connection_string()))
        value = mongo.run(cell, variables, first_line=2)
        if kind is not None:
            if not isinstance(value, Documents):
                raise UsageError("Only documents are a table.", hint="Leave --to away.")
            value = {"pandas": value.to_pandas, "polars": value.to_polars, "arrow": value.to_arrow}[kind]()
        if self.context.bind(arguments.target, value):
            shape = value.footer() if isinstance(value, Documents) else type(value).__name__
            return Note(f"{arguments.target}: {shape}")
        return value

    def _run_graphql(self, arguments: Arguments, cell: str, variables: dict[str, Any]) -> object:
        """The cell as a GraphQL document, on a database's endpoint or, where none is named or in use, the tenant's."""
        tenant, database = self.context.chosen_endpoint(arguments, arguments.words[0] if arguments.words else None)
        values = arguments.get("variables")
        given = read_variables(values, variables) if values is not None else None
        # The cell's own first line is the magic's.
        asked = operations.graphql(tenant, database, cell, given, arguments.get("operation"), first_line=2)
        data = self.context.client.transport.run(asked)
        value: Any = shown(data)
        kind = arguments.get("to")
        if kind is not None:
            if not isinstance(value, Result):
                raise UsageError(
                    "Only the answer to one list is a table.", hint="Ask for one list, or leave --to away."
                )
            table = value.to_arrow()
            value = _AS[kind](table) if kind in _AS else table
        if self.context.bind(arguments.target, value):
            return Note(f"{arguments.target}: {_size(value)}")
        return value

    def close(self) -> None:
        """Close what the shell holds open."""
        self.lookup.close()
        jupysql.forget(self.context.registered)
        for mongo in self.context.documents.values():
            mongo.close()
        self.context.client.close()


def load(shell: InteractiveShell) -> None:
    """Register magics and completion. Contacts no server."""
    magics = DbaasMagics(shell)
    shell.register_magics(magics)
    if shell.Completer is not None:
        shell.Completer.custom_matchers.append(magics.matcher)


def unload(shell: InteractiveShell) -> None:
    """Take everything back."""
    magics = shell.magics_manager.registry.pop(DbaasMagics.__name__, None)
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("dbaas", None)
    if isinstance(magics, DbaasMagics):
        if shell.Completer is not None:
            with contextlib.suppress(ValueError):
                shell.Completer.custom_matchers.remove(magics.matcher)
        magics.close()


def _size(value: Any) -> str:
    if isinstance(value, Result):
        return value.footer()
    if isinstance(value, Answer):
        return ", ".join(value) or "nothing"
    rows, columns = value.shape
    return f"{rows:,} rows × {columns} columns"


@contextlib.contextmanager
def _stoppable(then: str) -> Iterator[None]:
    """An interrupt closes the connection, by which the server cancels what it does; say so in one line."""
    try:
        yield
    except KeyboardInterrupt:
        raise DbaasError(f"Stopped. {then}", code="stopped") from None


def _ask(question: str) -> bool:
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except (StdinNotImplementedError, EOFError):
        raise UsageError("Nobody can be asked here.", hint="Say --yes.") from None


def _ask_secret(question: str) -> str:
    try:
        return getpass.getpass(question).strip()
    except (StdinNotImplementedError, EOFError):
        raise UsageError("Nobody can be asked here.", hint="Name a variable that holds it.") from None
